package io.github.tfwsam.schedules;

import static io.github.tfwsam.schedules.Checks.finite;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;

/**
 * One value up to and including a boundary, the next one after it.
 *
 * <pre>
 * values[0]   t &lt;= boundaries[0]
 * values[i]   boundaries[i - 1] &lt; t &lt;= boundaries[i]
 * values[n]   boundaries[n - 1] &lt; t
 * </pre>
 *
 * <p>Source: {@code tf.keras.optimizers.schedules.PiecewiseConstantDecay} of TensorFlow 2.16.
 *
 * @param boundaries the last step of each value but the last one, ascending; at least one
 * @param values the values, finite; one more than boundaries
 */
public record PiecewiseConstantDecay(List<Long> boundaries, List<Double> values)
    implements Schedule {
  /**
   * Checks the numbers, and keeps unmodifiable copies.
   *
   * @param boundaries the last step of each value but the last one, ascending; at least one
   * @param values the values, finite; one more than boundaries
   * @throws IllegalArgumentException if boundaries are not ascending, values not finite, or their
   *     numbers do not fit
   */
  public PiecewiseConstantDecay {
    boundaries = List.copyOf(boundaries);
    values = List.copyOf(values);
    if (boundaries.isEmpty() || values.size() != boundaries.size() + 1) {
      throw new IllegalArgumentException(
          "There must be one boundary at least, and one value more than boundaries; there are "
              + boundaries.size()
              + " boundaries and "
              + values.size()
              + " values.");
    }
    for (int i = 1; i < boundaries.size(); i++) {
      if (boundaries.get(i) <= boundaries.get(i - 1)) {
        throw new IllegalArgumentException("boundaries must ascend; they are " + boundaries + ".");
      }
    }
    values.forEach(value -> finite("each of the values", value));
  }

  @Override
  public Operand<TFloat64> at(Ops tf, Operand<TInt64> step) {
    long[] last = boundaries.stream().mapToLong(Long::longValue).toArray();
    double[] each = values.stream().mapToDouble(Double::doubleValue).toArray();
    Operand<TInt32> passed = tf.dtypes.cast(tf.math.greater(step, tf.constant(last)), TInt32.class);
    return tf.gather(tf.constant(each), tf.sum(passed, tf.constant(0)), tf.constant(0));
  }
}
