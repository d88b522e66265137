package io.github.tfwsam.examples.train;

import io.github.tfwsam.examples.data.Batches;
import io.github.tfwsam.examples.profile.StepProfiler;
import io.github.tfwsam.examples.run.RunCheckpoints;
import io.github.tfwsam.examples.run.StepResult;
import io.github.tfwsam.examples.tasks.Augmentation;
import io.github.tfwsam.examples.tasks.TaskData;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.tensorflow.Tensor;

/** The steps of a run, from the first one or the one after those taken before, to the last one. */
final class TrainRun {
  /** What is kept in checkpoints besides: how long the steps took of the epoch that goes on. */
  private static final String SECONDS = "seconds";

  private final NetworkTraining<?> network;
  private final TaskData data;
  private final Batches batches;
  private final Augmentation augmentation;
  private final boolean measuresEachEpoch;
  private final StepProfiler profiler;

  /**
   * A run.
   *
   * @param network what is trained
   * @param data the examples
   * @param batches which of them are in which batch
   * @param augmentation what changes each batch's inputs; null for nothing
   * @param measuresEachEpoch whether the network is measured after each epoch, or the last alone
   * @param profiler runs the steps
   */
  TrainRun(
      NetworkTraining<?> network,
      TaskData data,
      Batches batches,
      Augmentation augmentation,
      boolean measuresEachEpoch,
      StepProfiler profiler) {
    this.network = network;
    this.data = data;
    this.batches = batches;
    this.augmentation = augmentation;
    this.measuresEachEpoch = measuresEachEpoch;
    this.profiler = profiler;
  }

  /**
   * Takes the steps.
   *
   * @param taken how many were taken before
   * @param steps how many there are in all
   * @param kept what was kept in the checkpoint that the run goes on from; empty if there is none
   * @param metrics where the rows go
   * @param checkpoints where checkpoints go; null for nowhere
   * @param progress is told of each step
   * @throws IOException if a row, a checkpoint or the timeline cannot be written
   * @throws IllegalStateException if a step fails, or something is not finite
   */
  void go(
      int taken,
      int steps,
      Map<String, String> kept,
      Metrics metrics,
      RunCheckpoints checkpoints,
      Consumer<String> progress)
      throws IOException {
    double seconds = Double.parseDouble(kept.getOrDefault(SECONDS, "0"));
    for (int step = taken + 1; step <= steps; step++) {
      long start = System.nanoTime();
      StepResult result = step(step);
      seconds += (System.nanoTime() - start) / 1e9;
      profiler.write();
      metrics.step(step, result.loss());
      if (step % batches.perEpoch() == 0) {
        boolean isMeasured = measuresEachEpoch || step == steps;
        metrics.endEpoch(isMeasured ? network.measure(step, data) : null, seconds);
        seconds = 0;
      }
      if (checkpoints != null) {
        checkpoints.save(step, step == steps, Map.of(SECONDS, Double.toString(seconds)));
      }
      progress.accept(message(result.loss(), metrics));
    }
  }

  private StepResult step(int number) {
    int[] rows = batches.get(number - 1);
    try (var labels = data.training().labels(rows);
        Tensor inputs = inputs(rows, (number - 1) / batches.perEpoch())) {
      return network.step(number, inputs, labels, profiler);
    }
  }

  private Tensor inputs(int[] rows, int epoch) {
    return augmentation == null ? data.training().inputs(rows) : augmentation.inputs(epoch, rows);
  }

  private static String message(double loss, Metrics metrics) {
    String text = String.format(Locale.ROOT, "loss %.4g", loss);
    var epochs = metrics.epochs();
    EpochMetrics last = epochs.isEmpty() ? null : epochs.get(epochs.size() - 1);
    if (last == null || last.measures() == null) {
      return text;
    }
    return String.format(
        Locale.ROOT, "%s, accuracy %.2f %%", text, 100 * last.measures().testAccuracy());
  }
}
