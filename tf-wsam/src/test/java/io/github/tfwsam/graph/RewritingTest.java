package io.github.tfwsam.graph;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import io.github.tfwsam.Tensors;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.DeviceSpec;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Variable;
import org.tensorflow.op.nn.Conv2d;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** What is differentiated wrongly gives way to what is not, and nothing else changes. */
class RewritingTest {
  private static final List<Long> ONE = List.of(1L, 1L, 1L, 1L);

  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);

  @AfterEach
  void close() {
    graph.close();
  }

  private long size() {
    long[] size = new long[1];
    graph.operations().forEachRemaining(operation -> size[0]++);
    return size[0];
  }

  private static Operand<TFloat32> sum(Ops tf, Operand<TFloat32> tensor) {
    return tf.reduceSum(
        tf.math.mul(tensor, tf.math.cos(tensor)),
        tf.range(tf.constant(0), tf.rank(tensor), tf.constant(1)));
  }

  /** Numbers between -1 and 1, none of them twice. */
  private static Operand<TFloat32> numbers(Ops tf, long... shape) {
    Operand<TFloat32> count =
        tf.range(tf.constant(1f), tf.constant(1f + Shape.of(shape).size()), tf.constant(1f));
    return tf.reshape(tf.math.sin(tf.math.mul(count, tf.constant(2.3f))), tf.constant(shape));
  }

  /** Hides the shape of a tensor. */
  private static Operand<TFloat32> unknown(Ops tf, Operand<TFloat32> tensor) {
    return tf.placeholderWithDefault(tensor, Shape.unknown());
  }

  private static Operand<TFloat32> convolution(
      Ops tf, Operand<TFloat32> images, Operand<TFloat32> filters, Conv2d.Options... options) {
    return tf.nn.conv2d(images, filters, ONE, "SAME", options);
  }

  /** An op that is rewritten, and others that compute the same and are not. */
  private record Case(String name, Shape variable, Function wrong, Function right) {
    @Override
    public String toString() {
      return name;
    }
  }

  private interface Function {
    Operand<TFloat32> of(Ops tf, Operand<TFloat32> x);
  }

  static Stream<Case> cases() {
    Shape image = Shape.of(2, 4, 3, 4);
    return Stream.of(
        new Case(
            "square of a variable",
            Shape.of(3),
            (tf, x) -> tf.math.square(x),
            (tf, x) -> tf.math.square(tf.identity(x))),
        new Case(
            "power of a variable",
            Shape.of(3),
            (tf, x) -> tf.math.pow(x, tf.constant(2f)),
            (tf, x) -> tf.math.square(tf.identity(x))),
        new Case(
            "cross entropy that broadcasts",
            Shape.of(1, 4),
            (tf, x) ->
                tf.nn
                    .softmaxCrossEntropyWithLogits(tf.identity(x), tf.nn.softmax(numbers(tf, 3, 4)))
                    .loss(),
            (tf, x) ->
                tf.math.neg(
                    tf.reduceSum(
                        tf.math.mul(
                            tf.nn.softmax(numbers(tf, 3, 4)), tf.nn.logSoftmax(tf.identity(x))),
                        tf.constant(1)))),
        new Case(
            "log softmax of unknown rank",
            Shape.of(2, 3, 4),
            (tf, x) -> tf.nn.logSoftmax(unknown(tf, x)),
            (tf, x) -> tf.math.log(tf.nn.softmax(tf.identity(x)))),
        new Case(
            "arc tangent of unknown shapes",
            Shape.of(2, 3),
            (tf, x) -> tf.math.atan2(unknown(tf, x), unknown(tf, numbers(tf, 3))),
            (tf, x) ->
                tf.math.atan2(
                    tf.identity(x), tf.broadcastTo(numbers(tf, 3), tf.constant(new int[] {2, 3})))),
        new Case(
            "gather along a negative axis of unknown rank",
            Shape.of(2, 3),
            (tf, x) -> tf.gather(unknown(tf, x), tf.constant(new int[] {2, 0}), tf.constant(-1)),
            (tf, x) -> tf.gather(tf.identity(x), tf.constant(new int[] {2, 0}), tf.constant(1))),
        new Case(
            "convolution of each channel",
            image,
            (tf, x) -> convolution(tf, tf.identity(x), numbers(tf, 3, 3, 1, 8)),
            (tf, x) ->
                tf.nn.depthwiseConv2dNative(
                    tf.identity(x),
                    tf.reshape(numbers(tf, 3, 3, 1, 8), tf.constant(new int[] {3, 3, 4, 2})),
                    ONE,
                    "SAME")),
        new Case(
            "dilated convolution of images whose shape is unknown",
            image,
            (tf, x) ->
                convolution(
                    tf,
                    unknown(tf, x),
                    numbers(tf, 1, 1, 4, 2),
                    Conv2d.dilations(List.of(1L, 3L, 2L, 1L))),
            (tf, x) -> convolution(tf, tf.identity(x), numbers(tf, 1, 1, 4, 2))));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void computesAndDifferentiatesTheSame(Case example) {
    Variable<TFloat32> x = tf.variable(example.variable, TFloat32.class);
    Op init = tf.assign(x, numbers(tf, example.variable.asArray()));
    Operand<TFloat32> wrong = sum(tf, example.wrong.of(tf, x));
    Operand<TFloat32> right = sum(tf, example.right.of(tf, x));
    LossGraph rewritten = LossGraph.of(graph, wrong.asOutput()).differentiable(tf);
    assertThat(rewritten.loss()).isNotEqualTo(wrong.asOutput());
    assertThat(LossGraph.of(graph, right.asOutput()).differentiable(tf).loss())
        .isEqualTo(right.asOutput());
    assertThat(GradientFlow.trace(rewritten, any -> true)).hasSize(1);
    List<List<Output<?>>> reads = List.of(List.of(x.asOutput()));
    Output<?> actual = Gradients.add(tf, rewritten.loss(), reads, "actual").get(0);
    Output<?> expected = Gradients.add(tf, right.asOutput(), reads, "expected").get(0);
    try (Session session = new Session(graph)) {
      session.run(init);
      try (Result result =
          session
              .runner()
              .fetch(wrong)
              .fetch(rewritten.loss())
              .fetch(actual)
              .fetch(expected)
              .run()) {
        assertThat(Tensors.toDoubles(result.get(1)))
            .usingTolerance(1e-5)
            .containsExactly(Tensors.toDoubles(result.get(0)))
            .inOrder();
        assertThat(Tensors.toDoubles(result.get(2)))
            .usingTolerance(1e-5)
            .containsExactly(Tensors.toDoubles(result.get(3)))
            .inOrder();
      }
    }
  }

  @Test
  void leavesAsItIsWhatIsRight() {
    Variable<TFloat32> w = tf.variable(Shape.of(3, 3, 2, 2), TFloat32.class);
    Operand<TFloat32> loss = sum(tf, convolution(tf, numbers(tf, 1, 4, 4, 2), w));
    LossGraph original = LossGraph.of(graph, loss.asOutput());
    long before = size();
    assertThat(original.differentiable(tf)).isSameInstanceAs(original);
    assertThat(size()).isEqualTo(before);
  }

  @Test
  void leavesAsItIsWhatDependsOnNoVariable() {
    Variable<TFloat32> w = tf.variable(Shape.scalar(), TFloat32.class);
    Operand<TFloat32> data =
        convolution(
            tf,
            numbers(tf, 1, 4, 4, 2),
            numbers(tf, 3, 3, 2, 2),
            Conv2d.dilations(List.of(1L, 2L, 2L, 1L)));
    LossGraph original = LossGraph.of(graph, tf.math.mul(w, sum(tf, data)).asOutput());
    assertThat(original.differentiable(tf)).isSameInstanceAs(original);
  }

  @Test
  void copiesWhatDependsOnItWithItsEffectsAndRunsNoOriginal() {
    Variable<TFloat32> w = tf.variable(Shape.of(2), TFloat32.class);
    Variable<TFloat32> average = tf.withName("average").variable(Shape.scalar(), TFloat32.class);
    Variable<TInt32> count = tf.withName("count").variable(Shape.scalar(), TInt32.class);
    Operand<TFloat32> squares = tf.math.square(w);
    Op counted = tf.withControlDependencies(List.of(squares)).assignAdd(count, tf.constant(1));
    Operand<TFloat32> mean = tf.math.mean(squares, tf.constant(0));
    Op update = tf.withControlDependencies(List.of(counted)).assignAdd(average, mean);
    Operand<TFloat32> loss =
        tf.withControlDependencies(List.of(update)).math.mul(mean, tf.constant(3f));
    List<Op> inits =
        List.of(
            tf.assign(w, tf.constant(new float[] {1, 2})),
            tf.assign(average, tf.constant(0f)),
            tf.assign(count, tf.constant(0)));
    var operation = (GraphOperation) loss.op();
    Rewriting rewriting = Rewriting.of(tf, List.of(operation));
    Output<?> rewritten = rewriting.output(loss.asOutput());
    assertThat(rewriting.operation(operation)).isEqualTo(rewritten.op());
    List<GraphOperation> run =
        Node.allAncestors(List.of(rewriting.operation(operation)), List.of()).stream()
            .map(Node::operation)
            .toList();
    assertThat(run).containsNoneIn(List.of(squares.op(), counted.op(), mean.op(), update.op()));
    try (Session session = new Session(graph)) {
      inits.forEach(session::run);
      try (Result result = session.runner().fetch(rewritten).run()) {
        assertThat(((TFloat32) result.get(0)).getFloat()).isEqualTo(7.5f);
      }
      try (Result result = session.runner().fetch(average).fetch(count).run()) {
        assertThat(((TFloat32) result.get(0)).getFloat()).isEqualTo(2.5f);
        assertThat(((TInt32) result.get(1)).getInt()).isEqualTo(1);
      }
    }
  }

  @Test
  void keepsDevices() {
    DeviceSpec cpu =
        DeviceSpec.newBuilder().deviceType(DeviceSpec.DeviceType.CPU).deviceIndex(0).build();
    Variable<TFloat32> w = tf.variable(Shape.of(2), TFloat32.class);
    Operand<TFloat32> loss = sum(tf.withDevice(cpu), tf.withDevice(cpu).math.square(w));
    LossGraph rewritten = LossGraph.of(graph, loss.asOutput()).differentiable(tf);
    for (Node node : rewritten.nodes()) {
      if (node.operation().name().startsWith("differentiable")
          || node.operation().name().startsWith("rewritten")) {
        assertWithMessage(node.operation().name())
            .that(node.operation().device())
            .isEqualTo("/device:CPU:0");
      }
    }
  }

  @Test
  void passesThroughEmbeddingsAndCrossEntropyASecondTime() {
    var table = tf.varHandleOp(TFloat32.class, Shape.of(5, 3));
    Op init = tf.assignVariableOp(table, numbers(tf, 5, 3));
    Operand<TFloat32> moved = tf.math.neg(numbers(tf, 5, 3));
    Operand<TFloat32> rows =
        tf.ensureShape(
            tf.resourceGather(table, tf.constant(new int[] {4, 0, 4}), TFloat32.class),
            Shape.of(3, 3));
    Operand<TFloat32> loss =
        tf.math.mean(
            tf.nn
                .sparseSoftmaxCrossEntropyWithLogits(rows, tf.constant(new int[] {2, 0, 1}))
                .loss(),
            tf.constant(0));
    LossGraph rewritten = LossGraph.of(graph, loss.asOutput()).differentiable(tf);
    List<TrainableVariable> variables = GradientFlow.trace(rewritten, any -> true);
    Output<?> read = variables.get(0).reads().get(0);
    Output<?> first = Gradients.add(tf, rewritten.loss(), List.of(List.of(read)), "g1").get(0);
    Output<?> second =
        ForwardSlice.between(variables, rewritten)
            .copy(tf, Map.of(read, moved.asOutput()), "second")
            .loss();
    Output<?> gradient = Gradients.add(tf, second, List.of(List.of(moved.asOutput())), "g2").get(0);
    Op move = tf.assignVariableOp(table, moved);
    try (Session session = new Session(graph)) {
      session.run(init);
      double[] ahead;
      double[] gradientAhead;
      try (Result result = session.runner().fetch(second).fetch(gradient).run()) {
        ahead = Tensors.toDoubles(result.get(0));
        gradientAhead = Tensors.toDoubles(result.get(1));
      }
      session.run(move);
      try (Result result = session.runner().fetch(loss).fetch(first).run()) {
        assertThat(Tensors.toDoubles(result.get(0))).isEqualTo(ahead);
        assertThat(Tensors.toDoubles(result.get(1))).isEqualTo(gradientAhead);
      }
    }
  }
}
