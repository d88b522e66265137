package io.github.tfwsam.graph;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import io.github.tfwsam.Tensors;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Gather;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.ReduceSum;
import org.tensorflow.op.core.StridedSlice;
import org.tensorflow.op.core.Unstack;
import org.tensorflow.op.image.ResizeBilinear;
import org.tensorflow.op.linalg.MatMul;
import org.tensorflow.op.math.Cumprod;
import org.tensorflow.op.math.Cumsum;
import org.tensorflow.op.nn.BiasAdd;
import org.tensorflow.op.nn.FusedBatchNorm;
import org.tensorflow.op.nn.LeakyRelu;
import org.tensorflow.op.train.BatchMatMul;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;

/**
 * What {@link GradientRegistry} lets pass is differentiated rightly: by finite differences, over
 * the attributes that matter.
 */
class SupportedGradientsTest {
  private interface Function {
    Operand<TFloat64> apply(Ops tf, List<Operand<TFloat64>> x);
  }

  private interface SingleFunction {
    Operand<TFloat32> apply(Ops tf, List<Operand<TFloat32>> x);
  }

  /**
   * A small graph.
   *
   * @param step of the differences
   * @param tolerance how far the differences may be off: by their own error, and by rounding
   */
  private record Case(
      String name, double step, double tolerance, Function function, List<Shape> shapes) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Case exact(String name, Function function, Shape... shapes) {
    return new Case(name, 1e-6, 1e-7, function, List.of(shapes));
  }

  /** For ops that have no float64. */
  private static Case single(String name, SingleFunction function, Shape... shapes) {
    return new Case(
        name,
        1e-2,
        5e-3,
        (tf, x) -> {
          List<Operand<TFloat32>> narrow = new ArrayList<>();
          x.forEach(operand -> narrow.add(tf.dtypes.cast(operand, TFloat32.class)));
          return tf.dtypes.cast(function.apply(tf, narrow), TFloat64.class);
        },
        List.of(shapes));
  }

  private static Operand<TInt32> ints(Ops tf, int... values) {
    return tf.constant(values);
  }

  private static Shape shape(long... dimensions) {
    return Shape.of(dimensions);
  }

