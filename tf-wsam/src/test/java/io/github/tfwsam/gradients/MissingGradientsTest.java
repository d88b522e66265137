package io.github.tfwsam.gradients;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.tensorflow.internal.c_api.global.tensorflow.TFJ_HasGradient;

import io.github.tfwsam.Tensors;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.OperationBuilder;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.TensorFlow;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.proto.OpDef;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;

class MissingGradientsTest {
  /** What a gradient of the user's own multiplies with, so that it is known from ours. */
  private static final double MARK = 1000;

  @Test
  void registersOpsOfThisTensorFlow() {
    MissingGradients.register();
    Set<String> types =
        TensorFlow.registeredOpList().getOpList().stream()
            .map(OpDef::getName)
            .collect(Collectors.toSet());
    List<String> ours = types.stream().filter(MissingGradients::differentiates).toList();
    assertThat(ours.size()).isGreaterThan(90);
    assertThat(types).containsAtLeastElementsIn(NoGradients.TYPES);
    for (String type : ours) {
      assertWithMessage(type).that(TFJ_HasGradient(type)).isTrue();
    }
  }

  /** d (sum of y) / dx where y is x times a number for each of more than ten ops. */
  private static double[] slopes() {
    MissingGradients.register();
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<TFloat64> x = tf.constant(new double[][] {{0.5, 2}, {1, 3}});
      Operand<TFloat64> one = tf.onesLike(x);
      List<Operand<TFloat64>> same =
          List.of(
              tf.ensureShape(x, Shape.of(2, 2)),
              tf.placeholderWithDefault(x, Shape.of(2, 2)),
              typed(apply(tf, "Snapshot", x)),
              typed(apply(tf, "DeepCopy", x)),
              tf.math.mulNoNan(x, one),
              tf.math.xdivy(x, one),
              tf.math.floorMod(x, tf.constant(100.0)),
              tf.nn.topK(x, tf.constant(2), TInt32.class).values(),
              tf.math.cumprod(tf.expandDims(x, tf.constant(0)), tf.constant(0)),
              tf.tensorScatterNdAdd(
                  x, tf.constant(new int[][] {{0}}), tf.constant(new double[][] {{0, 0}})),
              tf.linalg.inv(tf.linalg.inv(x)),
              typed(
                  apply(
                      tf,
                      "MatrixSetDiag",
                      x,
                      tf.linalg.matrixDiagPart(x, tf.constant(0), tf.constant(0.0)))),
              tf.linalg.conjugateTranspose(x, tf.constant(new int[] {1, 0})));
      Operand<TFloat64> loss = tf.constant(0.0);
      for (Operand<TFloat64> y : same) {
        Operand<TFloat64> flat = tf.reshape(y, tf.constant(new int[] {-1}));
        loss = tf.math.add(loss, tf.reduceSum(flat, tf.constant(0)));
      }
      Output<?> gradient = graph.addGradients(loss.asOutput(), new Output<?>[] {x.asOutput()})[0];
      try (Session session = new Session(graph);
          Result result = session.runner().fetch(gradient).run()) {
        double[] slopes = Tensors.toDoubles(result.get(0));
        for (int i = 0; i < slopes.length; i++) {
          slopes[i] /= same.size();
        }
        return slopes;
      }
    }
  }

  private static Output<?> apply(Ops tf, String type, Operand<?>... inputs) {
    OperationBuilder builder = tf.scope().opBuilder(type, type);
    for (Operand<?> input : inputs) {
      builder.addInput(input.asOutput());
    }
    return builder.build().output(0);
  }

  @SuppressWarnings("unchecked")
  private static Operand<TFloat64> typed(Output<?> output) {
    return (Output<TFloat64>) output;
  }

  @Test
  void moreThanTenAreUsedInManyGraphsAndThreads() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Callable<double[]>> tasks = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        tasks.add(MissingGradientsTest::slopes);
      }
      for (Future<double[]> slopes : threads.invokeAll(tasks)) {
        assertThat(slopes.get()).usingTolerance(1e-9).containsExactly(new double[] {1, 1, 1, 1});
      }
    } finally {
      threads.shutdown();
    }
  }

  @Test
  void whatAGradientFunctionThrowsIsToldAndCrashesNothing() {
    MissingGradients.register();
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<TFloat64> x =
          tf.placeholder(TFloat64.class, Placeholder.shape(Shape.of(1, 2, 2, 2, 1)));
      // The gradient is for two dimensions, and GradientRules refuses others.
      Output<?> y =
          tf.scope()
              .opBuilder("Conv", "volume")
              .addInput(x.asOutput())
              .addInput(tf.constant(new double[1][1][1][1][1]).asOutput())
              .setAttr("strides", new long[] {1, 1, 1, 1, 1})
              .setAttr("padding", "SAME")
              .build()
              .output(0);
      var thrown =
          assertThrows(
              RuntimeException.class, () -> graph.addGradients(y, new Output<?>[] {x.asOutput()}));
      RuntimeException explained = MissingGradients.explain(thrown);
      assertThat(explained).hasMessageThat().contains("'volume' (Conv)");
      assertThat(explained).hasCauseThat().isNotNull();
      assertThat(MissingGradients.explain(thrown)).isSameInstanceAs(thrown);
    }
    assertThat(slopes()).usingTolerance(1e-9).containsExactly(new double[] {1, 1, 1, 1});
  }

  /** Registrations are the process's, so a process of its own is needed to come before ours. */
  @Test
  void whatTheUserRegisteredIsKept() throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                System.getProperty("java.home") + "/bin/java",
                "-cp",
                System.getProperty("java.class.path"),
                UserRegistration.class.getName())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertWithMessage(output).that(process.waitFor()).isEqualTo(0);
  }

  /** Registers nine gradients, as many as there is room for beside ours, and uses them all. */
  static final class UserRegistration {
    private UserRegistration() {}

    public static void main(String[] arguments) {
      List<String> types =
          List.of(
              "EnsureShape",
              "Snapshot",
              "DeepCopy",
              "Rint",
              "Round",
              "Ceil",
              "Digamma",
              "BesselI0e",
              "BesselI1e");
      for (String type : types) {
        boolean registered =
            TensorFlow.registerCustomGradient(
                type,
                (tf, operation, gradients) ->
                    List.of(tf.math.mul(typed(gradients.get(0)), tf.constant(MARK))));
        require(registered, type + " is registered");
      }
      MissingGradients.register();
      require(!MissingGradients.differentiates("EnsureShape"), "EnsureShape is the user's");
      require(!MissingGradients.stopsGradient("Round"), "Round is the user's");
      require(MissingGradients.differentiates("Erfc"), "Erfc is ours");
      try (Graph graph = new Graph()) {
        Ops tf = Ops.create(graph);
        Operand<TFloat64> x = tf.constant(0.5);
        Operand<TFloat64> y = tf.placeholderWithDefault(x, Shape.scalar());
        for (String type : types) {
          OperationBuilder builder = tf.scope().opBuilder(type, type).addInput(y.asOutput());
          if (type.equals("EnsureShape")) {
            builder.setAttr("shape", Shape.scalar());
          }
          y = typed(builder.build().output(0));
        }
        Output<?> gradient = graph.addGradients(y.asOutput(), new Output<?>[] {x.asOutput()})[0];
        try (Session session = new Session(graph);
            Result result = session.runner().fetch(gradient).run()) {
          double expected = Math.pow(MARK, types.size());
          double actual = Tensors.toDoubles(result.get(0))[0];
          require(Math.abs(actual / expected - 1) < 1e-9, "the gradient is " + actual);
        }
      }
    }

    private static void require(boolean holds, String what) {
      if (!holds) {
        throw new AssertionError(what);
      }
    }
  }
}
