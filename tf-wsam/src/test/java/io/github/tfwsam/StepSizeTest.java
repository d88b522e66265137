package io.github.tfwsam;

import static com.google.common.truth.Truth.assertThat;

import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.framework.optimizers.Momentum;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;

/** What building a step costs as the network grows. */
class StepSizeTest {
  private static final int OPS_PER_VARIABLE = 10;

  /** A network of that many operations in its forward pass. */
  private static Operand<TFloat32> network(Graph graph, int operations) {
    Ops tf = Ops.create(graph);
    Operand<TFloat32> hidden = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(-1, 8)));
    for (int i = 0; i < operations / OPS_PER_VARIABLE; i++) {
      var weight = tf.variable(Shape.of(8, 8), TFloat32.class);
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
      Operand<TFloat32> loss = network(graph, operations);
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
}