  static Stream<Case> elementwise() {
    Shape s = shape(2, 3);
    return Stream.of(
        exact("Abs", (tf, x) -> tf.math.abs(x.get(0)), s),
        exact("Atan", (tf, x) -> tf.math.atan(x.get(0)), s),
        exact("Cos", (tf, x) -> tf.math.cos(x.get(0)), s),
        exact("Elu", (tf, x) -> tf.nn.elu(x.get(0)), s),
        exact("Erf", (tf, x) -> tf.math.erf(x.get(0)), s),
        exact("Exp", (tf, x) -> tf.math.exp(x.get(0)), s),
        exact("Expm1", (tf, x) -> tf.math.expm1(x.get(0)), s),
        exact("LeakyRelu", (tf, x) -> tf.nn.leakyRelu(x.get(0), LeakyRelu.alpha(0.4f)), s),
        exact("Log", (tf, x) -> tf.math.log(tf.math.square(x.get(0))), s),
        exact("Log1p", (tf, x) -> tf.math.log1p(x.get(0)), s),
        exact("Neg", (tf, x) -> tf.math.neg(x.get(0)), s),
        exact("Reciprocal", (tf, x) -> tf.math.reciprocal(x.get(0)), s),
        exact("Relu", (tf, x) -> tf.nn.relu(x.get(0)), s),
        exact("Relu6", (tf, x) -> tf.nn.relu6(tf.math.mul(x.get(0), tf.constant(9.0))), s),
        exact("Rsqrt", (tf, x) -> tf.math.rsqrt(tf.math.square(x.get(0))), s),
        exact("Selu", (tf, x) -> tf.nn.selu(x.get(0)), s),
        exact("Sigmoid", (tf, x) -> tf.math.sigmoid(x.get(0)), s),
        exact("Sin", (tf, x) -> tf.math.sin(x.get(0)), s),
        exact("Softplus", (tf, x) -> tf.math.softplus(x.get(0)), s),
        exact("Softsign", (tf, x) -> tf.nn.softsign(x.get(0)), s),
        exact("Sqrt", (tf, x) -> tf.math.sqrt(tf.math.square(x.get(0))), s),
        exact("Square", (tf, x) -> tf.math.square(x.get(0)), s),
        exact("Tanh", (tf, x) -> tf.math.tanh(x.get(0)), s),
        exact("Add", (tf, x) -> tf.math.add(x.get(0), x.get(1)), shape(2, 1, 3), shape(4, 1)),
        exact("Sub", (tf, x) -> tf.math.sub(x.get(0), x.get(1)), shape(2, 1, 3), shape(4, 1)),
        exact("Mul", (tf, x) -> tf.math.mul(x.get(0), x.get(1)), shape(2, 1, 3), shape(4, 1)),
        exact("Div", (tf, x) -> tf.math.div(x.get(0), x.get(1)), shape(2, 1, 3), shape(4, 1)),
        exact("DivNoNan", (tf, x) -> tf.math.divNoNan(x.get(0), x.get(1)), s, shape()),
        exact("Maximum", (tf, x) -> tf.math.maximum(x.get(0), x.get(1)), s, shape(3)),
        exact("Minimum", (tf, x) -> tf.math.minimum(x.get(0), x.get(1)), s, shape(2, 1)),
        exact(
            "Pow",
            (tf, x) -> tf.math.pow(tf.math.square(x.get(0)), x.get(1)),
            shape(2, 1),
            shape(3)),
        exact("Atan2", (tf, x) -> tf.math.atan2(x.get(0), x.get(1)), s, s),
        exact(
            "SquaredDifference",
            (tf, x) -> tf.math.squaredDifference(x.get(0), x.get(1)),
            shape(2, 1, 3),
            shape(4, 1)),
        exact("AddN", (tf, x) -> tf.math.addN(List.of(x.get(0), x.get(1), x.get(0))), s, s),
        exact(
            "ClipByValue",
            (tf, x) -> tf.clipByValue(x.get(0), tf.constant(-0.4), tf.constant(0.3)),
            s),
        exact(
            "SelectV2",
            (tf, x) ->
                tf.select(
                    tf.constant(new boolean[][] {{true, false, true}, {false, true, true}}),
                    x.get(0),
                    x.get(1)),
            shape(3),
            shape(2, 1)),
        exact(
            "Cast",
            (tf, x) ->
                tf.dtypes.cast(
                    tf.math.mul(
                        tf.dtypes.cast(x.get(0), TFloat64.class),
                        tf.dtypes.cast(
                            tf.math.greater(x.get(0), tf.constant(0.1)), TFloat64.class)),
                    TFloat64.class),
            s),
        exact(
            "Cast to integers and back",
            (tf, x) ->
                tf.math.mul(
                    x.get(0),
                    tf.dtypes.cast(
                        tf.dtypes.cast(tf.math.mul(x.get(0), tf.constant(9.0)), TInt32.class),
                        TFloat64.class)),
            s));
  }

