package io.github.tfwsam.graph;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static org.tensorflow.internal.c_api.global.tensorflow.TFJ_HasGradient;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.ConcreteFunction;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.OperationBuilder;
import org.tensorflow.Output;
import org.tensorflow.Signature;
import org.tensorflow.TensorFlow;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Gather;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.image.CropAndResize;
import org.tensorflow.op.nn.Conv2d;
import org.tensorflow.op.nn.DepthwiseConv2dNative;
import org.tensorflow.op.nn.FusedBatchNorm;
import org.tensorflow.op.nn.LocalResponseNormalization;
import org.tensorflow.op.nn.SpaceToDepth;
import org.tensorflow.proto.OpDef;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;

/** What is refused, and how: no test here calls the native gradients, which would crash. */
class GradientRegistryTest {
  private static final List<Long> ONE = List.of(1L, 1L, 1L, 1L);
  private static final List<Long> TWO = List.of(1L, 2L, 2L, 1L);
  private static final List<Long> EXPLICIT = List.of(0L, 0L, 1L, 1L, 1L, 1L, 0L, 0L);

  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);

  @AfterEach
  void close() {
    graph.close();
  }

  /** Something to be refused, and what to do instead. */
  private record Refused(String name, Builder builder, String wayOut) {
    @Override
    public String toString() {
      return name;
    }
  }

  private interface Builder {
    Operand<?> build(Ops tf);
  }

  private static Refused refused(String name, String wayOut, Builder builder) {
    return new Refused(name, builder, wayOut);
  }

  private static Operand<TFloat32> floats(Ops tf, long... shape) {
    return tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(shape)));
  }

  private static Operand<TFloat64> doubles(Ops tf, long... shape) {
    return tf.placeholder(TFloat64.class, Placeholder.shape(Shape.of(shape)));
  }

  private static Operand<TFloat32> variable(Ops tf, long... shape) {
    return tf.variable(Shape.of(shape), TFloat32.class);
  }

  private static Output<?> apply(Ops tf, String type, Operand<?>... inputs) {
    OperationBuilder builder = tf.scope().env().opBuilder(type, type, tf.scope());
    for (Operand<?> input : inputs) {
      builder.addInput(input.asOutput());
    }
    return builder.build().output(0);
  }

  static Stream<Refused> withoutGradient() {
    return Stream.of(
        refused(
            "prevented gradient", "tf.identity", tf -> apply(tf, "PreventGradient", floats(tf, 2))),
        refused(
            "resource gather",
            "tf.gather",
            tf ->
                tf.resourceGather(
                    tf.varHandleOp(TFloat32.class, Shape.of(3, 2)),
                    tf.constant(new int[] {0}),
                    TFloat32.class)),
        refused(
            "segment sum",
            "tf.math.unsortedSegmentSum",
            tf -> tf.math.segmentSum(floats(tf, 2), tf.constant(new int[] {0, 0}), tf.constant(1))),
        refused(
            "v1 condition",
            "tf.select",
            tf -> apply(tf, "Switch", floats(tf, 2), tf.constant(true))),
        refused(
            "an op without replacement",
            "tf.stopGradient",
            tf -> tf.math.polygamma(floats(tf, 2), floats(tf, 2))),
        refused("function call", "in the graph itself", tf -> tf.call(square(), floats(tf))));
  }

  private static ConcreteFunction square() {
    return ConcreteFunction.create(
        tf -> {
          Placeholder<TFloat32> x = tf.placeholder(TFloat32.class);
          return Signature.builder().input("x", x).output("y", tf.math.mul(x, x)).build();
        });
  }

  static Stream<Refused> crashing() {
    return Stream.of(
        refused("square of a variable", "tf.identity", tf -> tf.math.square(variable(tf, 2))),
        refused(
            "power of a variable",
            "tf.identity",
            tf -> tf.math.pow(variable(tf, 2), tf.constant(2f))),
        refused(
            "product with a variable that is not trained",
            "tf.identity",
            tf -> tf.train.batchMatMul(floats(tf, 2, 3), variable(tf, 3, 2), TFloat32.class)),
        refused(
            "square of a reference",
            "tf.identity",
            tf -> apply(tf, "Square", apply(tf, "RefIdentity", variable(tf, 2)))),
        refused(
            "mean over long axes",
            "int32",
            tf -> tf.math.mean(floats(tf, 2), tf.constant(new long[] {0}))),
        refused(
            "concatenation along a long axis",
            "int32",
            tf -> tf.concat(List.of(floats(tf, 2), floats(tf, 2)), tf.constant(0L))),
        refused(
            "slice at long indices",
            "int32",
            tf ->
                tf.slice(floats(tf, 3), tf.constant(new long[] {1}), tf.constant(new long[] {1}))),
        refused(
            "gather along a negative axis",
            "from the first",
            tf -> tf.gather(floats(tf, 3, 2), tf.constant(0), tf.constant(-1))),
        refused(
            "gather with negative batch dimensions",
            "from the first",
            tf ->
                tf.gather(
                    floats(tf, 2, 3),
                    tf.constant(new int[][] {{0}, {1}}),
                    tf.constant(1),
                    Gather.batchDims(-1L))),
        refused(
            "split into one",
            "tf.identity",
            tf -> tf.split(tf.constant(0), floats(tf, 2), 1L).output().get(0)));
  }

  static Stream<Refused> wrong() {
    return Stream.of(
        refused(
            "dilated convolution",
            "tf.spaceToBatchNd",
            tf ->
                tf.nn.conv2d(
                    floats(tf, 1, 5, 5, 1),
                    floats(tf, 2, 2, 1, 2),
                    ONE,
                    "SAME",
                    Conv2d.dilations(TWO))),
        refused(
            "dilated depthwise convolution",
            "tf.spaceToBatchNd",
            tf ->
                tf.nn.depthwiseConv2dNative(
                    floats(tf, 1, 5, 5, 1),
                    floats(tf, 2, 2, 1, 2),
                    ONE,
                    "SAME",
                    DepthwiseConv2dNative.dilations(TWO))),
        refused(
            "explicitly padded convolution",
            "tf.pad",
            tf ->
                tf.nn.conv2d(
                    floats(tf, 1, 5, 5, 1),
                    floats(tf, 2, 2, 1, 2),
                    ONE,
                    "EXPLICIT",
                    Conv2d.explicitPaddings(EXPLICIT))),
        refused(
            "channels first",
            "tf.linalg.transpose",
            tf -> tf.nn.spaceToDepth(floats(tf, 1, 1, 4, 4), 2L, SpaceToDepth.dataFormat("NCHW"))),
        refused(
            "local response normalization with attributes",
            "defaults",
            tf ->
                tf.nn.localResponseNormalization(
                    floats(tf, 1, 2, 2, 3), LocalResponseNormalization.alpha(0.5f))),
        refused(
            "batch mean",
            "tf.math.mean",
            tf -> batchNorm(tf, FusedBatchNorm.isTraining(true)).batchMean()),
        refused(
            "averages in inference",
            "tf.stopGradient",
            tf -> batchNorm(tf, FusedBatchNorm.isTraining(false)).y()),
        refused("log softmax of rank 3", "reshape", tf -> tf.nn.logSoftmax(floats(tf, 2, 2, 3))),
        refused(
            "log softmax of unknown rank",
            "reshape",
            tf -> tf.nn.logSoftmax(tf.placeholder(TFloat32.class))),
        refused(
            "cross entropy in float64",
            "float32",
            tf -> tf.nn.softmaxCrossEntropyWithLogits(doubles(tf, 2, 3), doubles(tf, 2, 3)).loss()),
        refused(
            "cross entropy that broadcasts",
            "tf.broadcastTo",
            tf -> tf.nn.softmaxCrossEntropyWithLogits(floats(tf, 1, 3), floats(tf, 2, 3)).loss()),
        refused(
            "cross entropy's second output",
            "tf.nn.softmax",
            tf ->
                tf.nn.softmaxCrossEntropyWithLogits(floats(tf, 2, 3), floats(tf, 2, 3)).backprop()),
        refused(
            "arc tangent that broadcasts",
            "tf.broadcastTo",
            tf -> tf.math.atan2(floats(tf, 2, 3), floats(tf, 3))),
        refused(
            "values of one-hot",
            "scale",
            tf -> tf.oneHot(tf.constant(0), tf.constant(3), floats(tf), floats(tf))),
        refused(
            "value of a pad",
            "tf.concat",
            tf -> tf.pad(floats(tf, 2), tf.constant(new int[][] {{1, 1}}), floats(tf))),
        refused(
            "quantization with a gradient for its range",
            "quantizeAndDequantizeV3",
            tf -> tf.quantization.quantizeAndDequantizeV4(floats(tf, 2), floats(tf), floats(tf))),
        refused(
            "quantization",
            "tf.stopGradient",
            tf ->
                tf.quantization.quantizeAndDequantizeV3(
                    floats(tf, 2), floats(tf), floats(tf), tf.constant(8))),
        refused(
            "scale of images",
            "tf.stopGradient",
            tf ->
                tf.image.scaleAndTranslate(
                    floats(tf, 1, 4, 4, 1),
                    tf.constant(new int[] {3, 3}),
                    floats(tf, 2),
                    floats(tf, 2))),
        refused(
            "bicubic resizing of bfloat16",
            "float32",
            tf ->
                tf.image.resizeBicubic(
                    tf.placeholder(TBfloat16.class), tf.constant(new int[] {3, 3}))),
        refused(
            "boxes of the nearest pixels",
            "bilinear",
            tf ->
                tf.image.cropAndResize(
                    floats(tf, 1, 4, 4, 1),
                    floats(tf, 1, 4),
                    tf.constant(new int[] {0}),
                    tf.constant(new int[] {3, 3}),
                    CropAndResize.method("nearest"))));
  }

  private static FusedBatchNorm<TFloat32, TFloat32> batchNorm(
      Ops tf, FusedBatchNorm.Options training) {
    return tf.nn.fusedBatchNorm(
        floats(tf, 2, 2, 2, 3),
        floats(tf, 3),
        floats(tf, 3),
        floats(tf, 3),
        floats(tf, 3),
        training);
  }

  @ParameterizedTest
  @MethodSource({"withoutGradient", "crashing", "wrong"})
  void refusesAndNamesAWayOut(Refused refused) {
    Output<?> output = refused.builder.build(tf).asOutput();
    Node node = node(Node.operation(output));
    Optional<String> refusal =
        GradientRegistry.refusal(node, floatInputs(node), bits(output.index()));
    assertThat(refusal).isPresent();
    assertThat(refusal.get()).contains(": ");
    assertThat(refusal.get().substring(refusal.get().indexOf(": "))).contains(refused.wayOut);
    assertThat(refusal.get()).endsWith(".");
  }

  @Test
  void asksOnlyForWhatIsDifferentiated() {
    Node oneHot = node(tf.oneHot(tf.constant(0), tf.constant(3), tf.constant(1f), tf.constant(0f)));
    assertThat(GradientRegistry.refusal(oneHot, new BitSet(), bits(0))).isEmpty();
    Node frozen = node(batchNorm(tf, FusedBatchNorm.isTraining(false)).y());
    assertThat(GradientRegistry.refusal(frozen, bits(0, 1, 2), bits(0))).isEmpty();
    Node entropy =
        node(tf.nn.softmaxCrossEntropyWithLogits(floats(tf, 2, 3), floats(tf, 2, 3)).loss());
    assertThat(GradientRegistry.refusal(entropy, bits(0, 1), bits(0))).isEmpty();
    assertThat(GradientRegistry.refusal(entropy, bits(0), bits(0, 1))).isEmpty();
  }

  @Test
  void refusesWhatOnlyAShapeLeadsBackThrough() {
    Node noise =
        node(
            tf.random.parameterizedTruncatedNormal(
                tf.shape(variable(tf, 2)),
                tf.constant(0f),
                tf.constant(1f),
                tf.constant(-1f),
                tf.constant(1f)));
    Optional<String> refusal = GradientRegistry.refusal(noise, new BitSet(), bits(0));
    assertThat(refusal.orElseThrow()).contains("put tf.stopGradient after it");
  }

  @Test
  void readsAVariableThroughIdentity() {
    Node square = node(tf.math.square(tf.identity(variable(tf, 2))));
    assertThat(GradientRegistry.refusal(square, bits(0), bits(0))).isEmpty();
    Node product = node(tf.math.mul(variable(tf, 2), variable(tf, 2)));
    assertThat(GradientRegistry.refusal(product, bits(0, 1), bits(0))).isEmpty();
  }

  @Test
  void ignoresTheAveragesThatTrainingUpdates() {
    Node training = node(batchNorm(tf, FusedBatchNorm.isTraining(true)).y());
    assertThat(GradientRegistry.ignores(training, 2)).isFalse();
    assertThat(GradientRegistry.ignores(training, 3)).isTrue();
    assertThat(GradientRegistry.ignores(training, 4)).isTrue();
    Node inference = node(batchNorm(tf, FusedBatchNorm.isTraining(false)).y());
    assertThat(GradientRegistry.ignores(inference, 3)).isFalse();
  }

  @Test
  void refusesLoopsThatDependOnAVariable() {
    Output<?>[] loop =
        graph.whileLoop(
            new Output<?>[] {tf.constant(1).asOutput()},
            (condition, inputs, outputs) ->
                outputs[0] =
                    apply(Ops.create(condition), "Less", inputs[0], three(condition)).asOutput(),
            (body, inputs, outputs) ->
                outputs[0] = apply(Ops.create(body), "Add", inputs[0], three(body)).asOutput(),
            "loop");
    List<String> refused = new ArrayList<>();
    graph
        .operations()
        .forEachRemaining(
            operation -> {
              if (GradientRegistry.refusalOfDependence(node(operation)).isPresent()) {
                refused.add(operation.type());
              }
            });
    assertThat(loop).hasLength(1);
    assertThat(refused).containsExactly("Enter");
  }

  private static Operand<TInt32> three(Graph graph) {
    return Ops.create(graph).constant(3);
  }

  @Test
  void whatStopsAGradientIsRegistered() {
    List<String> stopping =
        TensorFlow.registeredOpList().getOpList().stream()
            .map(OpDef::getName)
            .filter(GradientRegistry::stopsGradient)
            .toList();
    assertThat(stopping).containsAtLeast("StopGradient", "Shape", "Floor", "ZerosLike", "Greater");
    for (String type : stopping) {
      assertWithMessage(type).that(TFJ_HasGradient(type)).isTrue();
    }
  }

  @Test
  void noGradientPassesWhatStopsIt() {
    Operand<TFloat32> x = tf.placeholder(TFloat32.class);
    List<Operand<TFloat32>> stopped =
        List.of(
            tf.math.floor(x),
            tf.stopGradient(x),
            tf.zerosLike(x),
            tf.dtypes.cast(tf.size(x), TFloat32.class),
            tf.dtypes.cast(tf.math.greater(x, tf.constant(0f)), TFloat32.class),
            // Not by the registry: a cast sends no gradient to integers.
            tf.dtypes.cast(tf.dtypes.cast(x, TInt32.class), TFloat32.class));
    for (Operand<TFloat32> y : stopped) {
      Output<?> gradient = graph.addGradients(y.asOutput(), new Output<?>[] {x.asOutput()})[0];
      assertWithMessage(y.toString()).that(gradient.isClosed()).isTrue();
    }
  }

  private static Node node(Operand<?> operand) {
    return node(Node.operation(operand.asOutput()));
  }

  private static Node node(GraphOperation operation) {
    List<Output<?>> inputs = new ArrayList<>();
    operation.inputs().forEach(input -> inputs.add(input.asOutput()));
    return new Node(operation, operation.type(), inputs, List.of());
  }

  private static BitSet floatInputs(Node node) {
    var bits = new BitSet();
    for (int i = 0; i < node.inputs().size(); i++) {
      bits.set(i, Operations.isRealFloating(Operations.valueType(node.inputs().get(i))));
    }
    return bits;
  }

  private static BitSet bits(int... indices) {
    var bits = new BitSet();
    for (int index : indices) {
      bits.set(index);
    }
    return bits;
  }
}
