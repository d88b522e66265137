package io.github.tfwsam.sharpness;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.tfwsam.sharpness.SmallLoss.Kind;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.StdArrays;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.family.TNumber;

class HessianTest {
  private static final double[] SPECTRUM = {
    9, 7, 5.5, 4, 3, 2, 1.5, 1, 0.5, 0.25, 0.1, 0, 0, -0.5, -1, -2, -3, -5, -12, -20
  };
  private static final int N = SPECTRUM.length;

  private enum Way {
    CHOSEN,
    DIFFERENCES;

    Hessian of(SmallLoss small, Operand<?> loss) {
      return this == CHOSEN
          ? new Hessian(small.graph, loss)
          : Hessian.byDifferences(small.graph, loss);
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void aQuadraticHasItsMatrixAndSpectrum(Kind kind) {
    double[][] matrix = SmallLoss.withSpectrum(SPECTRUM, 1);
    double[] center = new Random(2).doubles(N).toArray();
    double[] vector = new Random(3).doubles(N).map(x -> x - 0.5).toArray();
    for (Way way : Way.values()) {
      try (var small = SmallLoss.quadratic(kind, matrix, center)) {
        Hessian hessian = way.of(small, small.quadraticLoss(matrix, center));
        small.setAtRandom(4);
        assertThat(hessian.products())
            .isEqualTo(
                way == Way.CHOSEN
                    ? HessianProducts.DOUBLE_GRADIENT
                    : HessianProducts.CENTRAL_DIFFERENCES);
        assertThat(hessian.dimension(small.session())).isEqualTo(N);
        double[] product = hessian.times(small.session(), Batches.unfed(), vector);
        assertClose(way.name(), product, SmallLoss.times(matrix, vector), 1e-8);

        Eigenvalues top = hessian.topEigenvalues(small.session(), Batches.unfed(), 5, 7, 1e-9, N);
        assertClose(way.name(), array(top.values()), Arrays.copyOf(SPECTRUM, 5), 1e-7);
        assertThat(top.converged()).isTrue();
        assertThat(top.products()).isEqualTo(hessian.products());

        TraceEstimate trace = hessian.trace(small.session(), Batches.unfed(), 400, 5);
        double exact = Arrays.stream(SPECTRUM).sum();
        assertThat(trace.value()).isWithin(4 * trace.standardError()).of(exact);
        assertThat(trace.standardError()).isWithin(0.3).of(expectedError(matrix, 400));
        assertThat(trace.products()).isEqualTo(hessian.products());
      }
    }
  }

  /** The variance of z'Az over random signs is twice the sum of squares off the diagonal. */
  private static double expectedError(double[][] matrix, int samples) {
    double squares = 0;
    for (int i = 0; i < matrix.length; i++) {
      for (int j = 0; j < matrix.length; j++) {
        squares += i == j ? 0 : matrix[i][j] * matrix[i][j];
      }
    }
    return Math.sqrt(2 * squares / samples);
  }

  @Test
  void theToyLossHasTheKnownEigenvaluesAtItsMinima() {
    double[][] minima = {{-16.8047, 12.8025}, {19.8101, 29.9366}};
    double[][] eigenvalues = {{0.00487, 0.00238}, {0.000681, 0.000326}};
    for (Way way : Way.values()) {
      try (var small = new SmallLoss(Kind.REFERENCE)) {
        Operand<TFloat64> loss = toyLoss(small.tf, small.variable("m"), small.variable("s"));
        Hessian hessian = way.of(small, loss);
        for (int i = 0; i < 2; i++) {
          small.set(minima[i]);
          Eigenvalues top = hessian.topEigenvalues(small.session(), Batches.unfed(), 2, 1);
          for (int j = 0; j < 2; j++) {
            assertWithMessage("%s %s", way, top)
                .that(top.values().get(j))
                .isWithin(2e-3 * eigenvalues[i][j])
                .of(eigenvalues[i][j]);
          }
        }
      }
    }
  }

  private static Operand<TFloat64> toyLoss(Ops tf, Operand<TFloat64> m, Operand<TFloat64> s) {
    return tf.math.neg(
        tf.math.log(
            tf.math.add(well(tf, m, s, 0.7, 1.8, 20, 30), well(tf, m, s, 0.3, 1.2, -20, 10))));
  }

  private static Operand<TFloat64> well(
      Ops tf,
      Operand<TFloat64> m,
      Operand<TFloat64> s,
      double weight,
      double width,
      double mi,
      double si) {
    Operand<TFloat64> distance = tf.math.sub(m, tf.constant(mi));
    Operand<TFloat64> squares = tf.math.add(tf.math.mul(s, s), tf.math.mul(distance, distance));
    Operand<TFloat64> k =
        tf.math.sub(
            tf.math.add(
                tf.math.log(tf.math.div(tf.constant(si), s)),
                tf.math.div(squares, tf.constant(2 * si * si))),
            tf.constant(0.5));
    return tf.math.mul(
        tf.constant(weight), tf.math.exp(tf.math.neg(tf.math.div(k, tf.constant(width * width)))));
  }

  /** What a network of one hidden layer has in its middle, and whether it has a double gradient. */
  private enum Activation {
    TANH(true),
    SIGMOID(true),
    SOFTPLUS(true),
    ELU(false),
    SELU(false),
    RELU(true),
    LEAKY_RELU(true),
    EXP(true),
    SWISH(true),
    ERF(true);

    private final boolean hasDoubleGradient;

    Activation(boolean hasDoubleGradient) {
      this.hasDoubleGradient = hasDoubleGradient;
    }

    Operand<TFloat64> of(Ops tf, Operand<TFloat64> x) {
      return switch (this) {
        case TANH -> tf.math.tanh(x);
        case SIGMOID -> tf.math.sigmoid(x);
        case SOFTPLUS -> tf.math.softplus(x);
        case ELU -> tf.nn.elu(x);
        case SELU -> tf.nn.selu(x);
        case RELU -> tf.nn.relu(x);
        case LEAKY_RELU -> tf.nn.leakyRelu(x);
        case EXP -> tf.math.exp(x);
        case SWISH -> tf.math.mul(x, tf.math.sigmoid(x));
        case ERF -> tf.math.erf(x);
      };
    }
  }

  private static Operand<TFloat64> networkLoss(
      SmallLoss small, Activation activation, Operand<TFloat64> x, Operand<TFloat64> y) {
    Ops tf = small.tf;
    Operand<TFloat64> hidden =
        tf.math.add(tf.linalg.matMul(x, small.variable("w1", 4, 3)), small.variable("b1", 3));
    Operand<TFloat64> logits =
        tf.math.add(
            tf.linalg.matMul(activation.of(tf, hidden), small.variable("w2", 3, 3)),
            small.variable("b2", 3));
    Operand<TFloat64> losses =
        tf.reduceSum(tf.math.mul(y, tf.nn.logSoftmax(logits)), tf.constant(1));
    return tf.math.neg(tf.math.mean(losses, tf.constant(0)));
  }

  private static double[][] features(int rows, long seed) {
    var random = new Random(seed);
    return IntStream.range(0, rows)
        .mapToObj(i -> random.doubles(4).map(v -> 2 * v - 1).toArray())
        .toArray(double[][]::new);
  }

  private static double[][] classes(int rows, long seed) {
    var random = new Random(seed + 100);
    double[][] classes = new double[rows][3];
    for (double[] row : classes) {
      row[random.nextInt(3)] = 1;
    }
    return classes;
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void aNetworkHasTheHessianThatDifferencesOfGradientsShow(Activation activation) {
    for (Way way : Way.values()) {
      try (var small = new SmallLoss(Kind.MIXED)) {
        Ops tf = small.tf;
        Operand<TFloat64> loss =
            networkLoss(
                small, activation, tf.constant(features(12, 1)), tf.constant(classes(12, 1)));
        Hessian hessian = way.of(small, loss);
        assertThat(hessian.products())
            .isEqualTo(
                way == Way.CHOSEN && activation.hasDoubleGradient
                    ? HessianProducts.DOUBLE_GRADIENT
                    : HessianProducts.CENTRAL_DIFFERENCES);
        double[] w = small.setAtRandom(6);
        double[][] exact = small.numericHessian(loss, w);
        for (int j = 0; j < w.length; j++) {
          double[] unit = new double[w.length];
          unit[j] = 1;
          double[] column = hessian.times(small.session(), Batches.unfed(), unit);
          assertClose(activation + " " + way + " " + j, column, exact[j], 1e-8);
        }
        assertThat(small.get()).isEqualTo(w);
      }
    }
  }

  @Test
  void lossesThatGiveTheirGradientAlongAreDifferentiatedTwice() {
    for (boolean sparse : new boolean[] {false, true}) {
      for (Way way : Way.values()) {
        try (var small = new SmallLoss(Kind.RESOURCE)) {
          Ops tf = small.tf;
          Operand<TFloat64> logits =
              tf.linalg.matMul(tf.constant(features(12, 1)), small.variable("w", 4, 3));
          Operand<TFloat64> squares = tf.math.mul(logits, logits);
          Operand<TFloat64> losses =
              sparse
                  ? tf.nn
                      .sparseSoftmaxCrossEntropyWithLogits(
                          squares, tf.constant(new int[] {0, 1, 2, 2, 1, 0, 0, 0, 1, 2, 1, 1}))
                      .loss()
                  : tf.nn
                      .softmaxCrossEntropyWithLogits(squares, tf.constant(classes(12, 1)))
                      .loss();
          Operand<TFloat64> loss = tf.math.mean(losses, tf.constant(0));
          Hessian hessian = way.of(small, loss);
          if (way == Way.CHOSEN) {
            assertThat(hessian.products()).isEqualTo(HessianProducts.DOUBLE_GRADIENT);
          }
          double[] w = small.setAtRandom(6);
          double[][] exact = numericHessianByTheLoss(small, loss, w);
          for (int j = 0; j < w.length; j++) {
            double[] column = hessian.times(small.session(), Batches.unfed(), unit(w.length, j));
            assertClose(sparse + " " + way + " " + j, column, exact[j], 2e-5);
          }
        }
      }
    }
  }

  /** Second differences: float64 gradients of these ops are wrong in TensorFlow's own registry. */
  private static double[][] numericHessianByTheLoss(
      SmallLoss small, Operand<TFloat64> loss, double[] w) {
    double h = 1e-3;
    double[][] hessian = new double[w.length][w.length];
    for (int i = 0; i < w.length; i++) {
      for (int j = 0; j < w.length; j++) {
        for (int signs = 0; signs < 4; signs++) {
          double[] moved = w.clone();
          moved[i] += signs % 2 == 0 ? h : -h;
          moved[j] += signs / 2 == 0 ? h : -h;
          small.set(moved);
          double sign = signs == 0 || signs == 3 ? 1 : -1;
          hessian[i][j] += sign * small.fetch(loss) / (4 * h * h);
        }
      }
    }
    small.set(w);
    return hessian;
  }

  private static double[] unit(int n, int j) {
    double[] unit = new double[n];
    unit[j] = 1;
    return unit;
  }

  /** A convolution, a normalization if asked for, pooling by strides, and cross entropy. */
  private static Operand<TFloat32> convolutionLoss(SmallLoss small, boolean normalized) {
    Ops tf = small.tf;
    var random = new Random(3);
    float[][][][] images = new float[4][6][6][2];
    for (float[][][] image : images) {
      for (float[][] row : image) {
        for (float[] pixel : row) {
          pixel[0] = (float) random.nextGaussian();
          pixel[1] = (float) random.nextGaussian();
        }
      }
    }
    Operand<TFloat32> x = tf.constant(images);
    Operand<TFloat32> hidden =
        tf.nn.conv2d(
            x,
            small.variable(TFloat32.class, "filter", 3, 3, 2, 3),
            List.of(1L, 2L, 2L, 1L),
            "SAME");
    if (normalized) {
      Operand<TFloat32> none = tf.constant(new float[0]);
      hidden =
          tf.nn
              .fusedBatchNorm(
                  hidden,
                  small.variable(TFloat32.class, "scale", 3),
                  small.variable(TFloat32.class, "offset", 3),
                  none,
                  none)
              .y();
    }
    Operand<TFloat32> features = tf.math.mean(tf.math.erf(hidden), tf.constant(new int[] {1, 2}));
    Operand<TFloat32> logits =
        tf.linalg.matMul(features, small.variable(TFloat32.class, "head", 3, 3));
    Operand<TFloat32> losses =
        tf.nn
            .softmaxCrossEntropyWithLogits(
                logits, tf.constant(new float[][] {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {1, 0, 0}}))
            .loss();
    return tf.math.mean(losses, tf.constant(0));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void bothWaysAgreeOnAConvolutionInFloat32(boolean normalized) {
    Map<Way, double[]> products = new EnumMap<>(Way.class);
    for (Way way : Way.values()) {
      try (var small = new SmallLoss(Kind.RESOURCE)) {
        Hessian hessian = way.of(small, convolutionLoss(small, normalized));
        assertThat(hessian.products() == HessianProducts.DOUBLE_GRADIENT)
            .isEqualTo(way == Way.CHOSEN);
        double[] w = small.setAtRandom(6);
        double[] v = new Random(1).doubles(w.length).map(x -> x - 0.5).toArray();
        products.put(way, hessian.times(small.session(), Batches.unfed(), v));
      }
    }
    assertClose("", products.get(Way.DIFFERENCES), products.get(Way.CHOSEN), 2e-4);
  }

  /** The op's second output is its gradient, but no gradient leads back from there. */
  @Test
  void theCtcLossIsDifferentiatedByDifferences() {
    try (var small = new SmallLoss(Kind.RESOURCE)) {
      Ops tf = small.tf;
      Operand<TFloat32> logits = small.variable(TFloat32.class, "logits", 4, 1, 3);
      Operand<TFloat32> losses =
          tf.nn
              .ctcLoss(
                  logits,
                  tf.constant(new long[][] {{0, 0}, {0, 1}}),
                  tf.constant(new int[] {1, 0}),
                  tf.constant(new int[] {4}))
              .loss();
      var hessian = new Hessian(small.graph, tf.math.mean(losses, tf.constant(0)));
      assertThat(hessian.products()).isEqualTo(HessianProducts.CENTRAL_DIFFERENCES);
    }
  }

  @Test
  void overBatchesItIsTheHessianOfTheirMeanLoss() {
    int rows = 5;
    int count = 3;
    double[][] x = features(rows * count, 2);
    double[][] y = classes(rows * count, 2);
    for (Way way : Way.values()) {
      try (var small = new SmallLoss(Kind.MIXED)) {
        Ops tf = small.tf;
        var feature = tf.placeholder(TFloat64.class, Placeholder.shape(Shape.of(-1, 4)));
        var label = tf.placeholder(TFloat64.class, Placeholder.shape(Shape.of(-1, 3)));
        Hessian hessian = way.of(small, networkLoss(small, Activation.ERF, feature, label));
        double[] w = small.setAtRandom(8);
        double[] vector = new Random(9).doubles(w.length).toArray();
        double[] whole = hessian.times(small.session(), batches(1, x, y, feature, label), vector);
        double[] mean =
            hessian.times(small.session(), batches(count, x, y, feature, label), vector);
        assertClose(way.name(), mean, whole, 1e-9);
        double[] first =
            hessian.times(
                small.session(),
                batches(1, Arrays.copyOf(x, rows), Arrays.copyOf(y, rows), feature, label),
                vector);
        assertThat(Math.abs(first[0] - whole[0])).isGreaterThan(1e-4);
      }
    }
  }

  private static Batches batches(
      int count, double[][] x, double[][] y, Operand<TFloat64> feature, Operand<TFloat64> label) {
    int rows = x.length / count;
    return new Batches(
        count,
        (batch, feeds) -> {
          int from = batch * rows;
          feeds.add(feature, tensor(Arrays.copyOfRange(x, from, from + rows)));
          feeds.add(label, tensor(Arrays.copyOfRange(y, from, from + rows)));
        });
  }

  private static TFloat64 tensor(double[][] rows) {
    return TFloat64.tensorOf(StdArrays.ndCopyOf(rows));
  }

  @Test
  void theSameSeedGivesTheSameNumbers() {
    double[][] matrix = SmallLoss.withSpectrum(SPECTRUM, 1);
    try (var small = SmallLoss.quadratic(Kind.MIXED, matrix, new double[N])) {
      var hessian = Hessian.byDifferences(small.graph, small.quadraticLoss(matrix, new double[N]));
      small.setAtRandom(3);
      Session session = small.session();
      Batches once = Batches.unfed();
      assertThat(hessian.topEigenvalues(session, once, 3, 5))
          .isEqualTo(hessian.topEigenvalues(session, once, 3, 5));
      assertThat(hessian.trace(session, once, 5, 5)).isEqualTo(hessian.trace(session, once, 5, 5));
      assertThat(hessian.trace(session, once, 5, 6).value())
          .isNotEqualTo(hessian.trace(session, once, 5, 5).value());
    }
  }

  @Test
  void inFloat32AndLessTheProductsAreStillClose() {
    double[] expected = productIn(TFloat64.class);
    assertClose("float32", productIn(TFloat32.class), expected, 2e-3);
    // The variables themselves are rounded to 8 bits, the differences are not.
    assertClose("bfloat16", productIn(TBfloat16.class), expected, 5e-2);
  }

  private static <T extends TNumber> double[] productIn(Class<T> type) {
    try (var small = new SmallLoss(Kind.MIXED)) {
      Ops tf = small.tf;
      Operand<T> x = tf.dtypes.cast(tf.constant(features(12, 1)), type);
      Operand<T> hidden =
          tf.math.tanh(
              tf.math.add(
                  tf.linalg.matMul(x, small.variable(type, "w", 4, 3)),
                  small.variable(type, "b", 3)));
      Operand<T> loss =
          tf.math.mean(
              tf.math.mul(hidden, tf.math.mul(hidden, hidden)), tf.constant(new int[] {0, 1}));
      var hessian = new Hessian(small.graph, loss);
      double[] w = small.setAtRandom(6);
      return hessian.times(
          small.session(), Batches.unfed(), new Random(1).doubles(w.length).toArray());
    }
  }

  @Test
  void aVariableThatTheLossIsLinearInHasRowsOfZeros() {
    try (var small = new SmallLoss(Kind.MIXED)) {
      Ops tf = small.tf;
      Operand<TFloat64> a = small.variable("a");
      Operand<TFloat64> b = small.variable("b");
      Operand<TFloat64> loss = tf.math.add(tf.math.mul(tf.math.mul(a, a), a), b);
      var hessian = new Hessian(small.graph, loss);
      small.set(2, 5);
      assertThat(hessian.products()).isEqualTo(HessianProducts.DOUBLE_GRADIENT);
      assertClose(
          "cubic",
          hessian.times(small.session(), Batches.unfed(), new double[] {1, 1}),
          new double[] {12, 0},
          1e-12);
      var linear = new Hessian(small.graph, tf.math.mul(tf.constant(3.0), b));
      Eigenvalues top = linear.topEigenvalues(small.session(), Batches.unfed(), 1, 1);
      assertThat(top.values()).containsExactly(0.0);
    }
  }

  @Test
  void aFilterLeavesABlockOfTheDiagonal() {
    double[][] matrix = SmallLoss.withSpectrum(SPECTRUM, 1);
    try (var small = SmallLoss.quadratic(Kind.MIXED, matrix, new double[N])) {
      var hessian =
          new Hessian(
              small.graph, small.quadraticLoss(matrix, new double[N]), name -> name.equals("a"));
      small.setAtRandom(1);
      assertThat(hessian.dimension(small.session())).isEqualTo(6);
      double[] product = hessian.times(small.session(), Batches.unfed(), unit(6, 2));
      assertClose("block", product, Arrays.copyOf(matrix[2], 6), 1e-9);
    }
  }

  @Test
  void refusesByNameWhatCannotBe() {
    try (var small = new SmallLoss(Kind.REFERENCE)) {
      Ops tf = small.tf;
      Operand<TFloat64> w = small.variable("w", 3);
      Operand<TFloat64> loss = tf.reduceSum(tf.math.mul(w, w), tf.constant(0));
      var hessian = new Hessian(small.graph, loss);
      small.set(1, 2, 3);
      Session session = small.session();
      Batches once = Batches.unfed();
      assertRefused("k must be from 1 to 3", () -> hessian.topEigenvalues(session, once, 4, 1));
      assertRefused("k must be from 1 to 3", () -> hessian.topEigenvalues(session, once, 0, 1));
      assertRefused(
          "maxIterations is 1", () -> hessian.topEigenvalues(session, once, 2, 1, 1e-3, 1));
      assertRefused("tolerance", () -> hessian.topEigenvalues(session, once, 2, 1, Double.NaN, 10));
      assertRefused("2 samples", () -> hessian.trace(session, once, 1, 1));
      assertRefused("3 columns", () -> hessian.times(session, once, new double[2]));
      assertRefused(
          "not finite", () -> hessian.times(session, once, new double[] {Double.NaN, 0, 0}));
      assertRefused("0 batches", () -> new Batches(0, (batch, feeds) -> {}));
      assertRefused("is a scalar", () -> new Hessian(small.graph, tf.math.mul(w, w)));
      assertRefused("no trainable variable", () -> new Hessian(small.graph, loss, name -> false));
      Operand<TFloat64> factor =
          tf.reduceSum(
              tf.linalg.qr(tf.linalg.tensorDiag(tf.math.exp(w))).r(),
              tf.constant(new int[] {0, 1}));
      assertRefused("(Qr), which has no gradient", () -> new Hessian(small.graph, factor));

      small.set(Double.NaN, 2, 3);
      var byDifferences = Hessian.byDifferences(small.graph, tf.math.exp(loss));
      var thrown =
          assertThrows(
              IllegalStateException.class, () -> byDifferences.times(session, once, unit(3, 0)));
      assertThat(thrown).hasMessageThat().contains("not finite");
    }
  }

  private static void assertRefused(String message, Executable call) {
    assertThat(assertThrows(IllegalArgumentException.class, call))
        .hasMessageThat()
        .contains(message);
  }

  static void assertClose(String message, double[] actual, double[] expected, double tolerance) {
    assertWithMessage(message).that(actual.length).isEqualTo(expected.length);
    assertWithMessage(message)
        .that(actual)
        .usingTolerance(tolerance)
        .containsExactly(expected)
        .inOrder();
  }

  private static double[] array(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }
}