  static Stream<Case> reductionsAndProducts() {
    Shape s = shape(2, 3, 2);
    Stream.Builder<Case> cases = Stream.builder();
    cases
        .add(exact("Sum", (tf, x) -> tf.reduceSum(x.get(0), ints(tf, -1, 0)), s))
        .add(
            exact(
                "Sum keeping dimensions",
                (tf, x) -> tf.reduceSum(x.get(0), tf.constant(1), ReduceSum.keepDims(true)),
                s))
        .add(exact("Mean", (tf, x) -> tf.math.mean(x.get(0), ints(tf, 0, -1)), s))
        .add(exact("Max", (tf, x) -> tf.reduceMax(x.get(0), ints(tf, -2)), s))
        .add(exact("Min", (tf, x) -> tf.reduceMin(x.get(0), ints(tf, 0, 1)), s))
        .add(exact("Prod", (tf, x) -> tf.reduceProd(x.get(0), ints(tf, -1, 0)), s))
        .add(
            exact(
                "Prod with zeros",
                (tf, x) ->
                    tf.reduceProd(
                        tf.math.mul(x.get(0), tf.constant(new double[] {0, 1, 1})), ints(tf, 1)),
                shape(2, 3)))
        .add(exact("L2Loss", (tf, x) -> tf.nn.l2Loss(x.get(0)), s))
        .add(exact("Softmax", (tf, x) -> tf.nn.softmax(x.get(0)), s))
        .add(exact("LogSoftmax", (tf, x) -> tf.nn.logSoftmax(x.get(0)), shape(2, 3)))
        .add(
            exact(
                "Cumsum",
                (tf, x) ->
                    tf.math.cumsum(
                        x.get(0), tf.constant(-1), Cumsum.exclusive(true), Cumsum.reverse(true)),
                s))
        .add(cumprodWithZeros(false, false))
        .add(cumprodWithZeros(true, false))
        .add(cumprodWithZeros(false, true))
        .add(cumprodWithZeros(true, true))
        .add(
            exact(
                "SegmentProd with zeros",
                (tf, x) ->
                    tf.reshape(
                        segmentProduct(
                            tf,
                            tf.math.mul(x.get(0), tf.constant(new double[] {0, 1, 2, 0, 0, 3})),
                            ints(tf, 0, 0, 0, 1, 1, 1)),
                        ints(tf, 2)),
                shape(6)))
        .add(
            exact(
                "UnsortedSegmentSum",
                (tf, x) ->
                    tf.math.unsortedSegmentSum(x.get(0), ints(tf, 1, 0, 1, -1), tf.constant(2)),
                shape(4, 2)));
    for (boolean a : new boolean[] {false, true}) {
      for (boolean b : new boolean[] {false, true}) {
        cases.add(
            exact(
                "MatMul " + a + b,
                (tf, x) ->
                    tf.linalg.matMul(
                        x.get(0), x.get(1), MatMul.transposeA(a), MatMul.transposeB(b)),
                a ? shape(3, 2) : shape(2, 3),
                b ? shape(4, 3) : shape(3, 4)));
        cases.add(
            exact(
                "BatchMatMulV3 " + a + b,
                (tf, x) ->
                    tf.train.batchMatMul(
                        x.get(0),
                        x.get(1),
                        TFloat64.class,
                        BatchMatMul.adjX(a),
                        BatchMatMul.adjY(b)),
                a ? shape(2, 1, 3, 2) : shape(2, 1, 2, 3),
                b ? shape(3, 4, 3) : shape(3, 3, 4)));
      }
    }
    for (String equation : List.of("bhqd,bhkd->bhqk", "...ij,...jk->...ik")) {
      cases.add(
          exact(
              "Einsum " + equation,
              (tf, x) -> tf.linalg.einsum(List.of(x.get(0), x.get(1)), equation),
              shape(2, 1, 2, 2),
              shape(2, 1, 2, 2)));
    }
    cases.add(
        exact(
            "Einsum ...ii->...i",
            (tf, x) -> tf.linalg.einsum(List.of(x.get(0)), "...ii->...i"),
            shape(2, 3, 3)));
    return cases.build();
  }

  /** The op that has a kernel; tf.math.segmentProd is its second version. */
  private static Operand<TFloat64> segmentProduct(
      Ops tf, Operand<TFloat64> x, Operand<TInt32> ids) {
    return tf.scope()
        .opBuilder("SegmentProd", "SegmentProd")
        .addInput(x.asOutput())
        .addInput(ids.asOutput())
        .build()
        .output(0);
  }

  private static Case cumprodWithZeros(boolean exclusive, boolean reverse) {
    return exact(
        "Cumprod with zeros " + exclusive + reverse,
        (tf, x) ->
            tf.math.cumprod(
                tf.math.mul(
                    x.get(0),
                    tf.constant(new double[][] {{1, 1, 1, 1}, {1, 0, 1, 1}, {0, 1, 0, 1}})),
                tf.constant(1),
                Cumprod.exclusive(exclusive),
                Cumprod.reverse(reverse)),
        shape(3, 4));
  }

