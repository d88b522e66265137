package io.github.tfwsam.examples.train;

import io.github.tfwsam.Wsam;
import io.github.tfwsam.examples.cli.TrainingOptions;
import io.github.tfwsam.examples.models.Classifier;
import io.github.tfwsam.examples.models.Network;
import io.github.tfwsam.examples.run.TrainingStep;
import io.github.tfwsam.examples.tasks.LabeledExamples;
import io.github.tfwsam.examples.tasks.TaskData;
import java.util.stream.IntStream;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TNumber;
import org.tensorflow.types.family.TType;

/**
 * Measures a network that is trained, used for inference: batch normalization goes by the averages.
 * No variable changes by it.
 *
 * <p>The sharpness is L(w + e) - L(w) with e = rho g / |g| (or the adaptive form) and g the
 * gradient of L, in the mean over the first {@value #SHARPNESS_EXAMPLES} training examples, each
 * {@value #SHARPNESS_BATCH} of which have an L and an e of their own. It is measured alike for all
 * methods, by the network in inference and on the examples as they are: with wrong labels where
 * training has them, without augmentation.
 */
final class Evaluation {
  /** On how many training examples the sharpness is measured; on all, if there are fewer. */
  static final int SHARPNESS_EXAMPLES = 1024;

  private static final int SHARPNESS_BATCH = 128;
  private static final int TEST_BATCH = 250;

  private final Session session;
  private final Classifier<?> classifier;
  private final Operand<TFloat32> logits;
  private final Operand<TFloat32> loss;
  private final Operand<TInt32> correct;
  private final Operand<? extends TNumber> sharpness;

  private Evaluation(
      Session session,
      Classifier<?> classifier,
      Operand<TFloat32> logits,
      Operand<TFloat32> loss,
      Operand<TInt32> correct,
      Operand<? extends TNumber> sharpness) {
    this.session = session;
    this.classifier = classifier;
    this.logits = logits;
    this.loss = loss;
    this.correct = correct;
    this.sharpness = sharpness;
  }

  /**
   * Builds what is measured.
   *
   * @param session the session that holds the variables
   * @param network the network
   * @param classifier the network in training, in the session's graph
   * @param training the form and length of the perturbation
   */
  static <I extends TType> Evaluation of(
      Session session, Network<I> network, Classifier<I> classifier, TrainingOptions training) {
    Graph graph = session.graph();
    Ops tf = Ops.create(graph).withSubScope("evaluation");
    Operand<TFloat32> logits =
        network.logits(classifier.layers().inference(tf), classifier.input());
    Operand<TFloat32> each =
        Classifier.crossEntropies(tf, logits, classifier.labels(), network.classes());
    Operand<TFloat32> loss = tf.math.mean(each, tf.constant(0));
    Operand<TInt64> found = tf.math.argMax(logits, tf.constant(1));
    Operand<TInt64> right = tf.dtypes.cast(classifier.labels(), TInt64.class);
    Operand<TInt32> correct =
        tf.reduceSum(tf.dtypes.cast(tf.math.equal(found, right), TInt32.class), tf.constant(0));

    Wsam probe = training.probe(graph, Wsam.trainable(classifier.isWeight()));
    probe.computeGradients(loss);
    return new Evaluation(session, classifier, logits, loss, correct, probe.metrics().sharpness());
  }

  Operand<TFloat32> logits() {
    return logits;
  }

  Operand<TFloat32> loss() {
    return loss;
  }

  /**
   * Measures the network as it is now.
   *
   * @param data the examples
   * @param what when that is, for an error
   * @throws IllegalStateException if it fails
   */
  EpochMetrics.Measures measure(TaskData data, String what) {
    int size = data.test().size();
    double testLoss = 0;
    int right = 0;
    for (int[] rows : batches(size, TEST_BATCH)) {
      try (Feed feed = feed(data.test(), rows);
          Result values =
              TrainingStep.run(
                  feed.runner.fetch(loss).fetch(correct)::run, what + ", its evaluation")) {
        testLoss += TrainingStep.number(values.get(0)) * rows.length;
        right += ((TInt32) values.get(1)).getInt();
      }
    }
    double rise = 0;
    int measured = Math.min(SHARPNESS_EXAMPLES, data.training().size());
    for (int[] rows : batches(measured, SHARPNESS_BATCH)) {
      try (Feed feed = feed(data.training(), rows);
          Result value =
              TrainingStep.run(feed.runner.fetch(sharpness)::run, what + ", its sharpness")) {
        rise += TrainingStep.number(value.get(0)) * rows.length;
      }
    }
    return new EpochMetrics.Measures(testLoss / size, (double) right / size, rise / measured);
  }

  private static Iterable<int[]> batches(int examples, int batch) {
    return IntStream.iterate(0, from -> from < examples, from -> from + batch)
        .mapToObj(from -> IntStream.range(from, Math.min(from + batch, examples)).toArray())
        .toList();
  }

  private Feed feed(LabeledExamples examples, int[] rows) {
    Tensor inputs = examples.inputs(rows);
    TInt32 labels = examples.labels(rows);
    return new Feed(
        session.runner().feed(classifier.input(), inputs).feed(classifier.labels(), labels),
        inputs,
        labels);
  }

  /** A runner that is fed a batch, which is freed with it. */
  private record Feed(Session.Runner runner, Tensor inputs, TInt32 labels)
      implements AutoCloseable {
    @Override
    public void close() {
      inputs.close();
      labels.close();
    }
  }
}
