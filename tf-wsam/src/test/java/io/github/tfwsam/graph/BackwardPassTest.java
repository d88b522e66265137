package io.github.tfwsam.graph;

import static com.google.common.truth.Truth.assertThat;

import io.github.tfwsam.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TFloat32;

/** The gradient that is built is TensorFlow's, but for what is wasteful in it. */
class BackwardPassTest {
  private static final float[] VALUES = {
    -2f, -0f, 0f, Float.MIN_NORMAL, 0.5f, 5.999f, 6f, 7f, Float.POSITIVE_INFINITY, Float.NaN
  };

  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);
  private final Variable<TFloat32> x = tf.variable(tf.constant(VALUES));

  @AfterEach
  void close() {
    graph.close();
  }

  private Operand<TFloat32> sum(Operand<TFloat32> each) {
    Operand<TFloat32> weights = tf.range(tf.constant(1f), tf.constant(11f), tf.constant(1f));
    return tf.reduceSum(tf.math.mul(each, weights), tf.constant(0));
  }

  private Output<?> tensorFlows(String name, Operand<TFloat32> loss) {
    Output<?>[] losses = {loss.asOutput()};
    return graph.addGradients(name, losses, new Output<?>[] {x.asOutput()}, null)[0];
  }

  private Output<?> gradient(Operand<TFloat32> loss) {
    return Gradients.add(
            tf.withSubScope("own"), loss.asOutput(), List.of(List.of(x.asOutput())), "gradients")
        .get(0);
  }

  private List<Node> gradientsOfRelu(Output<?> gradient) {
    List<Node> found = new ArrayList<>();
    for (Node node : Node.allAncestors(List.of(Node.operation(gradient)), Set.of())) {
      if (node.type().startsWith("Relu") && node.type().endsWith("Grad")) {
        found.add(node);
      }
    }
    return found;
  }

  private void assertSameAsTensorFlows(UnaryOperator<Operand<TFloat32>> relu, String type) {
    Operand<TFloat32> loss = sum(relu.apply(tf.identity(x)));
    Output<?> expected = tensorFlows("gradients", loss);
    Output<?> actual = gradient(loss);
    for (Node node : gradientsOfRelu(actual)) {
      assertThat(node.inputs().get(1).op().type()).isEqualTo(type);
    }
    assertThat(gradientsOfRelu(actual)).hasSize(1);
    assertThat(Node.operation(gradientsOfRelu(expected).get(0).inputs().get(1)).type())
        .isEqualTo("Identity");
    try (var session = new Session(graph);
        Result result = session.runner().fetch(expected).fetch(actual).run()) {
      assertThat(Tensors.toDoubles(result.get(1))).isEqualTo(Tensors.toDoubles(result.get(0)));
    }
  }

  @Test
  void reluIsDifferentiatedByItsOutput() {
    assertSameAsTensorFlows(tf.nn::relu, "Relu");
  }

  @Test
  void relu6IsDifferentiatedByItsOutput() {
    assertSameAsTensorFlows(tf.nn::relu6, "Relu6");
  }

  @Test
  void eachReluOfANetworkIsDifferentiatedByItsOwnOutput() {
    Operand<TFloat32> first = tf.nn.relu(tf.identity(x));
    Operand<TFloat32> second = tf.nn.relu(tf.math.sub(first, tf.constant(1f)));
    List<Output<?>> read = new ArrayList<>();
    gradientsOfRelu(gradient(sum(second))).forEach(node -> read.add(node.inputs().get(1)));
    assertThat(read).containsExactly(first.asOutput(), second.asOutput());
  }

  @Test
  void theGradientOfACopyTakesShapesFromTheOriginal() {
    Placeholder<TFloat32> input = tf.placeholder(TFloat32.class);
    Operand<TFloat32> product = tf.math.mul(input, tf.math.tanh(tf.identity(x)));
    Operand<TFloat32> loss =
        tf.math.mean(tf.reshape(product, tf.constant(new int[] {-1})), tf.constant(0));
    var lossGraph = LossGraph.of(graph, loss.asOutput());
    List<TrainableVariable> variables = GradientFlow.trace(lossGraph, name -> true);
    Output<?> value = tf.identity(x).asOutput();
    PassCopy copy =
        ForwardSlice.between(variables, lossGraph).copy(tf, Map.of(x.asOutput(), value), "copy");
    List<List<Output<?>>> reads = List.of(List.of(value));
    Output<?> gradient = Gradients.add(tf, copy, reads, "of_copy").get(0);
    Output<?> expected = Gradients.add(tf, copy.loss(), reads, "expected").get(0);
    assertThat(shapesOf("copy/", gradient)).isEmpty();
    assertThat(shapesOf("copy/", expected)).isNotEmpty();
    try (var session = new Session(graph);
        TFloat32 fed =
            TFloat32.tensorOf(
                Shape.of(3, VALUES.length),
                t -> t.scalars().forEachIndexed((i, v) -> v.setFloat(i[0] + 2f * i[1] - 7)));
        Result result = session.runner().feed(input, fed).fetch(expected).fetch(gradient).run()) {
      assertThat(Tensors.toDoubles(result.get(1))).isEqualTo(Tensors.toDoubles(result.get(0)));
    }
  }

  private static List<String> shapesOf(String scope, Output<?> gradient) {
    List<String> found = new ArrayList<>();
    for (Node node : Node.allAncestors(List.of(Node.operation(gradient)), Set.of())) {
      if (List.of("Shape", "Size", "ShapeN", "Rank").contains(node.type())
          && node.inputs().get(0).op().name().startsWith(scope)) {
        found.add(node.operation().name());
      }
    }
    return found;
  }

  @Test
  void withoutReluNothingIsCopied() {
    Operand<TFloat32> loss = sum(tf.math.tanh(tf.identity(x)));
    tensorFlows("first", loss);
    long before = size();
    tensorFlows("second", loss);
    long once = size() - before;
    gradient(loss);
    assertThat(size() - before).isEqualTo(2 * once);
  }

  private long size() {
    long[] size = new long[1];
    graph.operations().forEachRemaining(operation -> size[0]++);
    return size[0];
  }
}
