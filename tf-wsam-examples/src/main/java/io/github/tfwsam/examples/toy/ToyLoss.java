package io.github.tfwsam.examples.toy;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat64;

/**
 * The paper's loss of two parameters, with a sharp minimum that is lower than the flat one.
 *
 * <pre>
 * L(m, s) = -log(0.7 exp(-K1(m, s) / 1.8^2) + 0.3 exp(-K2(m, s) / 1.2^2))
 * Ki(m, s) = log(si / s) + (s^2 + (m - mi)^2) / (2 si^2) - 1/2
 * (m1, s1) = (20, 30),   (m2, s2) = (-20, 10)
 * </pre>
 *
 * <p>K is the Kullback-Leibler divergence of two normal distributions; s is above 0.
 *
 * <p>Source: Yue et al., <a href="https://arxiv.org/abs/2305.15817">Sharpness-Aware Minimization
 * Revisited</a>, KDD 2023.
 */
public final class ToyLoss {
  /** Where the paper's optimizers start: m. */
  public static final double START_M = -6;

  /** Where the paper's optimizers start: s. */
  public static final double START_S = 10;

  private ToyLoss() {}

  /**
   * The loss of each pair of m and s.
   *
   * @param tf where it is built
   * @param m the first parameter
   * @param s the second parameter, of the shape of the first
   * @return the loss, of that shape; NaN where s is below 0
   */
  public static Operand<TFloat64> of(Ops tf, Operand<TFloat64> m, Operand<TFloat64> s) {
    return tf.math.neg(
        tf.math.log(
            tf.math.add(
                component(tf, m, s, 0.7, 1.8, 20, 30), component(tf, m, s, 0.3, 1.2, -20, 10))));
  }

  /** weight * exp(-K / width^2). */
  private static Operand<TFloat64> component(
      Ops tf,
      Operand<TFloat64> m,
      Operand<TFloat64> s,
      double weight,
      double width,
      double mi,
      double si) {
    Operand<TFloat64> ratio = tf.math.log(tf.math.div(tf.constant(si), s));
    Operand<TFloat64> squares =
        tf.math.add(tf.math.square(s), tf.math.square(tf.math.sub(m, tf.constant(mi))));
    Operand<TFloat64> divergence =
        tf.math.sub(
            tf.math.add(ratio, tf.math.div(squares, tf.constant(2 * si * si))), tf.constant(0.5));
    return tf.math.mul(
        tf.constant(weight),
        tf.math.exp(tf.math.neg(tf.math.div(divergence, tf.constant(width * width)))));
  }
}
