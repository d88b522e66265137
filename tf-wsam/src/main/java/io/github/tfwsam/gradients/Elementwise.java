package io.github.tfwsam.gradients;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.op.linalg.EuclideanNorm;
import org.tensorflow.op.math.Cumprod;
import org.tensorflow.op.math.Cumsum;
import org.tensorflow.types.family.TNumber;

/** Functions of numbers one by one, and what runs along an axis. */
final class Elementwise {
  static final Map<String, Gradient> GRADIENTS =
      Map.ofEntries(
          Map.entry("AccumulateNV2", Elementwise::sum),
          Map.entry("Cross", Elementwise::cross),
          Map.entry("Cumprod", Elementwise::cumprod),
          Map.entry("Digamma", Elementwise::digamma),
          Map.entry("Erfc", Elementwise::erfc),
          Map.entry("EuclideanNorm", Elementwise::euclideanNorm),
          Map.entry("FloorMod", Elementwise::floorMod),
          Map.entry("MulNoNan", Elementwise::mulNoNan),
          Map.entry("Xdivy", Elementwise::xdivy),
          Map.entry("Xlog1py", Elementwise::xlog1py),
          Map.entry("Xlogy", Elementwise::xlogy));

  private Elementwise() {}

  /** y = x_1 + x_2 + ..: dx_i = dy. */
  private static <T extends TNumber> List<Operand<?>> sum(Backprop<T> b) {
    return Collections.nCopies(b.inputCount(), b.dy(0));
  }

  /** y = u x v: du = v x dy, dv = dy x u. */
  private static <T extends TNumber> List<Operand<?>> cross(Backprop<T> b) {
    var tf = b.tf();
    return b.gradients(tf.linalg.cross(b.x(1), b.dy(0)), tf.linalg.cross(b.dy(0), b.x(0)));
  }

  /** y = digamma(x): dx = dy trigamma(x). */
  private static <T extends TNumber> List<Operand<?>> digamma(Backprop<T> b) {
    var tf = b.tf();
    Operand<T> one = b.scalar(1, b.x(0));
    return b.gradients(tf.math.mul(b.dy(0), tf.math.polygamma(one, b.x(0))));
  }

  /** y = erfc(x): dx = -dy 2 / sqrt(pi) exp(-x^2). */
  private static <T extends TNumber> List<Operand<?>> erfc(Backprop<T> b) {
    var tf = b.tf();
    Operand<T> slope =
        tf.math.mul(
            b.scalar(-2 / Math.sqrt(Math.PI), b.x(0)),
            tf.math.exp(tf.math.neg(tf.math.square(b.x(0)))));
    return b.gradients(tf.math.mul(b.dy(0), slope));
  }

  /** y = sqrt(sum of x^2 over axes): dx = dy x / y; 0 where y is. */
  private static <T extends TNumber, N extends TNumber> List<Operand<?>> euclideanNorm(
      Backprop<T> b) {
    var tf = b.tf();
    Operand<N> axes = b.input(1);
    Operand<T> y = tf.linalg.euclideanNorm(b.x(0), axes, EuclideanNorm.keepDims(true));
    Operand<T> dy = tf.reshape(b.dy(0), tf.shape(y));
    return b.gradients(tf.math.mul(tf.math.divNoNan(b.x(0), y), dy));
  }

  /** z = x - y floor(x / y): dx = dz, dy = -dz floor(x / y). */
  private static <T extends TNumber> List<Operand<?>> floorMod(Backprop<T> b) {
    var tf = b.tf();
    Operand<T> quotient = tf.math.floorDiv(b.x(0), b.x(1));
    return b.unbroadcast(b.dy(0), tf.math.neg(tf.math.mul(b.dy(0), quotient)));
  }

  /** z = x y, 0 where y is: dx = dz y, dy = dz x, with the factor that is 0 stronger than NaN. */
  private static <T extends TNumber> List<Operand<?>> mulNoNan(Backprop<T> b) {
    var tf = b.tf();
    return b.unbroadcast(tf.math.mulNoNan(b.dy(0), b.x(1)), tf.math.mulNoNan(b.x(0), b.dy(0)));
  }

