package io.github.tfwsam.gradients;

import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TNumber;

/** Reductions of rows that segment ids put together. */
final class Segments {
  private static final String SUM = "SparseSegmentSumGrad";
  private static final String MEAN = "SparseSegmentMeanGrad";
  private static final String SQRT_N = "SparseSegmentSqrtNGrad";

  static final Map<String, Gradient> GRADIENTS =
      Map.ofEntries(
          Map.entry("SegmentMax", Segments::extremum),
          Map.entry("SegmentMean", Segments::mean),
          Map.entry("SegmentMin", Segments::extremum),
          Map.entry("SegmentProd", Segments::product),
          Map.entry("SparseSegmentMean", Segments::sparse),
          Map.entry("SparseSegmentMeanWithNumSegments", Segments::sparse),
          Map.entry("SparseSegmentSqrtN", Segments::sparse),
          Map.entry("SparseSegmentSqrtNWithNumSegments", Segments::sparse),
          Map.entry("SparseSegmentSum", Segments::sparse),
          Map.entry("SparseSegmentSumWithNumSegments", Segments::sparse));

  private Segments() {}

  /** y_s = mean of x_i with id_i = s: dx_i = dy_s / number of these. */
  private static <T extends TNumber, N extends TNumber> List<Operand<?>> mean(Backprop<T> b) {
    var tf = b.tf();
    Operand<N> ids = b.input(1);
    Operand<TInt32> ones =
        tf.fill(
            tf.expandDims(tf.math.sub(tf.rank(b.x(0)), tf.constant(1)), tf.constant(0)),
            tf.constant(1));
    Operand<TInt32> column = tf.concat(List.of(tf.shape(ids), ones), tf.constant(0));
    Operand<T> each = tf.fill(column, b.scalar(1, b.x(0)));
    Operand<T> sizes = sum(b, each, ids);
    return b.gradients(spread(b, tf.math.div(b.dy(0), tf.math.maximum(sizes, b.scalar(1, sizes)))));
  }

  /** y_s = max (or min) of x_i with id_i = s: dx_i = dy_s / number of these, where x_i is y_s. */
  private static <T extends TNumber, N extends TNumber> List<Operand<?>> extremum(Backprop<T> b) {
    var tf = b.tf();
    Operand<N> ids = b.input(1);
    Operand<TBool> selected = tf.math.equal(b.x(0), spread(b, b.y(0)));
    Operand<T> number = sum(b, tf.dtypes.cast(selected, b.x(0).type()), ids);
    Operand<T> dx = spread(b, tf.math.divNoNan(b.dy(0), number));
    return b.gradients(tf.select(selected, dx, tf.zerosLike(b.x(0))));
  }

  /**
   * y_s = product of x_i with id_i = s: dx_i = dy_s times the product of the others. If exactly one
   * is 0, it alone has a gradient.
   */
  private static <T extends TNumber, N extends TNumber> List<Operand<?>> product(Backprop<T> b) {
    var tf = b.tf();
    Operand<T> x = b.x(0);
    Operand<N> ids = b.input(1);
    Operand<TBool> isZero = tf.math.equal(x, b.scalar(0, x));
    Operand<T> zeros = sum(b, tf.dtypes.cast(isZero, x.type()), ids);
    Operand<T> dy =
        tf.select(tf.math.greater(zeros, b.scalar(1, x)), tf.zerosLike(b.dy(0)), b.dy(0));
    Operand<T> others = tf.select(isZero, tf.onesLike(x), x);
    Operand<T> product = b.typed(b.op("SegmentProd", others, ids).build().output(0));
    Operand<T> dx = tf.select(isZero, spread(b, product), tf.math.div(spread(b, b.y(0)), others));
    return b.gradients(tf.math.mul(dx, spread(b, dy)));
  }

  /** For each row of x what a tensor of the segments has for it. */
  private static <T extends TNumber, N extends TNumber> Operand<T> spread(
      Backprop<T> b, Operand<T> segments) {
    return b.tf().gather(segments, b.<N>input(1), b.tf().constant(0));
  }

  /** SegmentSum, of which the Java API has the second version alone. */
  private static <T extends TNumber> Operand<T> sum(
      Backprop<T> b, Operand<T> rows, Operand<?> ids) {
    return b.typed(b.op("SegmentSum", rows, ids).build().output(0));
  }

  /** The same of the rows x[indices]: TensorFlow has ops for it. */
  private static <T extends TNumber> List<Operand<?>> sparse(Backprop<T> b) {
    String type = b.type().contains("Mean") ? MEAN : b.type().contains("SqrtN") ? SQRT_N : SUM;
    return b.gradients(
        b.op(type, b.dy(0), b.input(1), b.input(2), b.size(b.x(0), 0)).build().output(0));
  }
}
