package io.github.tfwsam.examples.finetune;

import io.github.tfwsam.examples.cli.Progress;
import io.github.tfwsam.examples.data.Batches;
import io.github.tfwsam.examples.data.DataSet;
import io.github.tfwsam.examples.profile.StepProfiler;
import io.github.tfwsam.examples.run.RunCheckpoints;
import io.github.tfwsam.examples.run.RunLog;
import io.github.tfwsam.examples.run.StepResult;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;

/** The steps of a run, from the first one or the one after those taken before, to the last one. */
final class FinetuneRun {
  private final Trainer trainer;
  private final DataSet data;
  private final Batches batches;
  private final int steps;
  private final StepProfiler profiler;

  /**
   * A run.
   *
   * @param trainer takes the steps
   * @param data the examples
   * @param batches which of them are in which batch
   * @param steps how many steps the run has
   * @param profiler runs them
   */
  FinetuneRun(Trainer trainer, DataSet data, Batches batches, int steps, StepProfiler profiler) {
    this.trainer = trainer;
    this.data = data;
    this.batches = batches;
    this.steps = steps;
    this.profiler = profiler;
  }

  /**
   * Takes the steps.
   *
   * @param taken how many were taken before
   * @param log where a line a step goes; null for nowhere
   * @param checkpoints where checkpoints go; null for nowhere
   * @param properties what is kept in checkpoints besides
   * @param progress is told of each step
   * @return the loss of the last step; NaN if there was none left to take
   * @throws IOException if the log, a checkpoint or the timeline cannot be written
   * @throws IllegalStateException if a step fails, or something is not finite
   */
  double go(
      int taken,
      RunLog log,
      RunCheckpoints checkpoints,
      Map<String, String> properties,
      Progress progress)
      throws IOException {
    double loss = Double.NaN;
    for (int step = taken + 1; step <= steps; step++) {
      boolean isLast = step == steps;
      StepResult result = step(step);
      profiler.write();
      loss = result.loss();
      if (isLast) {
        trainer.requireFiniteWeights(step);
      }
      if (log != null) {
        log.write(result.toJson());
      }
      if (checkpoints != null) {
        checkpoints.save(step, isLast, properties);
      }
      progress.step(String.format(Locale.ROOT, "loss %.4g", loss));
    }
    return loss;
  }

  private StepResult step(int number) {
    try (DataSet.Batch batch = data.batch(batches.get(number - 1))) {
      return trainer.step(number, batch, profiler);
    }
  }
}
