package io.github.tfwsam.examples.data;

import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.family.TType;

/**
 * What a file holds under a name, as it holds it.
 *
 * @param values all examples' values; the first axis counts examples, or the last one does
 * @param dtype the element type in the file, which may be narrower than that of the values
 * @param isReversed whether the axes are in reverse order, as those of an array in Fortran order
 *     are
 * @param release gives back the memory of the values
 */
record Column(TType values, String dtype, boolean isReversed, Runnable release)
    implements AutoCloseable {

  /** The shape in the file's own order of axes. */
  Shape shape() {
    Shape shape = values.shape();
    return isReversed ? reversed(shape) : shape;
  }

  static Shape reversed(Shape shape) {
    long[] sizes = shape.asArray();
    long[] reversed = new long[sizes.length];
    for (int i = 0; i < sizes.length; i++) {
      reversed[i] = sizes[sizes.length - 1 - i];
    }
    return Shape.of(reversed);
  }

  @Override
  public void close() {
    release.run();
  }
}