  static Stream<Case> rearrangements() {
    Shape s = shape(2, 3);
    return Stream.of(
        exact("Identity", (tf, x) -> tf.identity(x.get(0)), s),
        exact("Reshape", (tf, x) -> tf.reshape(x.get(0), ints(tf, 3, -1)), s),
        exact("ExpandDims", (tf, x) -> tf.expandDims(x.get(0), tf.constant(-1)), s),
        exact("Squeeze", (tf, x) -> tf.squeeze(x.get(0)), shape(2, 1, 3)),
        exact("Transpose", (tf, x) -> tf.linalg.transpose(x.get(0), ints(tf, 1, 0)), s),
        exact("Reverse", (tf, x) -> tf.reverse(x.get(0), ints(tf, -1)), s),
        exact("Roll", (tf, x) -> tf.roll(x.get(0), ints(tf, 1, 2), ints(tf, 0, 1)), s),
        exact("Slice", (tf, x) -> tf.slice(x.get(0), ints(tf, 1, 0), ints(tf, -1, 2)), s),
        exact(
            "StridedSlice",
            (tf, x) ->
                tf.stridedSlice(
                    x.get(0),
                    ints(tf, 1, 0, 0),
                    ints(tf, 2, 0, 3),
                    ints(tf, 1, 1, 1),
                    StridedSlice.shrinkAxisMask(1L),
                    StridedSlice.newAxisMask(2L),
                    StridedSlice.beginMask(4L)),
            shape(3, 4)),
        exact(
            "PadV2",
            (tf, x) ->
                tf.pad(x.get(0), tf.constant(new int[][] {{1, 0}, {2, 1}}), tf.constant(2.0)),
            s),
        exact(
            "MirrorPad",
            (tf, x) -> tf.mirrorPad(x.get(0), tf.constant(new int[][] {{1, 0}, {2, 1}}), "REFLECT"),
            s),
        exact("Tile", (tf, x) -> tf.tile(x.get(0), ints(tf, 2, 3)), s),
        exact("BroadcastTo", (tf, x) -> tf.broadcastTo(x.get(0), ints(tf, 3, 2, 4)), shape(2, 1)),
        exact("Fill", (tf, x) -> tf.fill(ints(tf, 2, 3), x.get(0)), shape()),
        exact(
            "ConcatV2",
            (tf, x) -> tf.concat(List.of(x.get(0), x.get(1)), tf.constant(-1)),
            shape(2, 1),
            shape(2, 3)),
        exact("Pack", (tf, x) -> tf.stack(List.of(x.get(0), x.get(1))), s, s),
        exact("Split, one of two", (tf, x) -> part(tf, x, 1), shape(2, 4)),
        exact(
            "SplitV",
            (tf, x) -> {
              var parts = tf.splitV(x.get(0), ints(tf, 1, 3), tf.constant(1), 2L).output();
              return tf.math.mul(parts.get(0), parts.get(1));
            },
            shape(2, 4)),
        exact(
            "Unpack, one of three",
            (tf, x) -> tf.unstack(x.get(0), 3L, Unstack.axis(-1L)).output().get(1),
            s),
        exact(
            "DynamicPartition and DynamicStitch",
            (tf, x) -> {
              var parts = tf.dynamicPartition(x.get(0), ints(tf, 0, 1, 1, 0), 2L).outputs();
              return tf.dynamicStitch(
                  List.of(ints(tf, 0, 3), ints(tf, 2, 1)), List.of(parts.get(1), parts.get(0)));
            },
            shape(4, 2)),
        exact(
            "GatherV2 along each axis",
            (tf, x) ->
                tf.gather(
                    tf.gather(x.get(0), ints(tf, 1, 0, 1), tf.constant(0)),
                    ints(tf, 2, 2),
                    tf.constant(1)),
            s),
        exact(
            "GatherV2 with batch dimensions",
            (tf, x) ->
                tf.gather(
                    x.get(0),
                    tf.constant(new int[][] {{2, 0}, {1, 1}}),
                    tf.constant(1),
                    Gather.batchDims(1L)),
            shape(2, 3, 2)),
        exact(
            "GatherNd",
            (tf, x) -> tf.gatherNd(x.get(0), tf.constant(new int[][] {{1, 0}, {0, 2}, {1, 0}})),
            s),
        exact(
            "ScatterNd",
            (tf, x) -> tf.scatterNd(tf.constant(new int[][] {{2}, {0}}), x.get(0), ints(tf, 4, 3)),
            s));
  }

