package io.github.tfwsam.graph;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.tfwsam.Wsam;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Session;
import org.tensorflow.framework.optimizers.GradientDescent;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.Variable;
import org.tensorflow.op.nn.DepthwiseConv2dNative;
import org.tensorflow.op.nn.FusedBatchNorm;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TType;

/** What would crash, fail late or differentiate wrongly is refused by name, with a way out. */
class RefusalTest {
  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);

  @AfterEach
  void close() {
    graph.close();
  }

  /**
   * A network that cannot be trained: what it is called, how it is built, what the refusal says.
   */
  private record Case(String what, Function<Ops, Operand<?>> loss, String named, String wayOut) {
    @Override
    public String toString() {
      return what;
    }
  }

  private static Variable<TFloat32> weights(Ops tf, long... shape) {
    return tf.withName("w").variable(Shape.of(shape), TFloat32.class);
  }

  private static Placeholder<TFloat32> input(Ops tf, long... shape) {
    return tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(shape)));
  }

  private static <T extends TType> Operand<TFloat32> sum(Ops tf, Operand<T> tensor) {
    Operand<TFloat32> real = tf.dtypes.cast(tensor, TFloat32.class);
    int[] axes = new int[real.shape().numDimensions()];
    for (int i = 0; i < axes.length; i++) {
      axes[i] = i;
    }
    return tf.reduceSum(real, tf.constant(axes));
  }

  static Stream<Arguments> cases() {
    return Stream.of(
            new Case(
                "dilated depthwise convolution",
                tf ->
                    sum(
                        tf,
                        tf.withName("offender")
                            .nn
                            .depthwiseConv2dNative(
                                input(tf, 2, 8, 8, 4),
                                weights(tf, 3, 3, 4, 1),
                                List.of(1L, 1L, 1L, 1L),
                                "SAME",
                                DepthwiseConv2dNative.dilations(1L, 2L, 2L, 1L))),
                "'offender' (DepthwiseConv2dNative)",
                "tf.spaceToBatchNd"),
            new Case(
                "segment sum",
                tf ->
                    sum(
                        tf,
                        tf.withName("offender")
                            .math
                            .segmentSum(
                                tf.identity(weights(tf, 3)),
                                tf.constant(new int[] {0, 0, 1}),
                                tf.constant(2))),
                "'offender' (SegmentSumV2)",
                "tf.math.unsortedSegmentSum"),
            new Case(
                "v1 condition",
                tf -> {
                  var branch =
                      tf.switchCond(tf.identity(weights(tf, 3)), tf.placeholder(TBool.class));
                  return sum(
                      tf,
                      tf.withName("offender")
                          .merge(List.of(tf.math.neg(branch.outputTrue()), branch.outputFalse()))
                          .output());
                },
                "'offender' (Merge)",
                "tf.select"),
            new Case("v1 loop", RefusalTest::loop, "(Enter)", "unroll the loop"),
            new Case(
                "mean that batch norm returns",
                tf -> {
                  var norm =
                      tf.withName("offender")
                          .nn
                          .fusedBatchNorm(
                              tf.math.mul(input(tf, 2, 4, 4, 3), weights(tf, 3)),
                              tf.constant(new float[] {1, 1, 1}),
                              tf.constant(new float[] {0, 0, 0}),
                              tf.constant(new float[0]),
                              tf.constant(new float[0]),
                              FusedBatchNorm.isTraining(true));
                  return tf.math.add(sum(tf, norm.y()), sum(tf, norm.batchMean()));
                },
                "'offender' (FusedBatchNormV3)",
                "tf.math.mean"),
            new Case(
                "integer variable",
                tf -> {
                  Variable<TInt32> count =
                      tf.withName("offender").variable(Shape.scalar(), TInt32.class);
                  return tf.math.mul(
                      tf.dtypes.cast(count, TFloat32.class), sum(tf, weights(tf, 3)));
                },
                "'offender' (VariableV2) of type DT_INT32",
                "exclude it"),
            new Case(
                "complex variable",
                tf -> sum(tf, tf.math.real(tf.identity(complexVariable(tf)), TFloat32.class)),
                "'offender' (VariableV2) of type DT_COMPLEX64",
                "exclude it"),
            new Case(
                "resource variable",
                tf -> {
                  var handle = tf.withName("offender").varHandleOp(TFloat32.class, Shape.of(3));
                  return sum(tf, tf.readVariableOp(handle, TFloat32.class));
                },
                "'offender' is a resource (VarHandleOp)",
                "Sgd of io.github.tfwsam.optimizers"),
            new Case(
                "list of tensors",
                tf -> {
                  var shape = tf.constant(new int[0]);
                  var list = tf.tensorListFromTensor(tf.identity(weights(tf, 3)), shape);
                  return sum(
                      tf, tf.withName("offender").tensorListStack(list, shape, TFloat32.class));
                },
                "'offender' (TensorListStack)",
                "unroll=True"),
            new Case(
                "random draw that depends on a variable",
                tf -> {
                  Operand<TFloat32> w = tf.identity(weights(tf, 3));
                  Operand<TFloat32> draw =
                      tf.withName("offender")
                          .random
                          .randomGamma(tf.constant(new int[] {2}), tf.math.exp(w));
                  return tf.math.mul(sum(tf, tf.stopGradient(draw)), sum(tf, w));
                },
                "'offender' (RandomGamma)",
                "stateless"))
        .map(Arguments::of);
  }

  @SuppressWarnings("unchecked")
  private static <T extends TType> Operand<T> complexVariable(Ops tf) {
    Graph graph = (Graph) tf.scope().env();
    return (Operand<T>)
        graph
            .opBuilder("VariableV2", "offender", graph.baseScope())
            .setAttr("dtype", org.tensorflow.proto.DataType.DT_COMPLEX64)
            .setAttr("shape", Shape.of(3))
            .build()
            .output(0);
  }

  @SuppressWarnings("unchecked")
  private static Operand<?> loop(Ops tf) {
    Graph graph = (Graph) tf.scope().env();
    Output<?>[] out =
        graph.whileLoop(
            new Output<?>[] {sum(tf, weights(tf, 3)).asOutput()},
            (g, inputs, outputs) -> {
              Ops in = Ops.create(g);
              outputs[0] = in.math.less((Output<TFloat32>) inputs[0], in.constant(10f)).asOutput();
            },
            (g, inputs, outputs) -> {
              Ops in = Ops.create(g);
              outputs[0] = in.math.add((Output<TFloat32>) inputs[0], in.constant(1f)).asOutput();
            },
            "loop");
    return tf.identity((Output<TFloat32>) out[0]);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void isRefusedByNameWithAWayOut(Case refused) {
    Operand<?> loss = refused.loss.apply(tf);
    long before = size();
    var wsam = new Wsam(graph, new GradientDescent(graph, 0.1f));
    var refusal = assertThrows(IllegalArgumentException.class, () -> wsam.minimize(loss));
    assertThat(refusal).hasMessageThat().contains(refused.named);
    assertThat(refusal).hasMessageThat().contains(refused.wayOut);
    assertWithMessage("operations added before the refusal").that(size()).isEqualTo(before);
  }

  private long size() {
    long[] size = new long[1];
    graph.operations().forEachRemaining(operation -> size[0]++);
    return size[0];
  }

  @Test
  void whatWritesATrainedVariableOnTheWayIsRefused() {
    Variable<TFloat32> w = weights(tf, 3);
    Op write = tf.withName("normalize").assign(w, tf.constant(new float[] {1, 2, 3}));
    Operand<TFloat32> loss = sum(tf, tf.withControlDependencies(write).identity(w));
    var wsam = new Wsam(graph, new GradientDescent(graph, 0.1f));
    var refusal = assertThrows(IllegalArgumentException.class, () -> wsam.minimize(loss));
    assertThat(refusal)
        .hasMessageThat()
        .contains("'normalize' (Assign) writes the trained variable");
  }

  @Test
  void whatAloneDependsOnAVariableBehindStopGradientNeedsNoGradient() {
    Variable<TFloat32> frozen = tf.withName("frozen").variable(tf.constant(new float[][] {{2f}}));
    Operand<TFloat32> factor = tf.linalg.svd(tf.stopGradient(tf.identity(frozen))).s();
    Operand<TFloat32> loss = sum(tf, tf.math.mul(tf.identity(weights(tf, 1)), factor));
    var wsam = new Wsam(graph, new GradientDescent(graph, 0.1f));
    assertThat(wsam.computeGradients(loss)).hasSize(1);
    Operand<TFloat32> trained = tf.linalg.svd(tf.identity(frozen)).s();
    Operand<TFloat32> other = sum(tf, trained);
    var refusal = assertThrows(IllegalArgumentException.class, () -> wsam.minimize(other));
    assertThat(refusal).hasMessageThat().contains("(Svd)");
  }

  @Test
  void whatIsRefusedOnTheWayIsFineBesideIt() {
    Variable<TFloat32> w = weights(tf, 3);
    Operand<?> looped = loopOfData();
    Operand<TFloat32> loss = tf.math.mul(sum(tf, w), tf.dtypes.cast(looped, TFloat32.class));
    Op step = new Wsam(graph, new GradientDescent(graph, 0.1f)).minimize(loss);
    Op init = tf.assign(w, tf.constant(new float[] {1, 2, 3}));
    try (Session session = new Session(graph)) {
      session.run(init);
      session.run(step);
    }
  }

  @SuppressWarnings("unchecked")
  private Operand<?> loopOfData() {
    Output<?>[] out =
        graph.whileLoop(
            new Output<?>[] {tf.constant(0f).asOutput()},
            (g, inputs, outputs) -> {
              Ops in = Ops.create(g);
              outputs[0] = in.math.less((Output<TFloat32>) inputs[0], in.constant(3f)).asOutput();
            },
            (g, inputs, outputs) -> {
              Ops in = Ops.create(g);
              outputs[0] = in.math.add((Output<TFloat32>) inputs[0], in.constant(1f)).asOutput();
            },
            "data_loop");
    return (Output<TFloat32>) out[0];
  }
}
