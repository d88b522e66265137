package io.github.tfwsam.examples.quickstart;

import io.github.tfwsam.StepMetrics;
import io.github.tfwsam.Wsam;
import io.github.tfwsam.examples.data.Examples;
import io.github.tfwsam.optimizers.Sgd;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.FloatNdArray;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;

/**
 * A perceptron with one hidden layer in a graph of its own, the step that trains it, its session.
 */
final class DigitNetwork implements AutoCloseable {
  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);
  private final Placeholder<TFloat32> images;
  private final Placeholder<TFloat32> labels;
  private final Operand<TFloat32> loss;
  private final Operand<TFloat32> accuracy;
  private final Op step;
  private final StepMetrics sharpnessMetrics;
  private final Session session;
  private final int classes;

  DigitNetwork(int features, int classes, Method method, Random random) {
    this.classes = classes;
    images = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(-1, features)));
    labels = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(-1, classes)));
    Operand<TFloat32> hidden =
        tf.nn.relu(layer(images, "hidden", features, Setting.HIDDEN, random));
    Operand<TFloat32> logits = layer(hidden, "output", Setting.HIDDEN, classes, random);
    loss = tf.math.mean(tf.nn.softmaxCrossEntropyWithLogits(logits, labels).loss(), tf.constant(0));
    accuracy =
        tf.math.mean(
            tf.dtypes.cast(
                tf.math.equal(
                    tf.math.argMax(logits, tf.constant(1)), tf.math.argMax(labels, tf.constant(1))),
                TFloat32.class),
            tf.constant(0));
    step =
        new Wsam(
                graph,
                momentum("momentum"),
                Setting.RHO,
                method.gamma,
                Wsam.decoupled(method.decoupled))
            .minimize(loss);
    // The same measure for all methods, the base optimizer too.
    var measure = new Wsam(graph, "sharpness", momentum("unused"), Setting.RHO, Method.SAM.gamma);
    measure.computeGradients(loss);
    sharpnessMetrics = measure.metrics();
    session = new Session(graph);
  }

  private Sgd momentum(String name) {
    return new Sgd(graph, Setting.LEARNING_RATE, Sgd.momentum(Setting.MOMENTUM), Sgd.name(name));
  }

  private Operand<TFloat32> layer(
      Operand<TFloat32> input, String name, int inputs, int outputs, Random random) {
    FloatNdArray weights = NdArrays.ofFloats(Shape.of(inputs, outputs));
    double deviation = Math.sqrt(2.0 / inputs);
    weights.scalars().forEach(w -> w.setFloat((float) (deviation * random.nextGaussian())));
    var weight = tf.withName(name + "_weight").variable(tf.constant(weights));
    var bias = tf.withName(name + "_bias").variable(tf.zeros(tf.array(outputs), TFloat32.class));
    return tf.math.add(tf.linalg.matMul(input, weight), bias);
  }

  void train(Examples batch) {
    run(batch, List.of(), step);
  }

  double accuracy(Examples examples) {
    return run(examples, List.of(accuracy)).get(0);
  }

  /** Loss and sharpness. */
  List<Double> lossAndSharpness(Examples examples) {
    return run(examples, List.of(loss, sharpnessMetrics.sharpness()));
  }

  private List<Double> run(Examples examples, List<Operand<?>> fetches, Op... targets) {
    try (TFloat32 x = TFloat32.tensorOf(Shape.of(examples.size(), features(examples)));
        TFloat32 y = TFloat32.tensorOf(Shape.of(examples.size(), classes))) {
      for (int row = 0; row < examples.size(); row++) {
        x.set(NdArrays.vectorOf(examples.features().get(row)), row);
        float[] oneHot = new float[classes];
        oneHot[examples.labels().get(row)] = 1;
        y.set(NdArrays.vectorOf(oneHot), row);
      }
      Session.Runner runner = session.runner().feed(images, x).feed(labels, y);
      for (Op target : targets) {
        runner.addTarget(target);
      }
      fetches.forEach(runner::fetch);
      try (Result result = runner.run()) {
        return IntStream.range(0, fetches.size())
            .mapToObj(i -> (double) ((TFloat32) result.get(i)).getFloat())
            .toList();
      }
    }
  }

  private static int features(Examples examples) {
    return examples.features().get(0).length;
  }

  @Override
  public void close() {
    session.close();
    graph.close();
  }
}