  private static Operand<TFloat64> part(Ops tf, List<Operand<TFloat64>> x, int index) {
    return tf.split(tf.constant(-1), x.get(0), 2L).output().get(index);
  }

  static Stream<Case> networks() {
    List<Long> one = List.of(1L, 1L, 1L, 1L);
    List<Long> two = List.of(1L, 2L, 2L, 1L);
    Shape images = shape(1, 4, 5, 2);
    return Stream.of(
        exact(
            "Conv2D",
            (tf, x) -> tf.nn.conv2d(x.get(0), x.get(1), two, "SAME"),
            images,
            shape(2, 3, 2, 2)),
        exact(
            "Conv2D without padding",
            (tf, x) -> tf.nn.conv2d(x.get(0), x.get(1), one, "VALID"),
            images,
            shape(2, 3, 2, 2)),
        exact(
            "dilated by SpaceToBatchND",
            (tf, x) -> {
              var none = tf.constant(new int[][] {{0, 0}, {0, 0}});
              var block = ints(tf, 2, 2);
              var spread = tf.spaceToBatchNd(x.get(0), block, none);
              return tf.batchToSpaceNd(tf.nn.conv2d(spread, x.get(1), one, "VALID"), block, none);
            },
            shape(1, 4, 4, 1),
            shape(2, 2, 1, 2)),
        exact(
            "DepthwiseConv2dNative",
            (tf, x) -> tf.nn.depthwiseConv2dNative(x.get(0), x.get(1), two, "SAME"),
            images,
            shape(2, 3, 2, 2)),
        exact(
            "Conv2DBackpropInput",
            (tf, x) ->
                tf.nn.conv2dBackpropInput(ints(tf, 1, 4, 4, 3), x.get(0), x.get(1), two, "SAME"),
            shape(2, 2, 3, 2),
            shape(1, 2, 2, 2)),
        exact(
            "MaxPoolV2",
            (tf, x) -> tf.nn.maxPool(x.get(0), ints(tf, 1, 2, 3, 1), ints(tf, 1, 2, 2, 1), "SAME"),
            images),
        exact(
            "AvgPool",
            (tf, x) -> tf.nn.avgPool(x.get(0), List.of(1L, 2L, 3L, 1L), two, "SAME"),
            images),
        exact(
            "BiasAdd",
            (tf, x) -> tf.nn.biasAdd(x.get(0), x.get(1), BiasAdd.dataFormat("NCHW")),
            shape(2, 3, 2, 2),
            shape(3)),
        single(
            "FusedBatchNormV3 in training",
            (tf, x) -> {
              Operand<TFloat32> none = tf.constant(new float[0]);
              return tf.nn
                  .fusedBatchNorm(
                      x.get(0),
                      x.get(1),
                      x.get(2),
                      none,
                      none,
                      FusedBatchNorm.epsilon(0.1f),
                      FusedBatchNorm.isTraining(true))
                  .y();
            },
            shape(2, 2, 2, 2),
            shape(2),
            shape(2)),
        single(
            "FusedBatchNormV3 in inference",
            (tf, x) ->
                tf.nn
                    .fusedBatchNorm(
                        x.get(0),
                        x.get(1),
                        x.get(2),
                        tf.stopGradient(tf.constant(new float[] {0.1f, 0.2f})),
                        tf.stopGradient(tf.constant(new float[] {0.9f, 0.7f})),
                        FusedBatchNorm.isTraining(false))
                    .y(),
            shape(2, 2, 2, 2),
            shape(2),
            shape(2)),
        single("LRN", (tf, x) -> tf.nn.localResponseNormalization(x.get(0)), shape(1, 2, 2, 3)),
        single(
            "SoftmaxCrossEntropyWithLogits",
            (tf, x) ->
                tf.nn.softmaxCrossEntropyWithLogits(x.get(0), tf.nn.softmax(x.get(1))).loss(),
            shape(2, 3),
            shape(2, 3)),
        single(
            "ResizeBilinear",
            (tf, x) ->
                tf.image.resizeBilinear(
                    x.get(0), ints(tf, 5, 4), ResizeBilinear.halfPixelCenters(true)),
            shape(1, 3, 3, 1)));
  }

