package io.github.tfwsam.sharpness;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import io.github.tfwsam.sharpness.SmallLoss.Kind;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat64;

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
    TANH,
    SIGMOID,
    SOFTPLUS,
    ELU,
    SELU,
    RELU,
    LEAKY_RELU,
    EXP,
    SWISH,
    ERF;

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
        System.out.println(activation + " " + hessian.products());
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
