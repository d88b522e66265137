package io.github.tfwsam.examples.tasks;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

class LabeledExamplesTest {
  private static final int N = 20_000;
  private static final int CLASSES = 10;
  private static final int[] ALL = IntStream.range(0, N).toArray();

  /** Example i is the numbers 2 i and 2 i + 1, of the class i modulo 10. */
  private static final LabeledExamples EXAMPLES = examples(N);

  private static LabeledExamples examples(int size) {
    float[] values = new float[2 * size];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    int[] labels = IntStream.range(0, size).map(i -> i % CLASSES).toArray();
    return LabeledExamples.of(new Numbers(Shape.of(2), values), labels, CLASSES);
  }

  private static float[] inputs(LabeledExamples examples, int... rows) {
    try (var tensor = (TFloat32) examples.inputs(rows)) {
      assertThat(tensor.shape()).isEqualTo(Shape.of(rows.length, 2));
      float[] values = new float[2 * rows.length];
      tensor.asRawTensor().data().asFloats().read(values);
      return values;
    }
  }

  private static int[] labels(LabeledExamples examples, int... rows) {
    try (TInt32 tensor = examples.labels(rows)) {
      return IntStream.range(0, rows.length).map(tensor::getInt).toArray();
    }
  }

  @Test
  void givesTheRowsInTheOrderWanted() {
    assertThat(inputs(EXAMPLES, 3, 1)).isEqualTo(new float[] {6, 7, 2, 3});
    assertThat(labels(EXAMPLES, 13, 1, 13)).isEqualTo(new int[] {3, 1, 3});
    assertThrows(IndexOutOfBoundsException.class, () -> EXAMPLES.inputs(new int[] {N}));
  }

  @Test
  void aSubsetKeepsLabelsWithTheirInputsAndHoldsTheSmallerOne() {
    LabeledExamples small = EXAMPLES.subset(5, 7);
    LabeledExamples large = EXAMPLES.subset(50, 7);
    assertThat(small.size()).isEqualTo(5);
    int[] rows = IntStream.range(0, 50).toArray();
    float[] inputs = inputs(large, rows);
    int[] labels = labels(large, rows);
    for (int i = 0; i < 50; i++) {
      assertThat(labels[i]).isEqualTo((int) inputs[2 * i] / 2 % CLASSES);
    }
    assertThat(inputs(small, 0, 1, 2, 3, 4)).isEqualTo(Arrays.copyOf(inputs, 10));
    assertThat(inputs(EXAMPLES.subset(5, 8), 0, 1, 2, 3, 4))
        .isNotEqualTo(Arrays.copyOf(inputs, 10));
    assertThat(IntStream.of(labels(EXAMPLES.subset(N, 7), ALL)).sum()).isEqualTo(N / 2 * 9);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, N + 1})
  void asksForASubsetThatThereIs(int count) {
    var failure = assertThrows(IllegalArgumentException.class, () -> EXAMPLES.subset(count, 1));
    assertThat(failure).hasMessageThat().contains("ask for 1 to 20000");
  }

  @Test
  void wrongLabelsAreExactlyAsManyAsAskedForAndNeverTheOwn() {
    int[] noisy = labels(EXAMPLES.withLabelNoise(0.4, 2), ALL);
    int[] shifts = new int[CLASSES];
    for (int i = 0; i < N; i++) {
      shifts[Math.floorMod(noisy[i] - i, CLASSES)]++;
    }
    assertThat(shifts[0]).isEqualTo(12_000);
    for (int shift = 1; shift < CLASSES; shift++) {
      assertThat(shifts[shift] / (double) N).isWithin(0.006).of(0.4 / 9);
    }
  }

  @Test
  void moreNoiseKeepsTheWrongLabelsOfLess() {
    int[] some = labels(EXAMPLES.withLabelNoise(0.2, 3), ALL);
    int[] more = labels(EXAMPLES.withLabelNoise(0.6, 3), ALL);
    int[] other = labels(EXAMPLES.withLabelNoise(0.2, 4), ALL);
    for (int i = 0; i < N; i++) {
      if (some[i] != i % CLASSES) {
        assertWithMessage("label %s", i).that(more[i]).isEqualTo(some[i]);
      }
    }
    assertThat(other).isNotEqualTo(some);
    assertThat(labels(EXAMPLES.withLabelNoise(0, 3), ALL)).isEqualTo(labels(EXAMPLES, ALL));
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1.1, Double.NaN})
  void asksForAShare(double share) {
    assertThrows(IllegalArgumentException.class, () -> EXAMPLES.withLabelNoise(share, 1));
  }
}
