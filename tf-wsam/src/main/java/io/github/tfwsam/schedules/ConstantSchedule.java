package io.github.tfwsam.schedules;

import static io.github.tfwsam.schedules.Checks.finite;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt64;

/**
 * The same value in every step.
 *
 * @param value the value, finite
 */
public record ConstantSchedule(double value) implements Schedule {
  /**
   * Checks the value.
   *
   * @param value the value, finite
   * @throws IllegalArgumentException if it is not finite
   */
  public ConstantSchedule {
    finite("value", value);
  }

  @Override
  public Operand<TFloat64> at(Ops tf, Operand<TInt64> step) {
    return tf.constant(value);
  }
}
