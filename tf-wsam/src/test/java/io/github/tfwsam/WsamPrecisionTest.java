package io.github.tfwsam;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import io.github.tfwsam.graph.WriteOrder;
import io.github.tfwsam.optimizers.Adam;
import io.github.tfwsam.optimizers.Sgd;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.framework.optimizers.Momentum;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Variable;
import org.tensorflow.proto.DataType;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.family.TFloating;

/** Types other than float32, and several in one model. */
class WsamPrecisionTest {
  private static final int N = 2000;

  /** {@code mean of curvature * w^2 / 2}, whose sharpness is known: with g = curvature w / N. */
  private static <T extends TFloating> Operand<T> loss(
      Ops tf, Operand<T> w, float[] curvatures, Class<T> type) {
    Operand<T> curvature = tf.dtypes.cast(tf.constant(curvatures), type);
    Operand<T> half = tf.dtypes.cast(tf.constant(0.5f), type);
    return tf.math.mean(
        tf.math.mul(tf.math.mul(curvature, half), tf.math.square(tf.identity(w))), tf.constant(0));
  }

  private static float[] uniform(long seed, float low, float high) {
    var random = new Random(seed);
    float[] values = new float[N];
    for (int i = 0; i < N; i++) {
      values[i] = low + (high - low) * random.nextFloat();
    }
    return values;
  }

  private static double[] fetch(Session session, Operand<?> operand) {
    try (Result result = session.runner().fetch(operand).run()) {
      return Tensors.toDoubles(result.get(0));
    }
  }

  @Test
  void aSmallPerturbationOfBfloat16IsNotLost() {
    keepsASmallPerturbation(TBfloat16.class, 0.02);
  }

  @Test
  void aSmallPerturbationOfFloat16IsNotLost() {
    keepsASmallPerturbation(TFloat16.class, 0.004);
  }

