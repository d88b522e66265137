package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.models.Classifier;
import io.github.tfwsam.examples.tasks.LabeledExamples;
import io.github.tfwsam.examples.train.Training;
import io.github.tfwsam.sharpness.Batches;
import io.github.tfwsam.sharpness.Hessian;
import java.util.stream.IntStream;
import org.tensorflow.Session;

/**
 * The largest eigenvalue of the Hessian of the training loss, by the network in inference, over the
 * first {@value #EXAMPLES} training examples (fewer, if there are not so many), with the labels
 * that are trained on. Its error is at most a hundredth of the largest magnitude of an eigenvalue,
 * or what {@value #ITERATIONS} products leave.
 */
final class Curvature {
  private static final int EXAMPLES = 512;
  private static final int BATCH = 128;
  private static final double TOLERANCE = 0.01;
  private static final int ITERATIONS = 50;
  private static final long START = 1;

  private final Session session;
  private final Hessian hessian;
  private final Batches batches;

  /**
   * Builds what it takes.
   *
   * @param session the session of the training
   * @param training the network
   * @param examples the training examples
   */
  Curvature(Session session, Training training, LabeledExamples examples) {
    this.session = session;
    Classifier<?> classifier = training.classifier();
    hessian = new Hessian(session.graph(), training.inferenceLoss(), classifier.isWeight());
    int batch = Math.min(BATCH, examples.size());
    batches =
        new Batches(
            Math.min(EXAMPLES, examples.size()) / batch,
            (number, feeds) -> {
              int[] rows = IntStream.range(number * batch, (number + 1) * batch).toArray();
              feeds.add(classifier.input(), examples.inputs(rows));
              feeds.add(classifier.labels(), examples.labels(rows));
            });
  }

  /**
   * Finds it.
   *
   * @return the eigenvalue; NaN if a product with the Hessian is not finite
   */
  double largestEigenvalue() {
    try {
      return hessian
          .topEigenvalues(session, batches, 1, START, TOLERANCE, ITERATIONS)
          .values()
          .get(0);
    } catch (IllegalStateException e) { // It overflows before the loss does.
      return Double.NaN;
    }
  }
}
