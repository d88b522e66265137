package io.github.tfwsam.examples.tasks;

import io.github.tfwsam.examples.data.Digits;
import io.github.tfwsam.examples.data.Examples;
import io.github.tfwsam.examples.data.Permutation;
import io.github.tfwsam.examples.models.ConvolutionNetwork;
import io.github.tfwsam.examples.models.Mlp;
import io.github.tfwsam.examples.models.Network;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.tensorflow.ndarray.Shape;

/**
 * The digits that come with the program: 8 x 8 pixels from 0 to 1, row by row. 500 of the 1,797 are
 * the test part, drawn once and for all, as the data has none of its own.
 */
final class DigitsTask {
  private static final int PIXELS = Digits.SIDE * Digits.SIDE;
  private static final int TEST = 500;

  private DigitsTask() {}

  static TaskData load() throws IOException {
    Examples digits = Digits.read();
    int[] order = Permutation.of(digits.size(), new SplittableRandom(0));
    int training = digits.size() - TEST;
    return new TaskData(
        select(digits, Arrays.copyOf(order, training)),
        select(digits, Arrays.copyOfRange(order, training, order.length)));
  }

  private static LabeledExamples select(Examples digits, int[] rows) {
    float[] pixels = new float[rows.length * PIXELS];
    int[] labels = new int[rows.length];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(digits.features().get(rows[i]), 0, pixels, i * PIXELS, PIXELS);
      labels[i] = digits.labels().get(rows[i]);
    }
    return LabeledExamples.of(new Numbers(Shape.of(PIXELS), pixels), labels, digits.classes());
  }

  static Network<?> mlp(int classes) {
    return new Mlp(PIXELS, List.of(128), classes);
  }

  static Network<?> convolutions(int classes) {
    return new ConvolutionNetwork(
        Shape.of(PIXELS), Digits.SIDE, Digits.SIDE, List.of(16, 32, 64), classes);
  }
}
