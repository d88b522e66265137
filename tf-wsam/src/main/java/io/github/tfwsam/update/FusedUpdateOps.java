package io.github.tfwsam.update;

import static io.github.tfwsam.update.Scalars.inDouble;

import io.github.tfwsam.nativeops.FusedOps;
import io.github.tfwsam.nativeops.FusedOps.AdamScalars;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.op.Scope;
import org.tensorflow.proto.DataType;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.family.TNumber;

/**
 * {@link UpdateOps} of native ops, one for all tensors of a type. The results are those of {@link
 * StockUpdateOps}: bit for bit in float32 and float64, but for the norms, which are accumulated in
 * float64, and for Adam's square root, which TensorFlow approximates to one unit in the last place.
 *
 * <p>Tensors on a device that has no native ops are left to {@link StockUpdateOps}.
 */
public final class FusedUpdateOps implements UpdateOps {
  private final StockUpdateOps stock = new StockUpdateOps();

  @Override
  public Operand<? extends TNumber> globalNorm(Ops tf, List<Output<?>> tensors) {
    return norm(
        tf,
        TensorGroup.of(tensors),
        group ->
            group.isNative()
                ? FusedOps.globalNorm(group.near(tf).scope(), group.select(tensors))
                : stock.globalNorm(tf, group.select(tensors)));
  }

  @Override
  public Operand<? extends TNumber> adaptiveNorm(
      Ops tf, List<Output<?>> variables, List<Output<?>> gradients) {
    return norm(
        tf,
        TensorGroup.of(variables),
        group ->
            group.isNative()
                ? FusedOps.adaptiveNorm(
                    group.near(tf).scope(), group.select(variables), group.select(gradients))
                : stock.adaptiveNorm(tf, group.select(variables), group.select(gradients)));
  }

  /** The norm over all groups, {@code sqrt(sum norm^2)}. */
  private static Operand<? extends TNumber> norm(
      Ops tf, List<TensorGroup> groups, Function<TensorGroup, Operand<? extends TNumber>> norm) {
    List<Operand<TFloat64>> norms =
        groups.stream().map(group -> inDouble(tf, norm.apply(group))).toList();
    Operand<TFloat64> whole =
        norms.size() == 1
            ? norms.get(0)
            : tf.math.sqrt(
                tf.math.addN(norms.stream().<Operand<TFloat64>>map(tf.math::square).toList()));
    boolean wide = groups.stream().anyMatch(group -> group.type() == DataType.DT_DOUBLE);
    return wide ? whole : tf.dtypes.cast(whole, TFloat32.class);
  }

  @Override
  public List<Output<?>> perturb(
      Ops tf,
      List<Output<?>> variables,
      List<Output<?>> gradients,
      Operand<? extends TNumber> rho,
      Operand<? extends TNumber> norm,
      boolean adaptive) {
    var perturbed = new Output<?>[variables.size()];
    for (TensorGroup group : TensorGroup.of(variables)) {
      List<Output<?>> w = group.select(variables);
      List<Output<?>> g = group.select(gradients);
      group.scatter(
          group.isNative()
              ? FusedOps.perturb(
                  group.near(tf).scope(), w, g, inDouble(tf, rho), inDouble(tf, norm), adaptive)
              : stock.perturb(tf, w, g, rho, norm, adaptive),
          perturbed);
    }
    return Arrays.asList(perturbed);
  }

  @Override
  public Operand<? extends TNumber> clipFactor(
      Ops tf, Operand<? extends TNumber> norm, Operand<? extends TNumber> maxNorm) {
    return stock.clipFactor(tf, norm, maxNorm);
  }

  /** Rarely needed: {@link #blend} and the steps clip as they go. */
  @Override
  public List<Output<?>> clip(
      Ops tf, List<Output<?>> gradients, Optional<Operand<? extends TNumber>> factor) {
    return stock.clip(tf, gradients, factor);
  }

  @Override
  public List<Output<?>> blend(Ops tf, TwoGradients gradients) {
    var blended = new Output<?>[gradients.variables().size()];
    for (TensorGroup group : TensorGroup.of(gradients.variables())) {
      TwoGradients some = gradients.at(group.indices());
      group.scatter(
          group.isNative()
              ? FusedOps.blend(group.near(tf).scope(), inputs(tf, some))
              : stock.blend(tf, some),
          blended);
    }
    return Arrays.asList(blended);
  }

