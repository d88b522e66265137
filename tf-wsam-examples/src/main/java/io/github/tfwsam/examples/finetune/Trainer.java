package io.github.tfwsam.examples.finetune;

import io.github.tfwsam.StepMetrics;
import io.github.tfwsam.examples.cli.ErrorLine;
import io.github.tfwsam.examples.data.DataSet;
import java.util.stream.IntStream;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.op.Op;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;

/** Takes steps, and measures losses. */
final class Trainer {
  private final Session session;
  private final Objective objective;
  private final Op step;
  private final StepMetrics metrics;
  private final boolean hasSecondPass;

  /**
   * A trainer.
   *
   * @param session the session that holds the variables
   * @param objective what the step minimizes
   * @param step takes a step
   * @param metrics of the step
   * @param hasSecondPass whether there is a perturbed loss
   */
  Trainer(
      Session session, Objective objective, Op step, StepMetrics metrics, boolean hasSecondPass) {
    this.session = session;
    this.objective = objective;
    this.step = step;
    this.metrics = metrics;
    this.hasSecondPass = hasSecondPass;
  }

  /**
   * Takes a step.
   *
   * @param number the step's number, from 1
   * @param batch what it is taken on
   * @throws IllegalStateException if it fails, or what comes out is not finite
   */
  StepResult step(long number, DataSet.Batch batch) {
    Session.Runner runner =
        objective
            .feed(session.runner(), batch)
            .addTarget(step)
            .fetch(metrics.loss())
            .fetch(metrics.gradientNorm());
    if (hasSecondPass) {
      runner.fetch(metrics.perturbedLoss());
    }
    try (Result values = run(runner, "step " + number)) {
      var result =
          new StepResult(
              number,
              number(values.get(0)),
              hasSecondPass ? number(values.get(2)) : null,
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
   * Measures a loss.
   *
   * @param measured the loss
   * @param data the examples
   * @param batch how many are taken at once; what is left counts too, where it can be fed
   * @return the mean over the examples
   */
  double mean(Objective measured, DataSet data, int batch) {
    double sum = 0;
    int examples = 0;
    for (int from = 0; from < data.size(); from += batch) {
      int to = Math.min(from + batch, data.size());
      if (to - from < batch && measured.fixedBatch().isPresent()) {
        break;
      }
      try (DataSet.Batch rows = data.batch(IntStream.range(from, to).toArray());
          Result value =
              run(
                  measured.feed(session.runner(), rows).fetch(measured.loss()),
                  "validation from example " + from)) {
        sum += number(value.get(0)) * (to - from);
        examples = to;
      }
    }
    return sum / examples;
  }

  private static Result run(Session.Runner runner, String what) {
    try {
      return runner.run();
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
    return scalar instanceof TFloat16 value
        ? value.getFloat()
        : ((TBfloat16) scalar).getFloat();
  }
}
