package io.github.tfwsam.gradients;

import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.math.Mean;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TNumber;

/**
 * The gradient of batch norm's gradient, in training and channels last. With x^ = (x - mean(x)) r,
 * r = 1 / sqrt(var(x) + epsilon), scale s, and the means over all axes but the channels:
 *
 * <pre>
 * dx = s r (dy - mean(dy) - x^ mean(dy x^)),   ds = sum(dy x^),   doffset = sum(dy)
 * </pre>
 *
 * <p>The mean and variance that the op is given are those of x, and count as functions of it.
 */
final class SecondBatchNorm {
  static final Map<String, Gradient> GRADIENTS =
      Map.of("FusedBatchNormGradV3", SecondBatchNorm::of);

  private SecondBatchNorm() {}

  /** For arriving gradients gx of dx, gs of ds and go of doffset. */
  private static <T extends TNumber> List<Operand<?>> of(Backprop<T> b) {
    Ops tf = b.tf();
    Operand<T> dy = b.x(0);
    Operand<T> x = b.x(1);
    Operand<T> s = b.x(2);
    Operand<T> gx = b.dy(0);
    Operand<T> gs = b.dy(1);
    Operand<T> go = b.dy(2);
    Operand<T> centered = tf.math.sub(x, mean(tf, x));
    Operand<T> variance = mean(tf, tf.math.mul(centered, centered));
    Operand<T> r = tf.math.rsqrt(tf.math.add(variance, b.scalar(b.number("epsilon"), x)));
    Operand<T> normal = tf.math.mul(centered, r);
    Operand<T> sr = tf.math.mul(s, r);
    Operand<T> m = mean(tf, tf.math.mul(dy, normal));
    Operand<T> n = mean(tf, tf.math.mul(gx, normal));

    Operand<T> toDy =
        tf.math.add(
            tf.math.add(tf.math.mul(gs, normal), go), tf.math.mul(sr, projected(tf, gx, normal)));
    Operand<T> rises = tf.math.mul(gx, projected(tf, dy, normal));
    Operand<T> toScale = tf.reduceSum(tf.math.mul(r, rises), axes(tf));

    Operand<T> toNormal =
        tf.math.sub(
            tf.math.mul(gs, dy),
            tf.math.mul(sr, tf.math.add(tf.math.mul(gx, m), tf.math.mul(dy, n))));
    // r is also a factor of dx: sum(rises) s is its derivative, and -r^2 x^ / count that of r.
    Operand<T> toFactor = tf.math.mul(tf.math.mul(s, mean(tf, rises)), tf.math.mul(r, normal));
    Operand<T> toX = tf.math.mul(r, tf.math.sub(projected(tf, toNormal, normal), toFactor));
    return b.gradients(toDy, toX, toScale);
  }

  /** What is left of t without its mean and its part along x^. */
  private static <T extends TNumber> Operand<T> projected(Ops tf, Operand<T> t, Operand<T> normal) {
    return tf.math.sub(
        tf.math.sub(t, mean(tf, t)), tf.math.mul(normal, mean(tf, tf.math.mul(t, normal))));
  }

  private static <T extends TNumber> Operand<T> mean(Ops tf, Operand<T> t) {
    return tf.math.mean(t, axes(tf), Mean.keepDims(true));
  }

  private static Operand<TInt32> axes(Ops tf) {
    return tf.constant(new int[] {0, 1, 2});
  }
}
