package io.github.tfwsam.examples.bench;

import io.github.tfwsam.Wsam;
import io.github.tfwsam.examples.models.Classifier;
import io.github.tfwsam.examples.models.ResNet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.framework.optimizers.Momentum;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TFloat32;

/** Prints what building a step takes, in time and memory, beside {@code addGradients} alone. */
@Tag("slow")
class BuildBenchmark {
  private static final int REPETITIONS = 3;
  private static final int WARM_UP = 1;

  /** Until the end: the memory of one that is closed would be taken by the next. */
  private final List<Graph> open = new ArrayList<>();

  @AfterEach
  void close() {
    open.forEach(Graph::close);
  }

  private record Built(Graph graph, Operand<TFloat32> loss, List<Variable<TFloat32>> weights) {}

  private interface Network {
    Built build(Graph graph);
  }

  private interface Step {
    void build(Built network);
  }

  /** A variable to ten operations. */
  private static Built chain(Graph graph, int operations) {
    Ops tf = Ops.create(graph);
    List<Variable<TFloat32>> weights = new ArrayList<>();
    Operand<TFloat32> hidden = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(-1, 8)));
    for (int i = 0; i < operations / 10; i++) {
      Variable<TFloat32> weight = tf.variable(Shape.of(8, 8), TFloat32.class);
      weights.add(weight);
      hidden = tf.linalg.matMul(hidden, weight);
      for (int j = 0; j < 8; j++) {
        hidden = tf.math.tanh(hidden);
      }
    }
    return new Built(graph, tf.math.mean(hidden, tf.constant(new int[] {0, 1})), weights);
  }

  private static Built resnet18(Graph graph) {
    var classifier = Classifier.training(Ops.create(graph), ResNet.resnet18(10), 1);
    return new Built(graph, classifier.loss(), classifier.weights());
  }

  @Test
  void printsTimeAndMemoryOfBuildingAStep() {
    System.out.printf(
        "%-10s %10s %9s %16s %16s %8s %8s%n",
        "network",
        "operations",
        "variables",
        "addGradients ms",
        "addGradients MB",
        "WSAM ms",
        "WSAM MB");
    // First: what larger networks free, a smaller one would take.
    print("resnet18", BuildBenchmark::resnet18);
    for (int operations : new int[] {1_250, 2_500, 5_000, 10_000}) {
      print("chain", graph -> chain(graph, operations));
    }
  }

  private void print(String name, Network network) {
    double[] gradients =
        measure(
            network,
            built ->
                built.graph.addGradients(
                    built.loss.asOutput(),
                    built.weights.stream().map(Operand::asOutput).toArray(Output<?>[]::new)));
    double[] wsam =
        measure(
            network,
            built ->
                new Wsam(built.graph, new Momentum(built.graph, 0.1f, 0.9f)).minimize(built.loss));
    var graph = new Graph();
    open.add(graph);
    Built built = network.build(graph);
    int[] operations = new int[1];
    graph.operations().forEachRemaining(operation -> operations[0]++);
    System.out.printf(
        "%-10s %10d %9d %16.0f %16.1f %8.0f %8.1f%n",
        name, operations[0], built.weights.size(), gradients[0], gradients[1], wsam[0], wsam[1]);
  }

  /** The medians of milliseconds, and of megabytes that more are resident after it. */
  private double[] measure(Network network, Step step) {
    double[] milliseconds = new double[REPETITIONS];
    double[] megabytes = new double[REPETITIONS];
    for (int i = -WARM_UP; i < REPETITIONS; i++) {
      var graph = new Graph();
      open.add(graph);
      Built built = network.build(graph);
      System.gc();
      double before = residentMegabytes();
      long start = System.nanoTime();
      step.build(built);
      double time = (System.nanoTime() - start) / 1e6;
      System.gc();
      milliseconds[Math.max(i, 0)] = time;
      megabytes[Math.max(i, 0)] = residentMegabytes() - before;
    }
    Arrays.sort(milliseconds);
    Arrays.sort(megabytes);
    return new double[] {milliseconds[REPETITIONS / 2], megabytes[REPETITIONS / 2]};
  }

  private static double residentMegabytes() {
    return Pointer.physicalBytes() / 1e6;
  }
}
