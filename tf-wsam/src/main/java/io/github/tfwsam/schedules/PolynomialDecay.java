package io.github.tfwsam.schedules;

import static io.github.tfwsam.schedules.Checks.finite;
import static io.github.tfwsam.schedules.Checks.positive;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt64;

/**
 * A decay along a power: linear, if the power is 1.
 *
 * <pre>
 * (initialValue - endValue) * (1 - p)^power + endValue
 *          p = min(t, decaySteps) / decaySteps
 * cycle:   p = t / (decaySteps * max(1, ceil(t / decaySteps)))
 * </pre>
 *
 * <p>A cycle begins again each time the end value is reached, from a smaller value each time.
 *
 * <p>Source: {@code tf.keras.optimizers.schedules.PolynomialDecay} of TensorFlow 2.16.
 *
 * @param initialValue the value in the first step, finite
 * @param decaySteps the length of the decay, greater than 0
 * @param endValue the value at its end, finite
 * @param power the power, finite and greater than 0
 * @param cycle whether the decay begins again at its end
 */
public record PolynomialDecay(
    double initialValue, long decaySteps, double endValue, double power, boolean cycle)
    implements Schedule {
  /** The value at the end, if none is given. */
  public static final double END_VALUE_DEFAULT = 1e-4;

  /** The power, if none is given: a linear decay. */
  public static final double POWER_DEFAULT = 1;

  /** The form, if none is given: one decay alone. */
  public static final boolean CYCLE_DEFAULT = false;

  /**
   * Checks the numbers.
   *
   * @param initialValue the value in the first step, finite
   * @param decaySteps the length of the decay, greater than 0
   * @param endValue the value at its end, finite
   * @param power the power, finite and greater than 0
   * @param cycle whether the decay begins again at its end
   * @throws IllegalArgumentException if a number is out of its range
   */
  public PolynomialDecay {
    finite("initialValue", initialValue);
    positive("decaySteps", decaySteps);
    finite("endValue", endValue);
    positive("power", power);
  }

  /**
   * A linear decay to 0.0001.
   *
   * @param initialValue the value in the first step, finite
   * @param decaySteps the length of the decay, greater than 0
   * @throws IllegalArgumentException if a number is out of its range
   */
  public PolynomialDecay(double initialValue, long decaySteps) {
    this(initialValue, decaySteps, END_VALUE_DEFAULT, POWER_DEFAULT);
  }

  /**
   * A decay that ends.
   *
   * @param initialValue the value in the first step, finite
   * @param decaySteps the length of the decay, greater than 0
   * @param endValue the value at its end, finite
   * @param power the power, finite and greater than 0
   * @throws IllegalArgumentException if a number is out of its range
   */
  public PolynomialDecay(double initialValue, long decaySteps, double endValue, double power) {
    this(initialValue, decaySteps, endValue, power, CYCLE_DEFAULT);
  }

  @Override
  public Operand<TFloat64> at(Ops tf, Operand<TInt64> step) {
    Operand<TFloat64> t = tf.dtypes.cast(step, TFloat64.class);
    Operand<TFloat64> one = tf.constant(1.0);
    Operand<TFloat64> steps = tf.constant((double) decaySteps);
    Operand<TFloat64> completed;
    if (cycle) {
      Operand<TFloat64> cycles = tf.math.maximum(one, tf.math.ceil(tf.math.div(t, steps)));
      completed = tf.math.div(t, tf.math.mul(steps, cycles));
    } else {
      completed = tf.math.div(tf.math.minimum(t, steps), steps);
    }
    Operand<TFloat64> remaining = tf.math.pow(tf.math.sub(one, completed), tf.constant(power));
    return tf.math.add(
        tf.math.mul(tf.constant(initialValue - endValue), remaining), tf.constant(endValue));
  }
}