  private static FusedOps.TwoGradients inputs(Ops tf, TwoGradients gradients) {
    return new FusedOps.TwoGradients(
        gradients.first(),
        gradients.second().stream()
            .<Output<?>>map(g2 -> StockUpdateOps.accumulate(tf, g2).asOutput())
            .toList(),
        inDouble(tf, gradients.alpha()),
        factor(tf, gradients.firstFactor()),
        factor(tf, gradients.secondFactor()));
  }

  private static Operand<TFloat64> factor(Ops tf, Optional<Operand<? extends TNumber>> factor) {
    return factor.map(f -> inDouble(tf, f)).orElseGet(() -> tf.constant(1.0));
  }

  @Override
  public List<Operation> decoupledStep(
      Ops tf, TwoGradients gradients, List<Operand<?>> learningRates) {
    var scalars = new Scalars(tf);
    List<Operation> writes = new ArrayList<>();
    for (TensorGroup group :
        TensorGroup.of(gradients.variables(), i -> scalars.key(learningRates.get(i).asOutput()))) {
      TwoGradients some = gradients.at(group.indices());
      if (group.isNative()) {
        writes.add(
            FusedOps.decoupledStep(
                group.near(tf).scope(),
                some.variables(),
                inputs(tf, some),
                inDouble(tf, learningRates.get(group.indices().get(0)))));
      } else {
        writes.addAll(stock.decoupledStep(tf, some, group.select(learningRates)));
      }
    }
    return writes;
  }

  @Override
  public Map<GraphOperation, GraphOperation> fuse(
      Ops tf, List<ApplyStep> steps, TwoGradients gradients) {
    var scalars = new Scalars(tf);
    Map<GraphOperation, GraphOperation> replacements = new HashMap<>();
    List<Output<?>> variables = steps.stream().<Output<?>>map(ApplyStep::variable).toList();
    for (TensorGroup group : TensorGroup.of(variables, i -> key(steps.get(i), scalars))) {
      if (group.isNative()) {
        List<ApplyStep> alike = group.select(steps);
        Operation fused =
            fused(
                group.near(tf),
                alike,
                inputs(tf, gradients.of(group.select(variables))),
                gradients.decoupled(),
                scalars);
        alike.forEach(
            step -> step.operations().forEach(o -> replacements.put(o, (GraphOperation) fused)));
      }
    }
    return replacements;
  }

  /** Equal for steps that one op can take. */
  private static List<Object> key(ApplyStep step, Scalars scalars) {
    return List.of(
        step.kind(),
        step.nesterov(),
        step.scalars().stream().map(scalars::key).toList(),
        step.penalty().map(scalars::key),
        step.decay().map(scalars::key));
  }

  private static Operation fused(
      Ops tf,
      List<ApplyStep> alike,
      FusedOps.TwoGradients gradients,
      boolean decoupled,
      Scalars scalars) {
    ApplyStep one = alike.get(0);
    List<Operand<TFloat64>> values = one.scalars().stream().map(scalars::inDouble).toList();
    Operand<TFloat64> penalty =
        one.penalty().map(scalars::inDouble).orElseGet(() -> tf.constant(0.0));
    Operand<TFloat64> decay = one.decay().map(scalars::inDouble).orElseGet(() -> tf.constant(0.0));
    List<Output<?>> w = alike.stream().<Output<?>>map(ApplyStep::variable).toList();
    Scope scope = tf.scope();
    return switch (one.kind()) {
      case GRADIENT_DESCENT ->
          FusedOps.gradientDescentStep(scope, w, gradients, decoupled, values.get(0), penalty);
      case MOMENTUM ->
          FusedOps.momentumStep(
              scope,
              w,
              slots(alike, 0),
              gradients,
              decoupled,
              one.nesterov(),
              values.get(0),
              values.get(1),
              penalty);
      case ADAM ->
          FusedOps.adamStep(
              scope,
              w,
              slots(alike, 0),
              slots(alike, 1),
              gradients,
              decoupled,
              values.get(0),
              new AdamScalars(
                  values.get(1),
                  values.get(2),
                  values.get(3),
                  values.get(4),
                  values.get(5),
                  penalty,
                  decay));
    };
  }

  private static List<Output<?>> slots(List<ApplyStep> steps, int slot) {
    return steps.stream().<Output<?>>map(step -> step.slots().get(slot)).toList();
  }
}
