package io.github.tfwsam.schedules;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt64;

/**
 * A hyper-parameter as a function of the step, computed in the graph. A schedule of one's own is a
 * lambda: {@code (tf, step) -> tf.math.div(..)}.
 */
@FunctionalInterface
public interface Schedule {

  /**
   * The value in a step.
   *
   * @param tf where to build
   * @param step the number of steps taken before, a scalar: 0 in the first step
   * @return the value, a scalar
   */
  Operand<TFloat64> at(Ops tf, Operand<TInt64> step);

  /**
   * The same value in every step.
   *
   * @param value the value
   * @return the schedule
   * @throws IllegalArgumentException if the value is not finite
   */
  static Schedule constant(double value) {
    return new ConstantSchedule(value);
  }
}
