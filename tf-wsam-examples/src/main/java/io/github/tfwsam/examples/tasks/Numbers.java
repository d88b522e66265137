package io.github.tfwsam.examples.tasks;

import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.types.TFloat32;

/** Examples that are numbers as they are. */
final class Numbers implements Inputs {
  private final Shape shape;
  private final float[] values;

  /**
   * Keeps the values as they are given.
   *
   * @param shape the shape of one example
   * @param values example after example
   */
  Numbers(Shape shape, float[] values) {
    this.shape = shape;
    this.values = values;
  }

  @Override
  public Class<TFloat32> type() {
    return TFloat32.class;
  }

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public TFloat32 batch(int[] rows) {
    int size = Math.toIntExact(shape.size());
    float[] batch = new float[rows.length * size];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(values, rows[i] * size, batch, i * size, size);
    }
    return TFloat32.tensorOf(shape.prepend(rows.length), DataBuffers.of(batch, false, false));
  }
}
