package io.github.tfwsam.examples.finetune;

import static io.github.tfwsam.examples.run.TrainingStep.number;
import static io.github.tfwsam.examples.run.TrainingStep.run;

import io.github.tfwsam.Wsam;
import io.github.tfwsam.examples.data.DataSet;
import io.github.tfwsam.examples.profile.StepProfiler;
import io.github.tfwsam.examples.run.StepResult;
import io.github.tfwsam.examples.run.TrainingStep;
import java.util.OptionalLong;
import java.util.function.LongPredicate;
import java.util.stream.IntStream;
import org.tensorflow.Result;
import org.tensorflow.Session;

/** Takes steps, and measures losses. */
final class Trainer {
  private final Session session;
  private final Objective objective;
  private final TrainingStep step;

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
    step = new TrainingStep(session, objective.loss(), wsam, hasSecondPass);
  }

  /** How many variables are trained. */
  int variables() {
    return step.variables();
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
    return step.take(number, objective.feed(session.runner(), batch), profiler);
  }

  /**
   * Checks the weights.
   *
   * @param number the last step's number
   * @throws IllegalStateException if one is NaN or infinite
   */
  void requireFiniteWeights(long number) {
    step.requireFiniteWeights(number);
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
}
