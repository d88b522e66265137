package io.github.tfwsam.examples.bench;

import io.github.tfwsam.nativeops.FusedOps;
import io.github.tfwsam.nativeops.FusedOps.AdamScalars;
import io.github.tfwsam.nativeops.FusedOps.TwoGradients;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.Scope;
import org.tensorflow.types.TFloat64;

/** Native ops, one for all variables. */
final class Fused implements Implementation {
  @Override
  public String name() {
    return "fused";
  }

  @Override
  public Done build(Ops tf, Work work, Tensors t) {
    Scope scope = tf.scope();
    return switch (work) {
      case GLOBAL_NORM -> Done.with(List.of(FusedOps.globalNorm(scope, t.first)));
      case ADAPTIVE_NORM -> Done.with(List.of(FusedOps.adaptiveNorm(scope, t.variables, t.first)));
      case PERTURB, PERTURB_ADAPTIVE ->
          Done.with(perturb(tf, t, number(tf, Hyper.NORM), work == Work.PERTURB_ADAPTIVE));
      case BLEND -> Done.with(FusedOps.blend(scope, gradients(tf, t)));
      case STEP -> {
        List<Output<?>> perturbed = perturb(tf, t, FusedOps.globalNorm(scope, t.first), false);
        Op secondPass = Implementation.end(tf, Done.with(perturbed));
        yield build(tf.withControlDependencies(secondPass), Work.MOMENTUM, t);
      }
      default -> {
        Operation step = step(tf, work, t);
        yield Done.in(List.of((Op) () -> step));
      }
    };
  }

  private static List<Output<?>> perturb(
      Ops tf, Tensors t, Operand<TFloat64> norm, boolean adaptive) {
    return FusedOps.perturb(
        tf.scope(), t.variables, t.first, number(tf, Hyper.RHO), norm, adaptive);
  }

  private static Operation step(Ops tf, Work work, Tensors t) {
    Scope scope = tf.scope();
    TwoGradients gradients = gradients(tf, t);
    boolean decoupled = work.isDecoupled();
    Operand<TFloat64> rate = number(tf, Hyper.LEARNING_RATE);
    Operand<TFloat64> none = number(tf, 0);
    return switch (work) {
      case DECOUPLED -> FusedOps.decoupledStep(scope, t.variables, gradients, rate);
      case GRADIENT_DESCENT, GRADIENT_DESCENT_DECOUPLED ->
          FusedOps.gradientDescentStep(scope, t.variables, gradients, decoupled, rate, none);
      case MOMENTUM, MOMENTUM_DECOUPLED, NESTEROV, NESTEROV_DECOUPLED ->
          FusedOps.momentumStep(
              scope,
              t.variables,
              t.firstSlots,
              gradients,
              decoupled,
              work == Work.NESTEROV || work == Work.NESTEROV_DECOUPLED,
              rate,
              number(tf, Hyper.MOMENTUM),
              none);
      default ->
          FusedOps.adamStep(
              scope,
              t.variables,
              t.firstSlots,
              t.secondSlots,
              gradients,
              decoupled,
              rate,
              adamScalars(tf, work == Work.ADAMW || work == Work.ADAMW_DECOUPLED));
    };
  }

  private static AdamScalars adamScalars(Ops tf, boolean decays) {
    return new AdamScalars(
        number(tf, Hyper.BETA_ONE),
        number(tf, Hyper.BETA_TWO),
        number(tf, Hyper.EPSILON),
        number(tf, Hyper.BETA_ONE_POWER),
        number(tf, Hyper.BETA_TWO_POWER),
        number(tf, 0),
        number(tf, decays ? Hyper.LEARNING_RATE * Hyper.WEIGHT_DECAY : 0));
  }

  private static TwoGradients gradients(Ops tf, Tensors t) {
    return new TwoGradients(
        t.first, t.second, number(tf, Hyper.ALPHA), number(tf, 1), number(tf, 1));
  }

  private static Operand<TFloat64> number(Ops tf, double value) {
    return tf.constant(value);
  }
}
