package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.tasks.LabeledExamples;
import io.github.tfwsam.examples.tasks.TaskData;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;

/**
 * Logistic regression of the digits' ten classes, in float64 and by all training examples at once,
 *
 * <pre>
 * L(w, b) = mean cross entropy of softmax(x w + b) + {@value #PENALTY} / 2 * (|w|^2 + |b|^2)
 * </pre>
 *
 * <p>which is smooth and strongly convex: there is one minimum, and gradient descent goes to it. It
 * starts at weights drawn from a normal distribution of the deviation {@value #DEVIATION}.
 *
 * @param loss what is minimized
 * @param accuracy the share of the test examples that are told right
 * @param guessing the loss of who tells nothing apart
 */
record ConvexProblem(Operand<TFloat64> loss, Operand<TFloat64> accuracy, double guessing)
    implements Problem {
  private static final double PENALTY = 0.01;
  private static final double DEVIATION = 0.1;

  static ConvexProblem of(Graph graph, Setting setting, long seed, TaskData data) {
    LabeledExamples training = data.training().subset((int) setting.number("subset"), seed);
    Ops tf = Ops.create(graph);
    long features = training.exampleShape().size();
    var random = new Random(seed);
    Operand<TFloat64> w = variable(tf, "w", random, features, training.classes());
    Operand<TFloat64> b = variable(tf, "b", random, training.classes());

    Operand<TFloat64> each = tf.nn.logSoftmax(logits(tf, training, w, b));
    Operand<TFloat64> right =
        tf.oneHot(
            labels(tf, training),
            tf.constant(training.classes()),
            tf.constant(1.0),
            tf.constant(0.0));
    Operand<TFloat64> total = tf.reduceSum(tf.math.mul(each, right), tf.array(0, 1));
    Operand<TFloat64> crossEntropy = tf.math.div(total, tf.constant((double) -training.size()));
    Operand<TFloat64> norms =
        tf.math.add(
            tf.reduceSum(tf.math.square(w), tf.array(0, 1)),
            tf.reduceSum(tf.math.square(b), tf.array(0)));
    return new ConvexProblem(
        tf.math.add(crossEntropy, tf.math.mul(tf.constant(PENALTY / 2), norms)),
        accuracy(tf, data.test(), w, b),
        Math.log(training.classes()));
  }

  /** A new variable's value. */
  private static Operand<TFloat64> variable(Ops tf, String name, Random random, long... shape) {
    double[] start =
        IntStream.range(0, (int) Shape.of(shape).size())
            .mapToDouble(i -> DEVIATION * random.nextGaussian())
            .toArray();
    return tf.identity(
        tf.withName(name)
            .variable(tf.constant(NdArrays.wrap(Shape.of(shape), DataBuffers.of(start)))));
  }

  private static Operand<TFloat64> logits(
      Ops tf, LabeledExamples examples, Operand<TFloat64> w, Operand<TFloat64> b) {
    try (var inputs = (TFloat32) examples.inputs(all(examples))) {
      Operand<TFloat64> x = tf.dtypes.cast(tf.constantOf(inputs), TFloat64.class);
      return tf.math.add(tf.linalg.matMul(x, w), b);
    }
  }

  private static Operand<TInt32> labels(Ops tf, LabeledExamples examples) {
    try (TInt32 labels = examples.labels(all(examples))) {
      return tf.constantOf(labels);
    }
  }

  private static int[] all(LabeledExamples examples) {
    return IntStream.range(0, examples.size()).toArray();
  }

  private static Operand<TFloat64> accuracy(
      Ops tf, LabeledExamples examples, Operand<TFloat64> w, Operand<TFloat64> b) {
    Operand<TInt64> found = tf.math.argMax(logits(tf, examples, w, b), tf.constant(1));
    Operand<TInt64> right = tf.dtypes.cast(labels(tf, examples), TInt64.class);
    return tf.math.mean(
        tf.dtypes.cast(tf.math.equal(found, right), TFloat64.class), tf.constant(0));
  }

  @Override
  public Map<String, Double> measures(Session session) {
    try (Result result = session.runner().fetch(accuracy).run()) {
      return Map.of(Run.TEST_ACCURACY, ((TFloat64) result.get(0)).getDouble());
    }
  }
}
