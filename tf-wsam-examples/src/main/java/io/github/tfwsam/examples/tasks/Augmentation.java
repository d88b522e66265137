package io.github.tfwsam.examples.tasks;

import java.util.SplittableRandom;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.types.TFloat32;

/**
 * Images as training sees them, each epoch in another way: shifted by up to 4 pixels in both
 * directions, with zeros (the mean color) where nothing is, and mirrored or not, each alike. That
 * is a crop of the image's size out of the image padded by 4.
 *
 * <p>Source: He et al., <a href="https://arxiv.org/abs/1512.03385">Deep Residual Learning for Image
 * Recognition</a>, 2015, section 4.2.
 *
 * <p>What happens to an image depends on the seed, the epoch and its number alone, so that a
 * resumed training sees what one never stopped does.
 */
public final class Augmentation {
  private static final int PADDING = 4;

  private final LabeledExamples images;
  private final long seed;

  /**
   * The augmentation of images.
   *
   * @param images examples of shape [height, width, channels], of type float32
   * @param seed what shifts and mirroring are drawn by
   * @throws IllegalArgumentException if the examples are no images
   */
  public Augmentation(LabeledExamples images, long seed) {
    if (images.exampleShape().numDimensions() != 3 || images.inputType() != TFloat32.class) {
      throw new IllegalArgumentException(
          "Only images of height, width and channels can be shifted and mirrored, and these"
              + " examples have the shape "
              + images.exampleShape()
              + "; leave augmentation out");
    }
    this.images = images;
    this.seed = seed;
  }

  /**
   * Some images, augmented.
   *
   * @param epoch the number of the epoch, from 0
   * @param wanted the numbers of the examples, from 0, in the order wanted
   * @return a new tensor, the first axis counting the images; to be closed by the caller
   * @throws IndexOutOfBoundsException if there is no such example
   */
  public TFloat32 inputs(long epoch, int[] wanted) {
    Shape example = images.exampleShape();
    int height = Math.toIntExact(example.get(0));
    int width = Math.toIntExact(example.get(1));
    int channels = Math.toIntExact(example.get(2));
    float[] from = new float[wanted.length * height * width * channels];
    try (var batch = (TFloat32) images.inputs(wanted)) {
      batch.asRawTensor().data().asFloats().read(from);
    }
    float[] to = new float[from.length];
    long epochSeed = new SplittableRandom(seed).longs().skip(epoch).findFirst().getAsLong();
    for (int i = 0; i < wanted.length; i++) {
      var random = new SplittableRandom(epochSeed + wanted[i]);
      int down = random.nextInt(2 * PADDING + 1) - PADDING;
      int right = random.nextInt(2 * PADDING + 1) - PADDING;
      boolean mirrored = random.nextBoolean();
      for (int y = Math.max(0, down); y < Math.min(height, height + down); y++) {
        for (int x = Math.max(0, right); x < Math.min(width, width + right); x++) {
          int source = (i * height + y - down) * width + x - right;
          int target = (i * height + y) * width + (mirrored ? width - 1 - x : x);
          System.arraycopy(from, source * channels, to, target * channels, channels);
        }
      }
    }
    return TFloat32.tensorOf(example.prepend(wanted.length), DataBuffers.of(to, false, false));
  }
}
