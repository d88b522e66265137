package io.github.tfwsam.examples.tasks;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TFloat32;

class AugmentationTest {
  private static final int HEIGHT = 6;
  private static final int WIDTH = 5;
  private static final int CHANNELS = 2;
  private static final int SIZE = HEIGHT * WIDTH * CHANNELS;
  private static final int IMAGES = 3;
  private static final LabeledExamples EXAMPLES = examples();

  /** Images whose values are all different, and none 0. */
  private static LabeledExamples examples() {
    float[] values = new float[IMAGES * SIZE];
    for (int i = 0; i < values.length; i++) {
      values[i] = i + 1;
    }
    var numbers = new Numbers(Shape.of(HEIGHT, WIDTH, CHANNELS), values);
    return LabeledExamples.of(numbers, new int[IMAGES], 2);
  }

  private static List<float[]> images(Augmentation augmentation, long epoch, int... rows) {
    try (TFloat32 batch = augmentation.inputs(epoch, rows)) {
      float[] values = new float[rows.length * SIZE];
      batch.asRawTensor().data().asFloats().read(values);
      List<float[]> images = new ArrayList<>();
      for (int i = 0; i < rows.length; i++) {
        images.add(Arrays.copyOfRange(values, i * SIZE, (i + 1) * SIZE));
      }
      return images;
    }
  }

  /** The crop out of the padded image by the definition. */
  private static float[] crop(int image, int top, int left, boolean mirrored) {
    float[] crop = new float[SIZE];
    for (int y = 0; y < HEIGHT; y++) {
      for (int x = 0; x < WIDTH; x++) {
        int fromY = top + y - 4;
        int fromX = left + (mirrored ? WIDTH - 1 - x : x) - 4;
        for (int c = 0; c < CHANNELS; c++) {
          boolean isInside = fromY >= 0 && fromY < HEIGHT && fromX >= 0 && fromX < WIDTH;
          crop[(y * WIDTH + x) * CHANNELS + c] =
              isInside ? image * SIZE + (fromY * WIDTH + fromX) * CHANNELS + c + 1 : 0;
        }
      }
    }
    return crop;
  }

  @Test
  void givesEachCropOutOfThePaddedImageMirroredOrNot() {
    Set<List<Integer>> all = new HashSet<>();
    IntStream.range(0, 162).forEach(i -> all.add(List.of(i / 18, i / 2 % 9, i % 2)));
    Set<List<Integer>> seen = new HashSet<>();
    var augmentation = new Augmentation(EXAMPLES, 1);
    for (int epoch = 0; epoch < 1500; epoch++) {
      float[] image = images(augmentation, epoch, 2).get(0);
      List<List<Integer>> same =
          all.stream()
              .filter(c -> Arrays.equals(image, crop(2, c.get(0), c.get(1), c.get(2) == 1)))
              .toList();
      assertWithMessage("epoch %s", epoch).that(same).hasSize(1);
      seen.addAll(same);
    }
    assertThat(seen).isEqualTo(all);
  }

  @Test
  void seedEpochAndImageDecideAndNothingElse() {
    float[] first = images(new Augmentation(EXAMPLES, 1), 7, 0, 1, 2).get(2);
    assertThat(images(new Augmentation(EXAMPLES, 1), 7, 2).get(0)).isEqualTo(first);
    assertThat(images(new Augmentation(EXAMPLES, 1), 8, 2).get(0)).isNotEqualTo(first);
    assertThat(images(new Augmentation(EXAMPLES, 2), 7, 2).get(0)).isNotEqualTo(first);
  }

  @Test
  void whatIsNoImageIsRefused() {
    LabeledExamples rows =
        LabeledExamples.of(new Numbers(Shape.of(2), new float[2]), new int[1], 2);
    var failure = assertThrows(IllegalArgumentException.class, () -> new Augmentation(rows, 1));
    assertThat(failure).hasMessageThat().contains("leave augmentation out");
  }
}