  /** z = x / y, 0 where x is: dx = dz / y, dy = -dz x / y^2. */
  private static <T extends TNumber> List<Operand<?>> xdivy(Backprop<T> b) {
    var tf = b.tf();
    Operand<T> dx = tf.math.xdivy(isNotZero(b), b.x(1));
    Operand<T> dy = tf.math.xdivy(tf.math.neg(b.x(0)), tf.math.square(b.x(1)));
    return b.unbroadcast(tf.math.mul(b.dy(0), dx), tf.math.mul(b.dy(0), dy));
  }

  /** z = x log(1 + y), 0 where x is: dx = dz log(1 + y), dy = dz x / (1 + y). */
  private static <T extends TNumber> List<Operand<?>> xlog1py(Backprop<T> b) {
    var tf = b.tf();
    Operand<T> dx = tf.math.xlog1py(isNotZero(b), b.x(1));
    Operand<T> dy = tf.math.xdivy(b.x(0), tf.math.add(b.x(1), b.scalar(1, b.x(1))));
    return b.unbroadcast(tf.math.mul(b.dy(0), dx), tf.math.mul(b.dy(0), dy));
  }

  /** z = x log(y), 0 where x is: dx = dz log(y), dy = dz x / y. */
  private static <T extends TNumber> List<Operand<?>> xlogy(Backprop<T> b) {
    var tf = b.tf();
    Operand<T> dx = tf.math.xlogy(isNotZero(b), b.x(1));
    Operand<T> dy = tf.math.xdivy(b.x(0), b.x(1));
    return b.unbroadcast(tf.math.mul(b.dy(0), dx), tf.math.mul(b.dy(0), dy));
  }

  private static <T extends TNumber> Operand<T> isNotZero(Backprop<T> b) {
    var tf = b.tf();
    return tf.dtypes.cast(tf.math.notEqual(b.x(0), b.scalar(0, b.x(0))), b.x(0).type());
  }

  /**
   * y_k = product of x_j up to k: dx_i = (sum of dy_k y_k from i on) / x_i.
   *
   * <p>Zeros are not divided by. What comes after the first of them has no gradient, for it is
   * multiplied with 0; that of the first is the same sum with 1 in its place.
   */
  private static <T extends TNumber, N extends TNumber> List<Operand<?>> cumprod(Backprop<T> b) {
    var tf = b.tf();
    Operand<T> x = b.x(0);
    Operand<N> axis = b.input(1);
    boolean exclusive = b.flag("exclusive");
    boolean reverse = b.flag("reverse");
    var isZero = tf.math.equal(x, b.scalar(0, x));
    Operand<T> zerosBefore =
        tf.math.cumsum(
            tf.dtypes.cast(isZero, x.type()),
            axis,
            Cumsum.exclusive(true),
            Cumsum.reverse(reverse));
    var isFirstZero = tf.math.logicalAnd(isZero, tf.math.equal(zerosBefore, b.scalar(0, x)));
    Operand<T> without = tf.select(isFirstZero, tf.onesLike(x), x);
    Operand<T> products =
        tf.math.cumprod(without, axis, Cumprod.exclusive(exclusive), Cumprod.reverse(reverse));
    Operand<T> sums =
        tf.math.cumsum(
            tf.math.mul(b.y(0), b.dy(0)),
            axis,
            Cumsum.exclusive(exclusive),
            Cumsum.reverse(!reverse));
    Operand<T> sumsWithout =
        tf.math.cumsum(
            tf.math.mul(products, b.dy(0)),
            axis,
            Cumsum.exclusive(exclusive),
            Cumsum.reverse(!reverse));
    return b.gradients(tf.select(isFirstZero, sumsWithout, tf.math.divNoNan(sums, x)));
  }
}
