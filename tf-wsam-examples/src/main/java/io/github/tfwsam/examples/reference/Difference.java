package io.github.tfwsam.examples.reference;

import java.util.Iterator;
import java.util.List;
import org.tensorflow.ndarray.DoubleNdArray;

/**
 * The largest absolute difference from the reference, and the step at which it was found.
 *
 * @param value the difference; not a number where what was computed is not
 * @param step the step, from 1; 0 if nothing was compared or all was equal
 */
record Difference(double value, int step) {
  static final Difference NONE = new Difference(0, 0);

  /** The larger of this difference and that of two numbers after a step. */
  Difference or(double actual, double expected, int atStep) {
    double difference = Math.abs(actual - expected);
    // Not a number is larger than every number, and stays.
    return Double.compare(difference, value) > 0 ? new Difference(difference, atStep) : this;
  }

  Difference or(List<? extends DoubleNdArray> actual, List<DoubleNdArray> expected, int atStep) {
    Difference largest = this;
    for (int i = 0; i < expected.size(); i++) {
      Iterator<? extends DoubleNdArray> numbers = actual.get(i).scalars().iterator();
      for (DoubleNdArray number : expected.get(i).scalars()) {
        largest = largest.or(numbers.next().getDouble(), number.getDouble(), atStep);
      }
    }
    return largest;
  }

  boolean isWithin(double tolerance) {
    return value <= tolerance;
  }
}
