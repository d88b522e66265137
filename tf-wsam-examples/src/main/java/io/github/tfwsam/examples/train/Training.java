package io.github.tfwsam.examples.train;

import io.github.tfwsam.checkpoint.CheckpointFolder.Restored;
import io.github.tfwsam.examples.data.Batches;
import io.github.tfwsam.examples.models.Classifier;
import io.github.tfwsam.examples.profile.StepProfiler;
import io.github.tfwsam.examples.run.NotFiniteException;
import io.github.tfwsam.examples.run.RunCheckpoints;
import io.github.tfwsam.examples.tasks.TaskData;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.types.TFloat32;

/**
 * A network for a task, its examples, and the steps that train it: what {@code wsam train} runs.
 *
 * <p>Its graph is whole once it is made, so that checkpoints of it can be kept; what is to be
 * measured of the trained network is built before that, or is no part of them.
 */
public final class Training {
  private final TrainOptions options;
  private final TaskData data;
  private final boolean measuresEachEpoch;
  private final Batches batches;
  private final int steps;
  private final NetworkTraining<?> network;

  /**
   * Builds the network and its step.
   *
   * @param session a session by {@link TrainOptions#session()}, whose graph is empty
   * @param options what is learned, and how
   * @param data the examples, by {@link TrainOptions#data(TaskData)}
   * @param measuresEachEpoch whether the network is measured after each epoch, or the last alone,
   *     which takes less time
   * @throws IllegalArgumentException if the options do not fit one another, or the examples
   * @throws IllegalStateException if native ops are asked for and do not load
   */
  public Training(Session session, TrainOptions options, TaskData data, boolean measuresEachEpoch) {
    this.options = options;
    this.data = data;
    this.measuresEachEpoch = measuresEachEpoch;
    batches = new Batches(data.training().size(), options.batch(), true, options.training().seed());
    steps = options.steps(batches.perEpoch());
    network = new NetworkTraining<>(session, options.network(data), options.training(), steps);
  }

  /**
   * How many steps there are.
   *
   * @return the number, at least 1
   */
  public int steps() {
    return steps;
  }

  /**
   * What must be the same where the training is resumed.
   *
   * @return for each option what was chosen
   */
  public Map<String, String> settings() {
    return options.settings(steps, data);
  }

  /**
   * The network in training.
   *
   * @return it, its placeholders and its weights
   */
  public Classifier<?> classifier() {
    return network.classifier();
  }

  /**
   * What the network gives in inference: with batch normalization by the averages.
   *
   * @return of shape [examples, classes], made of the classifier's input
   */
  public Operand<TFloat32> inferenceLogits() {
    return network.evaluation().logits();
  }

  /**
   * The mean cross entropy of the network in inference.
   *
   * @return a scalar, made of the classifier's input and labels
   */
  public Operand<TFloat32> inferenceLoss() {
    return network.evaluation().loss();
  }

  /**
   * Takes the steps, from the first one or the one after a checkpoint's.
   *
   * @param folder where the metrics go
   * @param restored the checkpoint that the session was restored to; null if there is none
   * @param checkpoints where checkpoints go; null for nowhere
   * @param profiler runs the steps
   * @param progress is told of each step
   * @return what was measured at the end of each epoch, those before the checkpoint too
   * @throws IOException if something cannot be read or written
   * @throws NotFiniteException if something is not finite
   * @throws IllegalStateException if a step fails
   */
  public List<EpochMetrics> run(
      Path folder,
      Restored restored,
      RunCheckpoints checkpoints,
      StepProfiler profiler,
      Consumer<String> progress)
      throws IOException {
    int taken = restored == null ? 0 : Math.toIntExact(restored.step());
    var run =
        new TrainRun(
            network, data, batches, options.augmentation(data), measuresEachEpoch, profiler);
    try (Metrics metrics = Metrics.open(folder, taken, batches.perEpoch())) {
      run.go(
          taken,
          steps,
          restored == null ? Map.of() : restored.properties(),
          metrics,
          checkpoints,
          progress);
      return metrics.epochs();
    }
  }

  /** How many numbers are trained. */
  long parameters() {
    return network.parameters();
  }

  /** Writes the network, as it is now, as a SavedModel. */
  void save(Path target) throws IOException {
    network.save(target);
  }
}
