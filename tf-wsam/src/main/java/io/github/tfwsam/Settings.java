package io.github.tfwsam;

import io.github.tfwsam.Hyperparameter.Constant;
import io.github.tfwsam.Hyperparameter.Range;
import io.github.tfwsam.graph.GradientFlow;
import io.github.tfwsam.graph.LossGraph;
import io.github.tfwsam.graph.TrainableVariable;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TNumber;

/** What the constructors and options of a {@link Wsam} set. */
final class Settings {
  final StepCounter counter = new StepCounter();
  Hyperparameter rho;
  Hyperparameter gamma;
  Optional<Hyperparameter> maxNorm = Optional.empty();
  boolean decoupled = true;
  boolean adaptive = false;
  int every = 1;
  boolean skipNonFinite = false;
  Fused fused = Fused.AUTO;
  Predicate<String> trainable = name -> true;
  Predicate<String> perturbed = name -> true;

  /** True if the sharpness has no weight in any run, so that one pass is all there is. */
  boolean isPlain() {
    return gamma instanceof Constant constant && constant.value() == 0;
  }

  /** gamma / (1 - gamma): in double precision where gamma is a number. */
  Operand<? extends TNumber> alpha(Ops tf, Class<? extends TNumber> type) {
    return gamma instanceof Constant constant
        ? new Constant(constant.value() / (1 - constant.value())).in(tf, type)
        : quotient(tf, gamma.in(tf, type));
  }

  private static <T extends TNumber> Operand<T> quotient(Ops tf, Operand<T> gamma) {
    Operand<T> one = tf.dtypes.cast(tf.constant(1f), gamma.type());
    return tf.math.div(gamma, tf.math.sub(one, gamma));
  }

  /** What fails a run in which a computed hyper-parameter is out of its range. */
  List<Op> checks(Ops tf) {
    return Stream.of(
            rho.check(tf, Range.RHO),
            gamma.check(tf, Range.GAMMA),
            maxNorm.flatMap(m -> m.check(tf, Range.MAX_NORM)))
        .flatMap(Optional::stream)
        .toList();
  }

  /** How a step with these scalars is skipped, if it is to be. */
  Optional<Skipping> skipping(Ops tf, List<Operand<? extends TNumber>> scalars, List<Op> reading) {
    return skipNonFinite ? Optional.of(Skipping.build(tf, scalars, reading)) : Optional.empty();
  }

  /** The variables that a step trains. */
  List<TrainableVariable> trainedBy(LossGraph lossGraph) {
    List<TrainableVariable> variables = GradientFlow.trace(lossGraph, trainable);
    if (variables.isEmpty()) {
      throw new IllegalArgumentException(
          "The loss '"
              + lossGraph.loss().op().name()
              + "' depends on no trainable variable: no gradient flows from it to a variable that"
              + " Wsam.trainable admits.");
    }
    return variables;
  }

  /** Those of the trained variables that a step perturbs. */
  List<TrainableVariable> perturbedAmong(List<TrainableVariable> variables) {
    List<TrainableVariable> some =
        variables.stream().filter(variable -> perturbed.test(variable.name())).toList();
    if (some.isEmpty()) {
      throw new IllegalArgumentException(
          "Wsam.perturbed admits none of the trained variables, so there is no second pass: admit"
              + " one, or set gamma to 0.");
    }
    return some;
  }

  @Override
  public String toString() {
    return "rho="
        + rho
        + ", gamma="
        + gamma
        + ", decoupled="
        + decoupled
        + ", adaptive="
        + adaptive
        + ", maxNorm="
        + maxNorm.map(Object::toString).orElse("none")
        + ", every="
        + every
        + ", skipNonFinite="
        + skipNonFinite;
  }
}
