package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.checkpoint.CheckpointFolder.Restored;
import io.github.tfwsam.examples.cli.AtomicFile;
import io.github.tfwsam.examples.profile.StepProfiler;
import io.github.tfwsam.examples.run.NotFiniteException;
import io.github.tfwsam.examples.run.RunCheckpoints;
import io.github.tfwsam.examples.tasks.TaskData;
import io.github.tfwsam.examples.train.EpochMetrics;
import io.github.tfwsam.examples.train.TrainOptions;
import io.github.tfwsam.examples.train.Training;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.tensorflow.Graph;
import org.tensorflow.Session;

/**
 * Runs a run as {@code wsam train} does, with one thread, and measures the trained network. The
 * folder holds metrics.jsonl then, and while it goes on checkpoints.
 */
final class TrainingRunner implements Runner {
  /** The share of the loss of guessing from which on a network has not learned. */
  private static final double NEAR_GUESSING = 0.95;

  /** That share from which on it is worse than one that never learned. */
  private static final double FAR_FROM_GUESSING = 2;

  /** With fewer, a network that has not learned yet is not one that does not. */
  private static final int FEWEST_STEPS = 100;

  /** What an accuracy must be above that of guessing by, for the test part to tell it apart. */
  private static final double STANDARD_ERRORS = 5;

  private final DataSets dataSets;
  private final Extra extra;

  /** What is measured of a trained network besides what all experiments measure. */
  @FunctionalInterface
  interface Extra {
    /** Nothing. */
    Extra NONE = (session, training, data, setting) -> Map::of;

    /**
     * Builds what it takes, before the network is trained.
     *
     * @param session the session of the training
     * @param training the network
     * @param data the examples
     * @param setting what the run is run with
     * @return what measures the network when it is trained
     */
    Measuring build(Session session, Training training, TaskData data, Setting setting);
  }

  /** Measures a trained network. */
  @FunctionalInterface
  interface Measuring {
    /** What was measured, by the name of the column. */
    Map<String, Double> measure();
  }

  /**
   * A runner.
   *
   * @param dataSets the tasks' examples
   * @param extra what is measured besides
   */
  TrainingRunner(DataSets dataSets, Extra extra) {
    this.dataSets = dataSets;
    this.extra = extra;
  }

  @Override
  public Run run(Setting setting, long seed, Path folder) throws IOException {
    TrainOptions options = TrainOptions.parse(arguments(setting, seed));
    TaskData data = options.data(dataSets.of(options.task()));
    Path checkpointFolder = folder.resolve(CHECKPOINTS);
    AtomicFile.createFolder(checkpointFolder);
    try (var graph = new Graph();
        var session = new Session(graph, options.session())) {
      return run(session, options, data, setting, seed, folder, checkpointFolder);
    }
  }

  private List<String> arguments(Setting setting, long seed) {
    List<String> arguments = new ArrayList<>(setting.arguments());
    arguments.addAll(List.of("--seed", Long.toString(seed), "--threads", "1"));
    arguments.addAll(dataSets.arguments());
    return arguments;
  }

  private Run run(
      Session session,
      TrainOptions options,
      TaskData data,
      Setting setting,
      long seed,
      Path folder,
      Path checkpointFolder)
      throws IOException {
    Training training;
    Curvature curvature;
    Measuring further;
    RunCheckpoints checkpoints;
    Restored restored;
    synchronized (GRAPHS) {
      training = new Training(session, options, data, false);
      curvature = new Curvature(session, training, data.training());
      further = extra.build(session, training, data, setting);
      checkpoints = new RunCheckpoints(checkpointFolder, session, training.settings());
      restored = checkpoints.resume(training.steps()).orElse(null);
    }
    Map<String, Double> measures = new LinkedHashMap<>();
    try {
      List<EpochMetrics> epochs =
          training.run(
              folder,
              restored,
              checkpoints,
              StepProfiler.none(),
              TrainingRunner::goOnUnlessStopped);
      EpochMetrics last = epochs.get(epochs.size() - 1);
      measures.put(Run.TRAIN_LOSS, last.trainLoss());
      measures.put(Run.TEST_ACCURACY, last.measures().testAccuracy());
      measures.put(Run.SHARPNESS, last.measures().sharpness());
      measures.put(Run.SECONDS, epochs.stream().mapToDouble(EpochMetrics::seconds).sum());
      measures.put(Run.HESSIAN_TOP, curvature.largestEigenvalue());
      measures.putAll(further.measure());
      return new Run(setting, seed, measures, status(epochs, training.steps(), data));
    } catch (NotFiniteException e) {
      return new Run(setting, seed, measures, Run.Status.DIVERGED);
    }
  }

  /**
   * Guessing all classes alike has a loss of log(classes), and is right once in as many. The first
   * epoch may well be worse, but what learns is better at its end, also from wrong labels: there
   * the loss may stay near, but the test labels are not wrong.
   */
  private static Run.Status status(List<EpochMetrics> epochs, int steps, TaskData data) {
    int classes = data.training().classes();
    double chance = 1.0 / classes;
    double standardError = Math.sqrt(chance * (1 - chance) / data.test().size());
    EpochMetrics last = epochs.get(epochs.size() - 1);
    double loss = last.trainLoss() / Math.log(classes);
    boolean isGuessing =
        steps >= FEWEST_STEPS
            && loss >= NEAR_GUESSING
            && last.measures().testAccuracy() < chance + STANDARD_ERRORS * standardError;
    return epochs.size() > 1 && (isGuessing || loss >= FAR_FROM_GUESSING)
        ? Run.Status.DIVERGED
        : Run.Status.DONE;
  }

  private static void goOnUnlessStopped(String message) {
    if (Thread.currentThread().isInterrupted()) {
      throw new CancellationException("stopped, as another run failed");
    }
  }
}