  @ParameterizedTest
  @MethodSource({"elementwise", "reductionsAndProducts", "rearrangements", "networks"})
  void equalsFiniteDifferences(Case example) {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      List<Operand<TFloat64>> x = new ArrayList<>();
      example.shapes.forEach(s -> x.add(tf.placeholder(TFloat64.class, Placeholder.shape(s))));
      Operand<TFloat64> loss = weightedSum(tf, example.function.apply(tf, x));
      assertNothingIsRefused(graph, loss);
      Output<?>[] gradients =
          graph.addGradients(
              loss.asOutput(), x.stream().map(Operand::asOutput).toArray(Output<?>[]::new));
      try (Session session = new Session(graph)) {
        var values = new Values(x, example.shapes);
        for (int i = 0; i < x.size(); i++) {
          double[] actual = values.evaluate(session, gradients[i]);
          double[] expected = values.differences(session, loss, i, example.step);
          assertThat(actual).usingTolerance(example.tolerance).containsExactly(expected).inOrder();
        }
      }
    }
  }

  /** Weights that differ, so that no error cancels. */
  private static Operand<TFloat64> weightedSum(Ops tf, Operand<TFloat64> y) {
    double[] weights =
        IntStream.range(0, (int) y.shape().size())
            .mapToDouble(i -> 0.2 + Math.cos(1.3 * i))
            .toArray();
    return tf.reduceSum(
        tf.math.mul(tf.reshape(y, ints(tf, -1)), tf.constant(weights)), tf.constant(0));
  }

  private static void assertNothingIsRefused(Graph graph, Operand<TFloat64> loss) {
    for (Node node : LossGraph.of(graph, loss.asOutput()).nodes()) {
      var inputs = new BitSet();
      for (int i = 0; i < node.inputs().size(); i++) {
        Output<?> input = node.inputs().get(i);
        boolean isPath = !Node.operation(input).type().matches("Const|StopGradient");
        inputs.set(i, isPath && Operations.isRealFloating(Operations.valueType(input)));
      }
      var outputs = new BitSet();
      outputs.set(0);
      if (!inputs.isEmpty() && !GradientRegistry.stopsGradient(node.type())) {
        assertWithMessage(Operations.describe(node.operation()))
            .that(GradientRegistry.refusal(node, inputs, outputs))
            .isEmpty();
      }
    }
  }

  /** Where a graph is evaluated: at numbers that are no kinks. */
  private record Values(List<Operand<TFloat64>> x, List<Shape> shapes, List<double[]> numbers) {
    Values(List<Operand<TFloat64>> x, List<Shape> shapes) {
      this(x, shapes, new ArrayList<>());
      var random = new Random(7);
      for (Shape shape : shapes) {
        numbers.add(
            DoubleStream.generate(
                    () -> (random.nextBoolean() ? 1 : -1) * (0.1 + 0.8 * random.nextDouble()))
                .limit(shape.size())
                .toArray());
      }
    }

    double[] evaluate(Session session, Operand<?> output) {
      Session.Runner runner = session.runner().fetch(output);
      List<TFloat64> tensors = new ArrayList<>();
      try {
        for (int i = 0; i < x.size(); i++) {
          tensors.add(TFloat64.tensorOf(shapes.get(i), DataBuffers.of(numbers.get(i))));
          runner.feed(x.get(i), tensors.get(i));
        }
        try (Result result = runner.run()) {
          return Tensors.toDoubles(result.get(0));
        }
      } finally {
        tensors.forEach(TFloat64::close);
      }
    }

    double[] differences(Session session, Operand<TFloat64> loss, int index, double step) {
      double[] at = numbers.get(index);
      double[] differences = new double[at.length];
      for (int i = 0; i < at.length; i++) {
        double middle = at[i];
        at[i] = middle + step;
        double above = evaluate(session, loss)[0];
        at[i] = middle - step;
        double below = evaluate(session, loss)[0];
        at[i] = middle;
        differences[i] = (above - below) / (2 * step);
      }
      return differences;
    }
  }
}
