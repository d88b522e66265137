package io.github.tfwsam;

import io.github.tfwsam.schedules.Schedule;
import java.util.List;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.family.TNumber;

/** A number that is known when the step is built, or that the graph computes in each run. */
sealed interface Hyperparameter {

  /** The number as a scalar of float32 or float64. */
  Operand<? extends TNumber> in(Ops tf, Class<? extends TNumber> type);

  /** What fails a run in which the number is out of range; empty if the number is known now. */
  Optional<Op> check(Ops tf, Range range);

  /** The numbers that a hyper-parameter may be. NaN is in none: comparisons with it are false. */
  enum Range {
    RHO(
        "rho must be finite and at least 0: it is the radius of the perturbation",
        true,
        Double.POSITIVE_INFINITY),
    GAMMA(
        "gamma must be at least 0 and less than 1: gamma / (1 - gamma) weighs the sharpness term",
        true,
        1),
    MAX_NORM(
        "maxNorm must be finite and greater than 0: gradients are scaled to it",
        false,
        Double.POSITIVE_INFINITY);

    private final String rule;
    private final boolean zeroAllowed;
    private final double limit;

    Range(String rule, boolean zeroAllowed, double limit) {
      this.rule = rule;
      this.zeroAllowed = zeroAllowed;
      this.limit = limit;
    }

    double checked(double value) {
      if (!((zeroAllowed ? value >= 0 : value > 0) && value < limit)) {
        throw new IllegalArgumentException(rule + "; it is " + value + ".");
      }
      return value;
    }

    Op checked(Ops tf, Operand<? extends TNumber> value) {
      Operand<TFloat64> number = tf.dtypes.cast(value, TFloat64.class);
      Operand<TFloat64> zero = tf.constant(0.0);
      Operand<TBool> inside =
          tf.math.logicalAnd(
              zeroAllowed ? tf.math.greaterEqual(number, zero) : tf.math.greater(number, zero),
              tf.math.less(number, tf.constant(limit)));
      return tf.assertThat(inside, List.of(tf.constant(rule + "; it is"), value));
    }
  }

  /** A number known when the step is built. */
  record Constant(double value) implements Hyperparameter {
    @Override
    public Operand<? extends TNumber> in(Ops tf, Class<? extends TNumber> type) {
      return type.equals(TFloat64.class) ? tf.constant(value) : tf.constant((float) value);
    }

    @Override
    public Optional<Op> check(Ops tf, Range range) {
      return Optional.empty();
    }

    @Override
    public String toString() {
      return Double.toString(value);
    }
  }

  /** A scalar that the graph computes: a placeholder, a schedule. */
  record Computed(Operand<? extends TNumber> value) implements Hyperparameter {
    public Computed {
      if (!value.shape().isUnknown() && value.shape().numDimensions() != 0) {
        throw new IllegalArgumentException(
            "'"
                + value.op().name()
                + "' has the shape "
                + value.shape()
                + ", but rho, gamma and maxNorm are scalars: give an operand of no dimensions.");
      }
    }

    @Override
    public Operand<? extends TNumber> in(Ops tf, Class<? extends TNumber> type) {
      return value.type().equals(type) ? value : tf.dtypes.cast(value, type);
    }

    @Override
    public Optional<Op> check(Ops tf, Range range) {
      return Optional.of(range.checked(tf, value));
    }

    @Override
    public String toString() {
      return value.op().name();
    }
  }

  /** A function of the number of steps taken. */
  record Scheduled(Schedule schedule, StepCounter counter) implements Hyperparameter {
    @Override
    public Operand<? extends TNumber> in(Ops tf, Class<? extends TNumber> type) {
      return computed(tf).in(tf, type);
    }

    @Override
    public Optional<Op> check(Ops tf, Range range) {
      return computed(tf).check(tf, range);
    }

    private Computed computed(Ops tf) {
      return new Computed(schedule.at(tf, counter.step(tf)));
    }

    @Override
    public String toString() {
      return schedule.toString();
    }
  }
}
