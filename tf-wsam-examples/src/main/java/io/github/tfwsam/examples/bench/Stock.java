package io.github.tfwsam.examples.bench;

import io.github.tfwsam.update.StockUpdateOps;
import io.github.tfwsam.update.TwoGradients;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.AssignSub;
import org.tensorflow.op.train.ApplyAdam;
import org.tensorflow.op.train.ApplyGradientDescent;
import org.tensorflow.op.train.ApplyMomentum;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TNumber;

/** TensorFlow's own ops, in the graph that tf-wsam builds of them. */
final class Stock implements Implementation {
  private final StockUpdateOps update = new StockUpdateOps();

  @Override
  public String name() {
    return "stock";
  }

  @Override
  public Done build(Ops tf, Work work, Tensors t) {
    return switch (work) {
      case GLOBAL_NORM -> Done.with(List.of(update.globalNorm(tf, t.first).asOutput()));
      case ADAPTIVE_NORM ->
          Done.with(List.of(update.adaptiveNorm(tf, t.variables, t.first).asOutput()));
      case PERTURB, PERTURB_ADAPTIVE ->
          Done.with(perturb(tf, t, number(tf, Hyper.NORM), work == Work.PERTURB_ADAPTIVE));
      case BLEND -> Done.with(blend(tf, t));
      case DECOUPLED -> Done.in(decoupled(tf, t));
      case STEP -> {
        List<Output<?>> perturbed = perturb(tf, t, update.globalNorm(tf, t.first), false);
        Op secondPass = Implementation.end(tf, Done.with(perturbed));
        yield build(tf.withControlDependencies(secondPass), Work.MOMENTUM, t);
      }
      default -> Done.in(step(tf, work, t));
    };
  }

  private List<Output<?>> perturb(
      Ops tf, Tensors t, Operand<? extends TNumber> norm, boolean adaptive) {
    return update.perturb(tf, t.variables, t.first, number(tf, Hyper.RHO), norm, adaptive);
  }

  private List<Output<?>> blend(Ops tf, Tensors t) {
    return update.blend(tf, both(tf, t, false));
  }

  private static TwoGradients both(Ops tf, Tensors t, boolean decoupled) {
    return new TwoGradients(
        t.variables,
        t.first,
        t.second,
        Optional.empty(),
        Optional.empty(),
        number(tf, Hyper.ALPHA),
        decoupled);
  }

  private List<Op> decoupled(Ops tf, Tensors t) {
    List<Operand<?>> rates =
        Collections.nCopies(t.variables.size(), number(tf, Hyper.LEARNING_RATE));
    return update.decoupledStep(tf, both(tf, t, true), rates).stream()
        .<Op>map(write -> () -> write)
        .toList();
  }

  /** The base steps with the blend; or with g1, and when all variables are stepped, the rest. */
  private List<Op> step(Ops tf, Work work, Tensors t) {
    if (!work.isDecoupled()) {
      return baseStep(tf, work, t, blend(tf, t));
    }
    Op baseStep = tf.withControlDependencies(baseStep(tf, work, t, t.first)).noOp();
    return decoupled(tf.withControlDependencies(baseStep), t);
  }

  private static List<Op> baseStep(Ops tf, Work work, Tensors t, List<Output<?>> gradients) {
    Operand<TFloat32> rate = number(tf, Hyper.LEARNING_RATE);
    Operand<TFloat32> momentum = number(tf, Hyper.MOMENTUM);
    Operand<TFloat32> betaOnePower = number(tf, Hyper.BETA_ONE_POWER);
    Operand<TFloat32> betaTwoPower = number(tf, Hyper.BETA_TWO_POWER);
    Operand<TFloat32> betaOne = number(tf, Hyper.BETA_ONE);
    Operand<TFloat32> betaTwo = number(tf, Hyper.BETA_TWO);
    Operand<TFloat32> epsilon = number(tf, Hyper.EPSILON);
    Operand<TFloat32> decay = number(tf, Hyper.LEARNING_RATE * Hyper.WEIGHT_DECAY);
    List<Op> writes = new ArrayList<>();
    for (int i = 0; i < gradients.size(); i++) {
      Operand<TFloat32> w = floats(t.variables.get(i));
      Operand<TFloat32> g = floats(gradients.get(i));
      switch (work) {
        case GRADIENT_DESCENT, GRADIENT_DESCENT_DECOUPLED ->
            writes.add(
                tf.train.applyGradientDescent(w, rate, g, ApplyGradientDescent.useLocking(true)));
        case MOMENTUM, MOMENTUM_DECOUPLED, NESTEROV, NESTEROV_DECOUPLED ->
            writes.add(
                tf.train.applyMomentum(
                    w,
                    floats(t.firstSlots.get(i)),
                    rate,
                    g,
                    momentum,
                    ApplyMomentum.useLocking(true),
                    ApplyMomentum.useNesterov(
                        work == Work.NESTEROV || work == Work.NESTEROV_DECOUPLED)));
        default -> {
          Ops then = tf;
          if (work == Work.ADAMW || work == Work.ADAMW_DECOUPLED) {
            then =
                tf.withControlDependencies(
                    tf.assignSub(w, tf.math.mul(w, decay), AssignSub.useLocking(true)));
          }
          writes.add(
              then.train.applyAdam(
                  w,
                  floats(t.firstSlots.get(i)),
                  floats(t.secondSlots.get(i)),
                  betaOnePower,
                  betaTwoPower,
                  rate,
                  betaOne,
                  betaTwo,
                  epsilon,
                  g,
                  ApplyAdam.useLocking(true)));
        }
      }
    }
    return writes;
  }

  private static Operand<TFloat32> number(Ops tf, double value) {
    return tf.constant((float) value);
  }

  @SuppressWarnings("unchecked") // All tensors are of this type.
  private static Operand<TFloat32> floats(Output<?> tensor) {
    return (Operand<TFloat32>) tensor;
  }
}
