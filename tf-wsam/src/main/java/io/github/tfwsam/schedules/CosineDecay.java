package io.github.tfwsam.schedules;

import static io.github.tfwsam.schedules.Checks.finite;
import static io.github.tfwsam.schedules.Checks.nonNegative;
import static io.github.tfwsam.schedules.Checks.positive;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt64;

/**
 * A linear warm-up, and then half a period of a cosine down to a fraction.
 *
 * <pre>
 * t &lt; warmupSteps   initialValue + (warmupTarget - initialValue) * t / warmupSteps
 * else              warmupTarget * ((1 - alpha) * (1 + cos(pi * p)) / 2 + alpha)
 *                   p = min(t - warmupSteps, decaySteps) / decaySteps
 * </pre>
 *
 * <p>Source: {@code tf.keras.optimizers.schedules.CosineDecay} of TensorFlow 2.16; without a
 * warm-up, <a href="https://arxiv.org/abs/1608.03983">Loshchilov and Hutter, SGDR</a>.
 *
 * @param initialValue the value in the first step, finite
 * @param decaySteps the length of the decay, after the warm-up; greater than 0
 * @param alpha what remains at its end, as a fraction of the warm-up's target; finite
 * @param warmupTarget the value at the end of the warm-up, finite
 * @param warmupSteps the length of the warm-up, at least 0
 */
public record CosineDecay(
    double initialValue, long decaySteps, double alpha, double warmupTarget, long warmupSteps)
    implements Schedule {
  /** What remains at the end, if nothing is given: nothing. */
  public static final double ALPHA_DEFAULT = 0;

  /**
   * Checks the numbers.
   *
   * @param initialValue the value in the first step, finite
   * @param decaySteps the length of the decay, after the warm-up; greater than 0
   * @param alpha what remains at its end, as a fraction of the warm-up's target; finite
   * @param warmupTarget the value at the end of the warm-up, finite
   * @param warmupSteps the length of the warm-up, at least 0
   * @throws IllegalArgumentException if a number is out of its range
   */
  public CosineDecay {
    finite("initialValue", initialValue);
    positive("decaySteps", decaySteps);
    finite("alpha", alpha);
    finite("warmupTarget", warmupTarget);
    nonNegative("warmupSteps", warmupSteps);
  }

  /**
   * A decay to 0 without a warm-up.
   *
   * @param initialValue the value in the first step, finite
   * @param decaySteps the length of the decay, greater than 0
   * @throws IllegalArgumentException if a number is out of its range
   */
  public CosineDecay(double initialValue, long decaySteps) {
    this(initialValue, decaySteps, ALPHA_DEFAULT);
  }

  /**
   * A decay without a warm-up.
   *
   * @param initialValue the value in the first step, finite
   * @param decaySteps the length of the decay, greater than 0
   * @param alpha what remains at its end, as a fraction of the initial value; finite
   * @throws IllegalArgumentException if a number is out of its range
   */
  public CosineDecay(double initialValue, long decaySteps, double alpha) {
    this(initialValue, decaySteps, alpha, initialValue, 0);
  }

  @Override
  public Operand<TFloat64> at(Ops tf, Operand<TInt64> step) {
    Operand<TFloat64> t = tf.dtypes.cast(step, TFloat64.class);
    Operand<TFloat64> warmup = tf.constant((double) warmupSteps);
    Operand<TFloat64> decayed = decayed(tf, tf.math.sub(t, warmup));
    return warmupSteps == 0
        ? decayed
        : tf.select(tf.math.less(t, warmup), warmedUp(tf, tf.math.div(t, warmup)), decayed);
  }

  private Operand<TFloat64> warmedUp(Ops tf, Operand<TFloat64> completed) {
    return tf.math.add(
        tf.math.mul(tf.constant(warmupTarget - initialValue), completed),
        tf.constant(initialValue));
  }

  private Operand<TFloat64> decayed(Ops tf, Operand<TFloat64> t) {
    Operand<TFloat64> steps = tf.constant((double) decaySteps);
    Operand<TFloat64> completed = tf.math.div(tf.math.minimum(t, steps), steps);
    Operand<TFloat64> cosine = tf.math.cos(tf.math.mul(tf.constant(Math.PI), completed));
    Operand<TFloat64> half = tf.math.mul(tf.constant(0.5), tf.math.add(tf.constant(1.0), cosine));
    return tf.math.mul(
        tf.constant(warmupTarget),
        tf.math.add(tf.math.mul(tf.constant(1 - alpha), half), tf.constant(alpha)));
  }
}
