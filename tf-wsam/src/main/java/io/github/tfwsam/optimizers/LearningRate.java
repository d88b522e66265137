package io.github.tfwsam.optimizers;

import static io.github.tfwsam.optimizers.Ranges.nonNegative;

import io.github.tfwsam.schedules.Schedule;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TNumber;

/** A learning rate: a number, what the graph computes, or a function of the step. */
sealed interface LearningRate {

  /**
   * The rate of a step.
   *
   * @param steps the number of steps taken before; null if they are not counted
   */
  Operand<TFloat64> in(Ops tf, Operand<TInt64> steps);

  /** True if it depends on the number of steps. */
  default boolean countsSteps() {
    return false;
  }

  /** A number known when the step is built. */
  record Known(double value) implements LearningRate {
    public Known {
      nonNegative("learningRate", value);
    }

    @Override
    public Operand<TFloat64> in(Ops tf, Operand<TInt64> steps) {
      return tf.constant(value);
    }

    @Override
    public String toString() {
      return Double.toString(value);
    }
  }

  /** A scalar that the graph computes: a placeholder, a variable. */
  record Computed(Operand<? extends TNumber> value) implements LearningRate {
    public Computed {
      requireScalar(value);
    }

    @Override
    public Operand<TFloat64> in(Ops tf, Operand<TInt64> steps) {
      return checked(tf, tf.dtypes.cast(value, TFloat64.class));
    }

    @Override
    public String toString() {
      return value.op().name();
    }
  }

  /** A function of the step. */
  record Scheduled(Schedule schedule) implements LearningRate {
    @Override
    public boolean countsSteps() {
      return true;
    }

    @Override
    public Operand<TFloat64> in(Ops tf, Operand<TInt64> steps) {
      Operand<TFloat64> value = schedule.at(tf, steps);
      requireScalar(value);
      return checked(tf, value);
    }

    @Override
    public String toString() {
      return schedule.toString();
    }
  }

  private static void requireScalar(Operand<?> value) {
    if (!value.shape().isUnknown() && value.shape().numDimensions() != 0) {
      throw new IllegalArgumentException(
          "'"
              + value.op().name()
              + "' has the shape "
              + value.shape()
              + ", but a learning rate is a scalar: give an operand of no dimensions.");
    }
  }

  /** The value, in a run in which it is in range; another run fails. */
  private static Operand<TFloat64> checked(Ops tf, Operand<TFloat64> value) {
    Operand<TFloat64> infinity = tf.constant(Double.POSITIVE_INFINITY);
    Op check =
        tf.assertThat(
            tf.math.logicalAnd(
                tf.math.greaterEqual(value, tf.constant(0.0)), tf.math.less(value, infinity)),
            List.of(tf.constant("The learning rate must be finite and >= 0; it is"), value));
    return tf.withControlDependencies(check).identity(value);
  }
}
