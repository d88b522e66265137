package io.github.tfwsam;

import static com.google.common.truth.Truth.assertWithMessage;

import io.github.tfwsam.graph.WriteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.StdArrays;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.VarHandleOp;
import org.tensorflow.op.core.Variable;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;

/** A perceptron with one hidden layer in a graph of its own, with its session and its batches. */
final class TestNetwork implements AutoCloseable {
  static final int FEATURES = 5;
  static final int HIDDEN = 4;
  static final int CLASSES = 3;
  static final int BATCH = 7;

  final Graph graph = new Graph();
  final Ops tf = Ops.create(graph);
  final Placeholder<TFloat32> x;
  final Placeholder<TFloat32> y;

  /** The reference variables. */
  final Map<String, Variable<TFloat32>> variables = new LinkedHashMap<>();

  final Operand<TFloat32> loss;
  private final Predicate<String> resources;
  private Session session;

  TestNetwork() {
    this(1);
  }

  TestNetwork(long seed) {
    this(seed, name -> false);
  }

  /** A network some of whose variables are resources. */
  TestNetwork(long seed, Predicate<String> resources) {
    this.resources = resources;
    var random = new Random(seed);
    x = tf.withName("x").placeholder(TFloat32.class, Placeholder.shape(Shape.of(-1, FEATURES)));
    y = tf.withName("y").placeholder(TFloat32.class, Placeholder.shape(Shape.of(-1, CLASSES)));
    Operand<TFloat32> hidden = tf.math.tanh(layer(x, "hidden", FEATURES, HIDDEN, random));
    Operand<TFloat32> logits = layer(hidden, "output", HIDDEN, CLASSES, random);
    Operand<TFloat32> crossEntropy =
        tf.math.neg(tf.reduceSum(tf.math.mul(y, tf.nn.logSoftmax(logits)), tf.constant(1)));
    loss = tf.withName("loss").math.mean(crossEntropy, tf.constant(0));
  }

  private Operand<TFloat32> layer(
      Operand<TFloat32> input, String name, int inputs, int outputs, Random random) {
    float[][] weights = new float[inputs][outputs];
    for (float[] row : weights) {
      for (int j = 0; j < outputs; j++) {
        row[j] = (float) (random.nextGaussian() / Math.sqrt(inputs));
      }
    }
    float[] biases = new float[outputs];
    for (int j = 0; j < outputs; j++) {
      biases[j] = (float) (0.1 * random.nextGaussian());
    }
    return tf.math.add(
        tf.linalg.matMul(input, variable(name + "_weight", tf.constant(weights))),
        variable(name + "_bias", tf.constant(biases)));
  }

  /** A variable's value. */
  private Operand<TFloat32> variable(String name, Operand<TFloat32> initial) {
    if (!resources.test(name)) {
      Variable<TFloat32> variable = tf.withName(name).variable(initial);
      variables.put(name, variable);
      return variable;
    }
    VarHandleOp handle =
        tf.withName(name)
            .varHandleOp(TFloat32.class, initial.shape(), VarHandleOp.sharedName(name));
    tf.withInitScope().assignVariableOp(handle, initial);
    return tf.readVariableOp(handle, TFloat32.class);
  }

  Session session() {
    if (session == null) {
      session =
          new Session(graph, ConfigProto.newBuilder().setIntraOpParallelismThreads(2).build());
    }
    return session;
  }

  /** Batch number {@code i}: features with a pattern to learn, and one-hot classes. */
  static float[][][] batch(int i) {
    var random = new Random(1000 + i);
    float[][] features = new float[BATCH][FEATURES];
    float[][] classes = new float[BATCH][CLASSES];
    for (int row = 0; row < BATCH; row++) {
      int label = random.nextInt(CLASSES);
      classes[row][label] = 1;
      for (int j = 0; j < FEATURES; j++) {
        features[row][j] = (float) (random.nextGaussian() * 0.5 + (j == label ? 1.5 : 0));
      }
    }
    return new float[][][] {features, classes};
  }

  /** Runs a step on batch {@code i}; returns what is fetched. */
  List<Double> run(int i, Op step, List<? extends Operand<?>> fetches) {
    return run(batch(i), step, fetches);
  }

  List<Double> run(float[][][] batch, Op step, List<? extends Operand<?>> fetches) {
    Session.Runner runner = session().runner();
    if (step != null) {
      runner.addTarget(step);
    }
    fetches.forEach(runner::fetch);
    List<Double> values = new ArrayList<>();
    try (Feeds feeds = feed(runner, batch);
        Result result = runner.run()) {
      for (int i = 0; i < fetches.size(); i++) {
        values.add(Tensors.toDoubles(result.get(i))[0]);
      }
    }
    return values;
  }

  Feeds feed(Session.Runner runner, float[][][] batch) {
    var feeds = new Feeds(runner);
    feeds.add(x, TFloat32.tensorOf(StdArrays.ndCopyOf(batch[0])));
    feeds.add(y, TFloat32.tensorOf(StdArrays.ndCopyOf(batch[1])));
    return feeds;
  }

  /** Tensors fed to one run, closed after it. */
  static final class Feeds implements AutoCloseable {
    private final Session.Runner runner;
    private final List<Tensor> tensors = new ArrayList<>();

    private Feeds(Session.Runner runner) {
      this.runner = runner;
    }

    private void add(Operand<?> operand, Tensor tensor) {
      tensors.add(tensor);
      runner.feed(operand, tensor);
    }

    void scalar(Operand<?> operand, double value) {
      add(
          operand,
          operand.type().equals(TFloat64.class)
              ? TFloat64.scalarOf(value)
              : TFloat32.scalarOf((float) value));
    }

    @Override
    public void close() {
      tensors.forEach(Tensor::close);
    }
  }

  /** Every variable of the graph, slots too. */
  Map<String, double[]> state() {
    return Tensors.state(graph, session());
  }

  void assertNoRace(Op... targets) {
    List<GraphOperation> operations = new ArrayList<>();
    for (Op target : targets) {
      operations.add((GraphOperation) target.op());
    }
    assertWithMessage("races").that(WriteOrder.violations(operations)).isEmpty();
  }

  @Override
  public void close() {
    if (session != null) {
      session.close();
    }
    graph.close();
  }
}
