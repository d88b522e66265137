package io.github.tfwsam;

import static com.google.common.truth.Truth.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.framework.optimizers.Momentum;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;

/** What building a step costs as the network grows, beside addGradients alone. */
class BuildTimeBenchmark {
  private static final int OPS_PER_VARIABLE = 10;
  private static final int REPETITIONS = 3;

  /** A network of that many operations in its forward pass. */
  private static Operand<TFloat32> network(Graph graph, int operations, List<Output<?>> variables) {
    Ops tf = Ops.create(graph);
    Operand<TFloat32> hidden = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(-1, 8)));
    for (int i = 0; i < operations / OPS_PER_VARIABLE; i++) {
      var weight = tf.variable(Shape.of(8, 8), TFloat32.class);
      variables.add(weight.asOutput());
      hidden = tf.linalg.matMul(hidden, weight);
      for (int j = 0; j < OPS_PER_VARIABLE - 2; j++) {
        hidden = tf.math.tanh(hidden);
      }
    }
    return tf.math.mean(hidden, tf.constant(new int[] {0, 1}));
  }

  @Test
  void theStepGrowsLinearlyWithTheNetwork() {
    assertThat(sizeOfStep(4000) / 4000.0).isWithin(0.2).of(sizeOfStep(1000) / 1000.0);
  }

  private static long sizeOfStep(int operations) {
    try (Graph graph = new Graph()) {
      Operand<TFloat32> loss = network(graph, operations, new ArrayList<>());
      long before = count(graph);
      new Wsam(graph, new Momentum(graph, 0.1f, 0.9f)).minimize(loss);
      return count(graph) - before;
    }
  }

  /** Operations and edges. */
  private static long count(Graph graph) {
    long[] count = new long[1];
    graph
        .operations()
        .forEachRemaining(op -> count[0] += 1 + op.numControlInputs() + op.numInputs());
    return count[0];
  }

  @Test
  @Tag("slow")
  void printsTheTimeOfAStep() {
    System.out.printf(
        "%10s %10s %16s %18s %22s%n",
        "operations", "variables", "addGradients ms", "WSAM minimize ms", "Momentum minimize ms");
    for (int operations : new int[] {1_250, 2_500, 5_000, 10_000}) {
      System.out.printf(
          "%10d %10d %16.0f %18.0f %22.0f%n",
          operations,
          operations / OPS_PER_VARIABLE,
          milliseconds(
              operations,
              (graph, loss, variables) ->
                  graph.addGradients(loss.asOutput(), variables.toArray(new Output<?>[0]))),
          milliseconds(
              operations,
              (graph, loss, variables) ->
                  new Wsam(graph, new Momentum(graph, 0.1f, 0.9f)).minimize(loss)),
          milliseconds(
              operations,
              (graph, loss, variables) -> new Momentum(graph, 0.1f, 0.9f).minimize(loss)));
    }
  }

  private interface Build {
    void run(Graph graph, Operand<TFloat32> loss, List<Output<?>> variables);
  }

  private static double milliseconds(int operations, Build build) {
    double best = Double.POSITIVE_INFINITY;
    for (int i = 0; i < REPETITIONS; i++) {
      try (Graph graph = new Graph()) {
        List<Output<?>> variables = new ArrayList<>();
        Operand<TFloat32> loss = network(graph, operations, variables);
        long start = System.nanoTime();
        build.run(graph, loss, variables);
        best = Math.min(best, (System.nanoTime() - start) / 1e6);
      }
    }
    return best;
  }
}
