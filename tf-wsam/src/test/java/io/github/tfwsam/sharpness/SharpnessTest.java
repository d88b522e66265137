package io.github.tfwsam.sharpness;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.tfwsam.Wsam;
import io.github.tfwsam.optimizers.Sgd;
import io.github.tfwsam.sharpness.SmallLoss.Kind;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.family.TNumber;

class SharpnessTest {
  private static final double[] SPECTRUM = {9, 7, 5, 4, 3, 2, 1, 0.5, 0.1, 0.05};
  private static final int N = SPECTRUM.length;
  private static final double RHO = 0.7;

  @ParameterizedTest
  @CsvSource({"REFERENCE, false", "RESOURCE, false", "MIXED, false", "MIXED, true"})
  void oneStepIsWhatWsamMeasures(Kind kind, boolean adaptive) {
    double[][] matrix = SmallLoss.withSpectrum(SPECTRUM, 1);
    double[] center = new Random(2).doubles(N).toArray();
    try (var small = SmallLoss.quadratic(kind, matrix, center)) {
      Operand<TFloat64> loss = small.quadraticLoss(matrix, center);
      var sharpness = new Sharpness(small.graph, loss, RHO, Sharpness.adaptive(adaptive));
      var wsam =
          new Wsam(small.graph, new Sgd(small.graph, 0.1), RHO, 0.9, Wsam.adaptive(adaptive));
      wsam.minimize(loss);
      double[] w = small.setAtRandom(3);
      assertThat(small.fetch(sharpness.value()))
          .isWithin(1e-12)
          .of(small.fetch(wsam.metrics().sharpness()));
      assertThat(small.fetch(sharpness.perturbedLoss()))
          .isWithin(1e-12)
          .of(small.fetch(wsam.metrics().perturbedLoss()));
      assertThat(small.fetch(sharpness.loss())).isEqualTo(small.fetch(loss));
      assertThat(small.get()).isEqualTo(w);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void moreStepsReachTheMaximumOfAQuadratic(boolean adaptive) {
    double[][] matrix = SmallLoss.withSpectrum(SPECTRUM, 1);
    double[] center = new Random(3).doubles(N).map(x -> 2 * x - 1 + 0.1 * (x - 0.3)).toArray();
    double last = 0;
    for (int steps : new int[] {1, 2, 5, 60}) {
      try (var small = SmallLoss.quadratic(Kind.MIXED, matrix, center)) {
        Operand<TFloat64> loss = small.quadraticLoss(matrix, center);
        var sharpness =
            new Sharpness(
                small.graph, loss, RHO, Sharpness.steps(steps), Sharpness.adaptive(adaptive));
        double[] w = small.setAtRandom(3);
        double found = small.fetch(sharpness.value());
        double maximum = maximum(matrix, center, w, adaptive);
        assertThat(found).isAtLeast(last);
        assertThat(found).isAtMost(maximum + 1e-9);
        if (steps == 1) {
          assertThat(found).isLessThan(0.99 * maximum);
        }
        last = found;
        if (steps == 60) {
          assertThat(found).isWithin(1e-6 * maximum).of(maximum);
        }
        assertThat(small.get()).isEqualTo(w);
      }
    }
  }

  @Test
  void aStepThatOvershootsCountsForNothing() {
    try (var small = new SmallLoss(Kind.REFERENCE)) {
      Operand<TFloat64> loss = small.tf.math.sin(small.variable("w"));
      var one = new Sharpness(small.graph, loss, 2.5);
      var two = new Sharpness(small.graph, loss, 2.5, Sharpness.steps(2));
      small.set(0.1);
      assertThat(small.fetch(one.value())).isWithin(1e-9).of(Math.sin(2.6) - Math.sin(0.1));
      assertThat(small.fetch(two.value())).isEqualTo(small.fetch(one.value()));
    }
  }

  /**
   * The largest of g'e + e'Ae / 2 over the ball: e = (mu - A)^-1 g with mu above the spectrum such
   * that |e| is the radius. In the adaptive form A and g are those of u.
   */
  private static double maximum(double[][] a, double[] center, double[] w, boolean adaptive) {
    double[][] matrix = new double[N][N];
    double[] gradient = new double[N];
    for (int i = 0; i < N; i++) {
      for (int j = 0; j < N; j++) {
        double size = adaptive ? Math.abs(w[i] * w[j]) : 1;
        matrix[i][j] = a[i][j] * size;
        gradient[i] += a[i][j] * (w[j] - center[j]) * (adaptive ? Math.abs(w[i]) : 1);
      }
    }
    var eigen = SymmetricMatrix.diagonalized(matrix);
    double[] g = new double[N];
    double low = 0;
    for (int j = 0; j < N; j++) {
      low = Math.max(low, eigen.value(j));
      for (int i = 0; i < N; i++) {
        g[j] += eigen.component(i, j) * gradient[i];
      }
    }
    double high = low + 1e3;
    for (int i = 0; i < 200; i++) {
      double mu = (low + high) / 2;
      double squares = 0;
      for (int j = 0; j < N; j++) {
        squares += Math.pow(g[j] / (mu - eigen.value(j)), 2);
      }
      if (Math.sqrt(squares) > RHO) {
        low = mu;
      } else {
        high = mu;
      }
    }
    double rise = 0;
    for (int j = 0; j < N; j++) {
      double e = g[j] / (high - eigen.value(j));
      rise += g[j] * e + eigen.value(j) * e * e / 2;
    }
    return rise;
  }

  /** For L = (w - x)^2 / 2 the sharpness of one example is rho |w - x| + rho^2 / 2. */
  @Test
  void overBatchesItIsTheMeanOfEachBatchsOwn() {
    double[] x = {1, -2, 4, 0.5};
    try (var small = new SmallLoss(Kind.RESOURCE)) {
      Ops tf = small.tf;
      Operand<TFloat64> w = small.variable("w");
      var examples = tf.placeholder(TFloat64.class);
      Operand<TFloat64> d = tf.math.sub(w, examples);
      Operand<TFloat64> loss =
          tf.math.mean(tf.math.mul(tf.constant(0.5), tf.math.mul(d, d)), tf.constant(0));
      var sharpness = new Sharpness(small.graph, loss, RHO);
      small.set(0.2);
      double sum = 0;
      for (double example : x) {
        sum += RHO * Math.abs(0.2 - example) + RHO * RHO / 2;
      }
      SharpnessEstimate single =
          sharpness.estimate(
              small.session(),
              new Batches(4, (batch, feeds) -> feeds.add(examples, TFloat64.vectorOf(x[batch]))));
      assertThat(single.sharpness()).isWithin(1e-10).of(sum / 4);
      assertThat(single.batches()).isEqualTo(4);
      assertThat(single.parameters()).isEqualTo(1);
      assertThat(single.squaredNorm()).isWithin(1e-15).of(0.04);
      SharpnessEstimate whole =
          sharpness.estimate(
              small.session(),
              new Batches(1, (batch, feeds) -> feeds.add(examples, TFloat64.vectorOf(x))));
      double mean = Arrays.stream(x).average().orElseThrow();
      assertThat(whole.sharpness()).isWithin(1e-10).of(RHO * Math.abs(0.2 - mean) + RHO * RHO / 2);
      assertThat(whole.loss()).isWithin(1e-12).of(single.loss());
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void aFilterHoldsTheOtherVariablesStill(Kind kind) {
    try (var small = new SmallLoss(kind)) {
      Ops tf = small.tf;
      Operand<TFloat64> a = small.variable("a");
      Operand<TFloat64> b = small.variable("b");
      Operand<TFloat64> loss = tf.math.add(tf.math.mul(a, a), tf.math.mul(b, b));
      var sharpness =
          new Sharpness(
              small.graph, loss, RHO, Sharpness.trainable(n -> n.equals("a")), Sharpness.steps(3));
      small.set(2, 3);
      assertThat(small.fetch(sharpness.value())).isWithin(1e-12).of((2 + RHO) * (2 + RHO) - 4);
      assertThat(sharpness.estimate(small.session(), Batches.unfed()).parameters()).isEqualTo(1);
    }
  }

  @Test
  void inOtherTypesItIsTheSameToRounding() {
    double exact = valueIn(TFloat64.class);
    assertThat(valueIn(TFloat32.class)).isWithin(1e-5).of(exact);
    // w is rounded to 8 bits, w + e is not.
    assertThat(valueIn(TBfloat16.class)).isWithin(2e-2).of(exact);
  }

  private static <T extends TNumber> double valueIn(Class<T> type) {
    try (var small = new SmallLoss(Kind.MIXED)) {
      Ops tf = small.tf;
      Operand<T> a = small.variable(type, "a", 3);
      Operand<T> b = small.variable(type, "b", 3);
      Operand<T> loss =
          tf.reduceSum(tf.math.mul(tf.math.mul(a, b), tf.math.mul(a, a)), tf.constant(0));
      var sharpness = new Sharpness(small.graph, loss, 0.1, Sharpness.steps(4));
      small.setAtRandom(4);
      return sharpness.estimate(small.session(), Batches.unfed()).sharpness();
    }
  }

  @Test
  void atRadiusZeroAndWhereTheGradientIsZeroTheLossDoesNotRise() {
    try (var small = new SmallLoss(Kind.MIXED)) {
      Operand<TFloat64> w = small.variable("w");
      Operand<TFloat64> loss = small.tf.math.mul(w, w);
      var none = new Sharpness(small.graph, loss, 0, Sharpness.steps(3));
      var some = new Sharpness(small.graph, loss, RHO, Sharpness.steps(3));
      small.set(2);
      assertThat(small.fetch(none.value())).isEqualTo(0);
      small.set(0);
      assertThat(small.fetch(some.value())).isEqualTo(0);
    }
  }

  @Test
  void refusesByNameWhatCannotBe() {
    try (var small = new SmallLoss(Kind.REFERENCE)) {
      Ops tf = small.tf;
      Operand<TFloat64> w = small.variable("w", 3);
      Operand<TFloat64> loss = tf.reduceSum(tf.math.mul(w, w), tf.constant(0));
      for (double rho : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
        assertRefused("rho must be finite", small, loss, rho);
      }
      assertRefused("is a scalar", small, w, RHO);
      assertRefused("no trainable variable", small, tf.constant(1.0), RHO);
      assertRefused(
          "(Qr), which has no gradient",
          small,
          tf.reduceSum(
              tf.linalg.qr(tf.linalg.tensorDiag(tf.math.exp(w))).r(),
              tf.constant(new int[] {0, 1})),
          RHO);
      var thrown = assertThrows(IllegalArgumentException.class, () -> Sharpness.steps(0));
      assertThat(thrown).hasMessageThat().contains("one step at least");
    }
  }

  private static void assertRefused(String message, SmallLoss small, Operand<?> loss, double rho) {
    var thrown =
        assertThrows(IllegalArgumentException.class, () -> new Sharpness(small.graph, loss, rho));
    assertWithMessage("rho %s", rho).that(thrown).hasMessageThat().contains(message);
  }
}
