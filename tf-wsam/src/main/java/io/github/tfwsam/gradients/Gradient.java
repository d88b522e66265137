package io.github.tfwsam.gradients;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.types.family.TNumber;

/** The gradient function of an op type. */
@FunctionalInterface
interface Gradient {
  /**
   * Adds to the graph what sends the gradients of an operation's outputs back to its inputs.
   *
   * @param <T> the element type of what is differentiated
   * @param b the operation, and the gradients that arrive at it
   * @return for each input its gradient; null where it has none
   */
  <T extends TNumber> List<Operand<?>> of(Backprop<T> b);
}
