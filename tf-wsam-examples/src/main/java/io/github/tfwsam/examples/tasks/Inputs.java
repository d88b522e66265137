package io.github.tfwsam.examples.tasks;

import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.family.TType;

/** What examples are without their labels, in Java's memory. */
interface Inputs {
  /** The element type of a batch. */
  Class<? extends TType> type();

  /** The shape of one example. */
  Shape shape();

  /** A new tensor with some examples, the first axis counting them; the caller closes it. */
  Tensor batch(int[] rows);
}
