package io.github.tfwsam.gradients;

import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.core.Stack;
import org.tensorflow.proto.DataType;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TNumber;

/**
 * Fourier transforms, and the absolute value of complex numbers. The Java API has no complex types,
 * so that these ops are built by name. The gradient of a complex x is dL / dRe(x) + i dL / dIm(x).
 */
final class Spectra {
  static final Map<String, Gradient> GRADIENTS =
      Map.of(
          "ComplexAbs", Spectra::absolute,
          "FFT", Spectra::fourier,
          "FFT2D", Spectra::fourier,
          "FFT3D", Spectra::fourier,
          "IFFT", Spectra::fourier,
          "IFFT2D", Spectra::fourier,
          "IFFT3D", Spectra::fourier,
          "IRFFT", Spectra::inverseOfReal,
          "RFFT", Spectra::ofReal);

  private Spectra() {}

  /** y = |x|: dx = dy x / y; 0 where y is. */
  private static <T extends TNumber> List<Operand<?>> absolute(Backprop<T> b) {
    DataType complex = b.dataType(0);
    Output<?> factor = build(b, "DivNoNan", b.dy(0), b.output(0));
    return b.gradients(build(b, "Mul", cast(b, factor, complex), b.input(0)));
  }

  /** y = F x: dx = n F^-1 dy; y = F^-1 x: dx = F dy / n; n elements are transformed at a time. */
  private static <T extends TNumber> List<Operand<?>> fourier(Backprop<T> b) {
    var tf = b.tf();
    boolean inverse = b.type().startsWith("I");
    int axes =
        b.type().endsWith("D") ? Character.digit(b.type().charAt(b.type().length() - 2), 10) : 1;
    Operand<TInt32> first =
        tf.expandDims(tf.math.sub(tf.rank(b.input(0)), tf.constant(axes)), tf.constant(0));
    Operand<TInt32> sizes = tf.slice(tf.shape(b.input(0)), first, tf.constant(new int[] {-1}));
    Output<?> size = cast(b, tf.reduceProd(sizes, tf.constant(0)), b.dataType(0));
    String back = inverse ? b.type().substring(1) : "I" + b.type();
    return b.gradients(build(b, inverse ? "RealDiv" : "Mul", build(b, back, b.dy(0)), size));
  }

  /**
   * The first n / 2 + 1 of y = F x, where x is real: dx = n Re(F^-1 dy) with zeros for the rest of
   * dy.
   */
  private static <T extends TNumber> List<Operand<?>> ofReal(Backprop<T> b) {
    var tf = b.tf();
    Operand<TInt32> n = tf.reshape(b.<TInt32>input(1), tf.constant(new int[0]));
    Output<?> inverse = build(b, "IFFT", lastResized(b, b.dy(0), n));
    Output<?> real = b.op("Real", inverse).setAttr("Tout", b.dataType(0)).build().output(0);
    Output<?> dx = build(b, "Mul", real, cast(b, n, b.dataType(0)));
    return b.gradients(lastResized(b, dx, b.size(b.input(0), -1)));
  }

  /**
   * y = F^-1 x, real, of the first n / 2 + 1 of x: dx = c F dy / n, where c is 2 for what stands
   * for its mirror image as well, and 1 for the first and, if n is even, the last.
   */
  private static <T extends TNumber> List<Operand<?>> inverseOfReal(Backprop<T> b) {
    var tf = b.tf();
    Operand<TInt32> n = tf.reshape(b.<TInt32>input(1), tf.constant(new int[0]));
    Output<?> forward =
        b.op("RFFT", b.dy(0), b.input(1)).setAttr("Tcomplex", b.dataType(0)).build().output(0);
    Operand<TInt32> zero = tf.constant(0);
    Operand<TInt32> one = tf.constant(1);
    Operand<TInt32> two = tf.constant(2);
    Operand<TInt32> k = tf.range(zero, tf.math.add(tf.math.div(n, two), one), one);
    var alone = tf.math.logicalOr(tf.math.equal(k, zero), tf.math.equal(tf.math.mul(k, two), n));
    Output<?> c = cast(b, tf.select(alone, one, two), b.dataType(0));
    Output<?> dx = build(b, "RealDiv", build(b, "Mul", c, forward), cast(b, n, b.dataType(0)));
    return b.gradients(lastResized(b, dx, b.size(b.input(0), -1)));
  }

  /** The last axis cut, or filled up with zeros, to a size. */
  private static Output<?> lastResized(Backprop<?> b, Operand<?> x, Operand<TInt32> size) {
    var tf = b.tf();
    Operand<TInt32> flat = tf.constant(new int[] {-1});
    Operand<TInt32> others =
        tf.slice(
            tf.shape(x),
            tf.constant(new int[1]),
            tf.expandDims(tf.math.sub(tf.rank(x), tf.constant(1)), tf.constant(0)));
    Operand<TInt32> kept = tf.math.minimum(b.size(x, -1), size);
    Operand<TInt32> shape = tf.concat(List.of(others, tf.reshape(kept, flat)), tf.constant(0));
    Output<?> cut = build(b, "Slice", x, tf.zerosLike(shape), shape);
    Operand<TInt32> missing =
        tf.concat(
            List.of(tf.zerosLike(others), tf.reshape(tf.math.sub(size, kept), flat)),
            tf.constant(0));
    return build(b, "Pad", cut, tf.stack(List.of(tf.zerosLike(missing), missing), Stack.axis(1L)));
  }

  private static Output<?> cast(Backprop<?> b, Operand<?> x, DataType type) {
    return b.op("Cast", x).setAttr("DstT", type).build().output(0);
  }

  private static Output<?> build(Backprop<?> b, String type, Operand<?>... inputs) {
    return b.op(type, inputs).build().output(0);
  }
}
