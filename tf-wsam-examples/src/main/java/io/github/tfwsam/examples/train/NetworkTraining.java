package io.github.tfwsam.examples.train;

import io.github.tfwsam.examples.cli.TrainingOptions;
import io.github.tfwsam.examples.models.Classifier;
import io.github.tfwsam.examples.models.Network;
import io.github.tfwsam.examples.profile.StepProfiler;
import io.github.tfwsam.examples.run.StepResult;
import io.github.tfwsam.examples.run.TrainingStep;
import io.github.tfwsam.examples.tasks.TaskData;
import java.io.IOException;
import java.nio.file.Path;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TType;

/**
 * A network, what trains it, and what measures it.
 *
 * @param <I> the type of its input
 */
final class NetworkTraining<I extends TType> {
  private final Session session;
  private final Network<I> network;
  private final Classifier<I> classifier;
  private final TrainingStep step;
  private final Evaluation evaluation;

  /**
   * Builds all of it.
   *
   * @param session a session, whose graph is empty
   * @param network the network
   * @param training how it is trained
   * @param steps how many steps the run has
   * @throws IllegalArgumentException if the options do not fit one another
   * @throws IllegalStateException if native ops are asked for and do not load
   */
  NetworkTraining(Session session, Network<I> network, TrainingOptions training, long steps) {
    this.session = session;
    this.network = network;
    classifier = Classifier.training(Ops.create(session.graph()), network, training.seed());
    step =
        new TrainingStep(
            session,
            classifier.loss(),
            training.optimizer(session.graph(), steps),
            training::hasSecondPass);
    evaluation = Evaluation.of(session, network, classifier, training);
  }

  Classifier<I> classifier() {
    return classifier;
  }

  Evaluation evaluation() {
    return evaluation;
  }

  /** How many numbers are trained. */
  long parameters() {
    return classifier.weights().stream().mapToLong(w -> w.shape().size()).sum();
  }

  /**
   * Takes a step.
   *
   * @param number the step's number, from 1
   * @param inputs examples
   * @param labels their classes
   * @param profiler runs it
   * @throws IllegalStateException if it fails, or what comes out is not finite
   */
  StepResult step(long number, Tensor inputs, TInt32 labels, StepProfiler profiler) {
    Session.Runner fed =
        session.runner().feed(classifier.input(), inputs).feed(classifier.labels(), labels);
    return step.take(number, fed, profiler);
  }

  /**
   * Measures the network.
   *
   * @param number the last step's number
   * @param data the examples
   * @throws IllegalStateException if it fails, or something is not finite
   */
  EpochMetrics.Measures measure(long number, TaskData data) {
    step.requireFiniteWeights(number);
    EpochMetrics.Measures measures = evaluation.measure(data, "after step " + number);
    measures.requireFinite(number);
    return measures;
  }

  /**
   * Writes the network, as it is now, as a SavedModel.
   *
   * @param target the folder; replaced where it is there already
   * @throws IOException if it cannot be written
   */
  void save(Path target) throws IOException {
    InferenceModel.write(network, session, target);
  }
}
