package io.github.tfwsam.schedules;

import static io.github.tfwsam.schedules.Checks.finite;
import static io.github.tfwsam.schedules.Checks.nonNegative;
import static io.github.tfwsam.schedules.Checks.positive;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt64;

/**
 * A decay by a constant factor in each {@code decaySteps} steps.
 *
 * <pre>
 * initialValue * decayRate^(t / decaySteps)         staircase: t / decaySteps rounded down
 * </pre>
 *
 * <p>Source: {@code tf.keras.optimizers.schedules.ExponentialDecay} of TensorFlow 2.16.
 *
 * @param initialValue the value in the first step, finite
 * @param decaySteps the steps in which the value is multiplied by the rate once, greater than 0
 * @param decayRate the factor, finite and at least 0
 * @param staircase whether the value is constant for {@code decaySteps} steps, and then jumps
 */
public record ExponentialDecay(
    double initialValue, long decaySteps, double decayRate, boolean staircase) implements Schedule {
  /** The form, if none is given: not a staircase. */
  public static final boolean STAIRCASE_DEFAULT = false;

  /**
   * Checks the numbers.
   *
   * @param initialValue the value in the first step, finite
   * @param decaySteps the steps in which the value is multiplied by the rate once, greater than 0
   * @param decayRate the factor, finite and at least 0
   * @param staircase whether the value is constant for {@code decaySteps} steps, and then jumps
   * @throws IllegalArgumentException if a number is out of its range
   */
  public ExponentialDecay {
    finite("initialValue", initialValue);
    positive("decaySteps", decaySteps);
    nonNegative("decayRate", decayRate);
  }

  /**
   * A decay in each step.
   *
   * @param initialValue the value in the first step, finite
   * @param decaySteps the steps in which the value is multiplied by the rate once, greater than 0
   * @param decayRate the factor, finite and at least 0
   * @throws IllegalArgumentException if a number is out of its range
   */
  public ExponentialDecay(double initialValue, long decaySteps, double decayRate) {
    this(initialValue, decaySteps, decayRate, STAIRCASE_DEFAULT);
  }

  @Override
  public Operand<TFloat64> at(Ops tf, Operand<TInt64> step) {
    Operand<TFloat64> t = tf.dtypes.cast(step, TFloat64.class);
    Operand<TFloat64> periods = tf.math.div(t, tf.constant((double) decaySteps));
    return tf.math.mul(
        tf.constant(initialValue),
        tf.math.pow(tf.constant(decayRate), staircase ? tf.math.floor(periods) : periods));
  }
}