  private static <T extends TFloating> void keepsASmallPerturbation(
      Class<T> type, double tolerance) {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Variable<T> w =
          tf.withName("w").variable(tf.dtypes.cast(tf.constant(uniform(1, 0.5f, 1.5f)), type));
      Operand<T> loss = loss(tf, w, uniform(2, 0.5f, 2f), type);
      double rho = 0.004; // an entry of e is 1e-4, far below what a 16-bit weight of 1 can show
      var wsam = new Wsam(graph, new Momentum(graph, 0.01f, 0.9f), rho, 0.9);
      Op step = wsam.minimize(loss);
      assertThat(WriteOrder.violations(List.of((GraphOperation) step.op()))).isEmpty();
      StepMetrics metrics = wsam.metrics();
      assertThat(metrics.perturbedLoss().type()).isEqualTo(TFloat32.class);
      try (Session session = new Session(graph)) {
        double[] weights = fetch(session, w);
        double[] perturbed = fetch(session, graph.outputOrThrow("WSAM/StopGradient"));
        double length = 0;
        for (int i = 0; i < N; i++) {
          length += Math.pow(perturbed[i] - weights[i], 2);
        }
        assertThat(Math.sqrt(length)).isWithin(0.01 * rho).of(rho);
        double[] before = weights;
        session.run(step);
        double[] after = fetch(session, w);
        // In double precision: g1 = c w / N, g2 - g1 = c e / N; the step is that of float32
        // rounded.
        float[] c = uniform(2, 0.5f, 2f);
        for (int i = 0; i < N; i++) {
          double g1 = c[i] * before[i] / N;
          double e = perturbed[i] - weights[i];
          double expected = before[i] - 0.01 * g1 - 0.01 * 9 * c[i] * e / N;
          assertWithMessage("entry %s", i)
              .that(after[i])
              .isWithin(tolerance * Math.abs(before[i]))
              .of(expected);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void float64IsDoublePrecisionThroughout(boolean decoupled) {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Variable<TFloat64> w =
          tf.withName("w").variable(tf.dtypes.cast(tf.constant(uniform(3, -1, 1)), TFloat64.class));
      float[] c = uniform(4, 0.1f, 2f);
      Operand<TFloat64> loss = loss(tf, w, c, TFloat64.class);
      var wsam =
          new Wsam(
              graph,
              new Sgd(graph, 0.3),
              0.05,
              0.7,
              Wsam.decoupled(decoupled),
              Wsam.adaptive(true),
              Wsam.maxNorm(0.01));
      Op step = wsam.minimize(loss);
      assertThat(wsam.metrics().gradientNorm().type()).isEqualTo(TFloat64.class);
      try (Session session = new Session(graph)) {
        double[] expected = fetch(session, w);
        for (int s = 0; s < 5; s++) {
          session.run(step);
          stepInDouble(expected, c);
        }
        double[] actual = fetch(session, w);
        for (int i = 0; i < N; i++) {
          assertThat(actual[i]).isWithin(1e-14).of(expected[i]);
        }
      }
    }
  }

  /** lr 0.3, rho 0.05, gamma 0.7, adaptive, maxNorm 0.01; with SGD both forms are one. */
  private static void stepInDouble(double[] w, float[] c) {
    double scaledNorm = 0;
    for (int i = 0; i < N; i++) {
      scaledNorm += Math.pow(Math.abs(w[i]) * (c[i] * w[i] / N), 2);
    }
    double scale = 0.05 / (Math.sqrt(scaledNorm) + 1e-12);
    double[] g1 = new double[N];
    double[] g2 = new double[N];
    for (int i = 0; i < N; i++) {
      g1[i] = c[i] * w[i] / N;
      g2[i] = c[i] * (w[i] + w[i] * w[i] * g1[i] * scale) / N;
    }
    clip(g1);
    clip(g2);
    double alpha = 0.7 / (1 - 0.7);
    for (int i = 0; i < N; i++) {
      w[i] -= 0.3 * ((1 - alpha) * g1[i] + alpha * g2[i]);
    }
  }

  private static void clip(double[] g) {
    double norm = 0;
    for (double v : g) {
      norm += v * v;
    }
    double factor = Math.min(1, 0.01 / (Math.sqrt(norm) + 1e-6));
    for (int i = 0; i < g.length; i++) {
      g[i] *= factor;
    }
  }

  @Test
  void variablesOfSeveralTypesTrainTogetherWithOneNorm() {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Variable<TFloat32> a = tf.withName("a").variable(tf.constant(uniform(5, 0.5f, 1)));
      Variable<TFloat64> b =
          tf.withName("b")
              .variable(tf.dtypes.cast(tf.constant(uniform(6, 0.5f, 1)), TFloat64.class));
      Variable<TFloat16> c =
          tf.withName("c")
              .variable(tf.dtypes.cast(tf.constant(uniform(7, 0.5f, 1)), TFloat16.class));
      float[] curvatures = uniform(8, 1, 2);
      Operand<TFloat64> loss =
          tf.math.add(
              tf.math.add(
                  tf.dtypes.cast(loss(tf, a, curvatures, TFloat32.class), TFloat64.class),
                  loss(tf, b, curvatures, TFloat64.class)),
              tf.dtypes.cast(loss(tf, c, curvatures, TFloat16.class), TFloat64.class));
      var wsam = new Wsam(graph, new Adam(graph, 0.01), 0.1, 0.8, Wsam.skipNonFinite(true));
      Op step = wsam.minimize(loss);
      assertThat(WriteOrder.violations(List.of((GraphOperation) step.op()))).isEmpty();
      StepMetrics metrics = wsam.metrics();
      assertThat(metrics.gradientNorm().type()).isEqualTo(TFloat64.class);
      try (Session session = new Session(graph)) {
        double squares = 0;
        for (Variable<?> variable : List.of(a, b, c)) {
          double[] w = fetch(session, variable);
          for (int i = 0; i < N; i++) {
            squares += Math.pow(curvatures[i] * w[i] / N, 2);
          }
        }
        try (Result result =
            session
                .runner()
                .addTarget(step)
                .fetch(metrics.gradientNorm())
                .fetch(metrics.sharpness())
                .run()) {
          double norm = Tensors.toDoubles(result.get(0))[0];
          assertThat(norm).isWithin(1e-3 * norm).of(Math.sqrt(squares));
          double sharpness = Tensors.toDoubles(result.get(1))[0];
          assertThat(sharpness).isWithin(0.1 * 0.1 * norm).of(0.1 * norm);
        }
        for (int i = 0; i < 10; i++) {
          session.run(step);
        }
        assertThat(fetch(session, a)[0]).isLessThan((double) uniform(5, 0.5f, 1)[0]);
        assertThat(fetch(session, c)[0]).isLessThan((double) uniform(7, 0.5f, 1)[0]);
      }
    }
  }

  @Test
  void theSecondPassOfA16BitModelIsInFloat32() {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Variable<TBfloat16> w =
          tf.withName("w")
              .variable(tf.dtypes.cast(tf.constant(uniform(9, 0.5f, 1)), TBfloat16.class));
      Operand<TBfloat16> loss = loss(tf, w, uniform(10, 1, 2), TBfloat16.class);
      new Wsam(graph, new Momentum(graph, 0.01f)).minimize(loss);
      graph
          .operations()
          .forEachRemaining(
              operation -> {
                if (operation.name().startsWith("WSAM/second_pass/")) {
                  for (int i = 0; i < operation.numOutputs(); i++) {
                    assertThat(operation.output(i).dataType())
                        .isNoneOf(DataType.DT_BFLOAT16, DataType.DT_HALF);
                  }
                }
              });
    }
  }
}
