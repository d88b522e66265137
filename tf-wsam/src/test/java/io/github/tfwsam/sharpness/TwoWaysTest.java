package io.github.tfwsam.sharpness;

import static com.google.common.truth.Truth.assertThat;

import io.github.tfwsam.sharpness.SmallLoss.Kind;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;

/** Where the gradient of an op is differentiated again, the Hessian is that of differences. */
class TwoWaysTest {
  private static final int ROWS = 4;
  private static final int COLUMNS = 3;

  /** An op on a matrix of 4 by 3 positive numbers. */
  private record Case(String name, BiFunction<Ops, Operand<TFloat64>, Operand<TFloat64>> op) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> cases() {
    return Stream.of(
        new Case("Abs", (tf, w) -> tf.math.abs(w)),
        new Case("Acos", (tf, w) -> tf.math.acos(half(tf, w))),
        new Case("Atan", (tf, w) -> tf.math.atan(w)),
        new Case("Atan2", (tf, w) -> tf.math.atan2(w, tf.math.exp(w))),
        new Case("Cos", (tf, w) -> tf.math.cos(w)),
        new Case("Cosh", (tf, w) -> tf.math.cosh(w)),
        new Case("Cumprod", (tf, w) -> tf.math.cumprod(w, tf.constant(0))),
        new Case("Cumsum", (tf, w) -> tf.math.cumsum(w, tf.constant(1))),
        new Case("Div", (tf, w) -> tf.math.div(tf.constant(1.0), w)),
        new Case("Erfc", (tf, w) -> tf.math.erfc(w)),
        new Case("Lgamma", (tf, w) -> tf.math.lgamma(w)),
        new Case("Log", (tf, w) -> tf.math.log(w)),
        new Case("Log1p", (tf, w) -> tf.math.log1p(w)),
        new Case("Maximum", (tf, w) -> tf.math.maximum(w, tf.math.square(w))),
        new Case("Pow", (tf, w) -> tf.math.pow(w, tf.math.add(w, tf.constant(1.5)))),
        new Case(
            "BiasAdd", (tf, w) -> tf.math.exp(tf.nn.biasAdd(w, tf.reduceSum(w, tf.constant(0))))),
        new Case("Relu6", (tf, w) -> tf.nn.relu6(tf.math.mul(w, tf.constant(5.0)))),
        new Case("Rsqrt", (tf, w) -> tf.math.rsqrt(w)),
        new Case("Sin", (tf, w) -> tf.math.sin(w)),
        new Case("Square", (tf, w) -> tf.math.square(w)),
        new Case(
            "SquaredDifference",
            (tf, w) -> tf.math.squaredDifference(w, tf.reduceSum(w, tf.constant(0)))),
        new Case("Tan", (tf, w) -> tf.math.tan(half(tf, w))),
        new Case("Xlogy", (tf, w) -> tf.math.xlogy(w, w)),
        new Case("Softmax", (tf, w) -> tf.nn.softmax(w)),
        new Case("LogSoftmax", (tf, w) -> tf.nn.logSoftmax(w)),
        new Case("Max", (tf, w) -> tf.reduceMax(w, tf.constant(1))),
        new Case("Prod", (tf, w) -> tf.reduceProd(w, tf.constant(1))),
        new Case("MatMul", (tf, w) -> tf.linalg.matMul(w, tf.linalg.transpose(w, axes(tf)))),
        new Case(
            "BatchMatMul",
            (tf, w) ->
                tf.train.batchMatMul(
                    tf.reshape(w, tf.constant(new int[] {2, 2, 3})),
                    tf.reshape(w, tf.constant(new int[] {2, 3, 2})),
                    TFloat64.class)),
        new Case(
            "GatherV2", (tf, w) -> tf.gather(w, tf.constant(new int[] {2, 0, 2}), tf.constant(0))),
        new Case("GatherNd", (tf, w) -> tf.gatherNd(w, tf.constant(new int[][] {{0, 1}, {3, 2}}))),
        new Case("Pad", (tf, w) -> tf.pad(w, tf.constant(new int[][] {{1, 0}, {0, 2}}), one(tf))),
        new Case(
            "Slice",
            (tf, w) -> tf.slice(w, tf.constant(new int[] {1, 0}), tf.constant(new int[] {2, 2}))),
        new Case("Split", (tf, w) -> tf.split(tf.constant(0), w, 2L).output().get(1)),
        new Case("Stack", (tf, w) -> tf.stack(List.of(w, tf.math.exp(w)))),
        new Case("Tile", (tf, w) -> tf.tile(w, tf.constant(new int[] {2, 1}))),
        new Case("Concat", (tf, w) -> tf.concat(List.of(w, w), tf.constant(1))),
        new Case(
            "BroadcastTo", (tf, w) -> tf.broadcastTo(w, tf.constant(new int[] {2, ROWS, COLUMNS}))),
        new Case("ClipByValue", (tf, w) -> tf.clipByValue(w, tf.constant(0.6), tf.constant(1.1))),
        new Case("Select", (tf, w) -> tf.select(tf.math.greater(w, one(tf)), w, tf.math.square(w))),
        new Case(
            "UnsortedSegmentSum",
            (tf, w) ->
                tf.math.unsortedSegmentSum(w, tf.constant(new int[] {0, 1, 0, 1}), tf.constant(2))),
        new Case(
            "Cholesky",
            (tf, w) -> tf.linalg.cholesky(tf.linalg.matMul(tf.linalg.transpose(w, axes(tf)), w))),
        new Case(
            "MatrixInverse",
            (tf, w) -> tf.linalg.inv(tf.linalg.matMul(tf.linalg.transpose(w, axes(tf)), w))));
  }

  private static Operand<TFloat64> half(Ops tf, Operand<TFloat64> w) {
    return tf.math.mul(w, tf.constant(0.5));
  }

  private static Operand<TFloat64> one(Ops tf) {
    return tf.constant(1.0);
  }

  private static Operand<TInt32> axes(Ops tf) {
    return tf.constant(new int[] {1, 0});
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theyAgree(Case c) {
    try (var small = new SmallLoss(Kind.REFERENCE)) {
      Operand<TFloat64> loss = loss(small, c);
      var chosen = new Hessian(small.graph, loss);
      var differences = Hessian.byDifferences(small.graph, loss);
      assertThat(chosen.products()).isEqualTo(HessianProducts.DOUBLE_GRADIENT);
      small.set(new Random(1).doubles(ROWS * COLUMNS).map(x -> 0.3 + x).toArray());
      double[] v = new Random(2).doubles(ROWS * COLUMNS).map(x -> x - 0.5).toArray();
      double[] exact = chosen.times(small.session(), Batches.unfed(), v);
      double size = Arrays.stream(exact).map(Math::abs).max().orElseThrow();
      assertThat(size).isGreaterThan(0);
      HessianTest.assertClose(
          c.name, differences.times(small.session(), Batches.unfed(), v), exact, 1e-8 * size);
    }
  }

  private static Operand<TFloat64> loss(SmallLoss small, Case c) {
    Ops tf = small.tf;
    Operand<TFloat64> y =
        tf.reshape(c.op.apply(tf, small.variable("w", ROWS, COLUMNS)), tf.constant(new int[] {-1}));
    Operand<TFloat64> weights =
        tf.math.add(
            one(tf),
            tf.dtypes.cast(tf.range(tf.constant(0), tf.size(y), tf.constant(1)), TFloat64.class));
    return tf.reduceSum(tf.math.mul(weights, tf.math.mul(y, y)), tf.constant(0));
  }
}
