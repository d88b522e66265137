package io.github.tfwsam.examples.tasks;

import io.github.tfwsam.examples.data.CifarImages;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.types.TFloat32;

/**
 * Color images, kept as bytes, a quarter of what a batch's floats take. In a batch each color has
 * the mean 0 and the deviation 1 over the pixels of all training images, whatever subset of them is
 * trained on.
 */
final class Images implements Inputs {
  private static final int PIXELS = CifarImages.SIDE * CifarImages.SIDE;
  private static final int LEVELS = 256;

  private final CifarImages images;

  /** What a byte of each color becomes. */
  private final float[][] scale;

  private Images(CifarImages images, float[][] scale) {
    this.images = images;
    this.scale = scale;
  }

  static Images training(CifarImages images) {
    return new Images(images, scale(images));
  }

  /** Other images on the scale of these. */
  Images alike(CifarImages others) {
    return new Images(others, scale);
  }

  private static float[][] scale(CifarImages images) {
    float[][] scale = new float[CifarImages.COLORS][LEVELS];
    for (int color = 0; color < CifarImages.COLORS; color++) {
      long[] counts = counts(images, color);
      double sum = 0;
      double squares = 0;
      for (int level = 0; level < LEVELS; level++) {
        sum += (double) counts[level] * level;
        squares += (double) counts[level] * level * level;
      }
      double n = (double) images.size() * PIXELS;
      double mean = sum / n;
      double variance = squares / n - mean * mean;
      // Of images of one and the same level there is nothing to scale.
      double deviation = variance > 0 ? Math.sqrt(variance) : 1;
      for (int level = 0; level < LEVELS; level++) {
        scale[color][level] = (float) ((level - mean) / deviation);
      }
    }
    return scale;
  }

  private static long[] counts(CifarImages images, int color) {
    long[] counts = new long[LEVELS];
    for (int image = 0; image < images.size(); image++) {
      for (int pixel = 0; pixel < PIXELS; pixel++) {
        counts[images.value(image, pixel, color)]++;
      }
    }
    return counts;
  }

  @Override
  public Class<TFloat32> type() {
    return TFloat32.class;
  }

  @Override
  public Shape shape() {
    return Shape.of(CifarImages.SIDE, CifarImages.SIDE, CifarImages.COLORS);
  }

  @Override
  public TFloat32 batch(int[] rows) {
    float[] batch = new float[rows.length * PIXELS * CifarImages.COLORS];
    int next = 0;
    for (int row : rows) {
      for (int pixel = 0; pixel < PIXELS; pixel++) {
        for (int color = 0; color < CifarImages.COLORS; color++) {
          batch[next++] = scale[color][images.value(row, pixel, color)];
        }
      }
    }
    return TFloat32.tensorOf(shape().prepend(rows.length), DataBuffers.of(batch, false, false));
  }
}
