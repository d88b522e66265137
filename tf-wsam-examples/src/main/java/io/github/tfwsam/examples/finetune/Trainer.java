package io.github.tfwsam.examples.finetune;

import io.github.tfwsam.StepMetrics;
import io.github.tfwsam.Wsam;
import io.github.tfwsam.examples.cli.ErrorLine;
import io.github.tfwsam.examples.data.DataSet;
import io.github.tfwsam.examples.profile.StepProfiler;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.LongPredicate;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.framework.optimizers.Optimizer.GradAndVar;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.family.TNumber;
import org.tensorflow.types.family.TType;

/** Takes steps, and measures losses. */
final class Trainer {
  private final Session session;
  private final Objective objective;
  private final Op step;
  private final StepMetrics metrics;
  private final LongPredicate hasSecondPass;
  private final Operand<TBool> weightsAreFinite;
  private final int variables;

  /**
   * Builds the step.
   *
   * @param session the session that holds the variables
   * @param objective what to minimize
   * @param wsam the optimizer
   * @param hasSecondPass whether a step has a second pass, by its number
   * @throws IllegalArgumentException if it cannot be minimized
   */
  Trainer(Session session, Objective objective, Wsam wsam, LongPredicate hasSecondPass) {
    this.session = session;
    this.objective = objective;
    this.hasSecondPass = hasSecondPass;
    List<GradAndVar<?>> pairs = wsam.computeGradients(objective.loss());
    step = wsam.applyGradients(pairs, "step");
    metrics = wsam.metrics();
    weightsAreFinite = areFinite(Ops.create(session.graph()).withSubScope("finite"), pairs);
    variables = pairs.size();
  }

  private static Operand<TBool> areFinite(Ops tf, List<GradAndVar<?>> pairs) {
    List<Operand<TBool>> each = new ArrayList<>();
    for (GradAndVar<?> pair : pairs) {
      each.add(isFinite(tf, pair.getVariable(), pair.getGradient().type()));
    }
    return tf.reduceAll(tf.stack(each), tf.array(0));
  }

  @SuppressWarnings("unchecked") // What has a gradient is of numbers.
  private static Operand<TBool> isFinite(Ops tf, Output<?> variable, Class<? extends TType> type) {
    Operand<? extends TNumber> value =
        (Operand<? extends TNumber>) tf.readVariableOp((Operand<? extends TType>) variable, type);
    return tf.reduceAll(tf.math.isFinite(tf.reshape(value, tf.array(-1))), tf.array(0));
  }

  /** How many variables are trained. */
  int variables() {
    return variables;
  }

  /**
   * Takes a step.
   *
   * @param number the step's number, from 1
   * @param batch what it is taken on
   * @param profiler runs it
   * @throws IllegalStateException if it fails, or what comes out is not finite
   */
  StepResult step(long number, DataSet.Batch batch, StepProfiler profiler) {
    Session.Runner runner =
        objective
            .feed(session.runner(), batch)
            .addTarget(step)
            .fetch(metrics.loss())
            .fetch(metrics.gradientNorm());
    boolean isPerturbed = hasSecondPass.test(number);
    if (isPerturbed) {
      runner.fetch(metrics.perturbedLoss());
    }
    try (Result values = run(() -> profiler.run(number, runner), "step " + number)) {
      var result =
          new StepResult(
              number,
              number(values.get(0)),
              isPerturbed ? number(values.get(2)) : null,
              number(values.get(1)));
      if (result.notFinite() != null) {
        throw new IllegalStateException(
            String.format(
                "step %d: %s is not finite; take a smaller --lr or --rho, or --max-norm",
                number, result.notFinite()));
      }
      return result;
    }
  }

  /**
   * Checks the weights.
   *
   * @param number the last step's number
   * @throws IllegalStateException if one is NaN or infinite
   */
  void requireFiniteWeights(long number) {
    try (Result finite =
        run(session.runner().fetch(weightsAreFinite)::run, "after step " + number)) {
      if (!((TBool) finite.get(0)).getBoolean()) {
        throw new IllegalStateException(
            "step "
                + number
                + ": the weights are not finite after it; take a smaller --lr or --rho, or"
                + " --max-norm");
      }
    }
  }

  /**
   * Measures a loss.
   *
   * @param measured the loss
   * @param data the examples
   * @param batch how many are taken at once; what is left counts too, where it can be fed
   * @return the mean over the examples
   */
  double mean(Objective measured, DataSet data, int batch) {
    OptionalLong fixed = measured.fixedBatch();
    int size = Math.toIntExact(fixed.orElse(batch));
    int counted = fixed.isPresent() ? data.size() / size * size : data.size();
    double sum = 0;
    for (int from = 0; from < counted; from += size) {
      int to = Math.min(from + size, counted);
      try (DataSet.Batch rows = data.batch(IntStream.range(from, to).toArray());
          Result value =
              run(
                  measured.feed(session.runner(), rows).fetch(measured.loss())::run,
                  "validation from example " + from)) {
        sum += number(value.get(0)) * (to - from);
      }
    }
    return sum / counted;
  }

  private static Result run(Supplier<Result> runner, String what) {
    try {
      return runner.get();
    } catch (RuntimeException e) { // TensorFlow's have no other type in common.
      throw new IllegalStateException(what + ": " + ErrorLine.ofTensorFlow(e), e);
    }
  }

  private static double number(Tensor scalar) {
    if (scalar instanceof TFloat32 value) {
      return value.getFloat();
    }
    if (scalar instanceof TFloat64 value) {
      return value.getDouble();
    }
    return scalar instanceof TFloat16 value ? value.getFloat() : ((TBfloat16) scalar).getFloat();
  }
}
