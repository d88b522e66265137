package io.github.tfwsam.examples.data;

import static com.google.common.truth.Truth.assertThat;

import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ExamplesTest {
  private static final int N = 20_000;
  private static final Examples EXAMPLES =
      new Examples(
          Collections.nCopies(N, new float[1]),
          Examples.shuffled(N, new Random(1)).stream().map(i -> i % 10).toList(),
          10);

  @Test
  void wrongLabelsAreAsManyAsAskedForAndNeverTheOwn() {
    Examples noisy = EXAMPLES.withWrongLabels(0.4, new Random(2));
    int[] shifts = new int[10];
    for (int i = 0; i < N; i++) {
      shifts[Math.floorMod(noisy.labels().get(i) - EXAMPLES.labels().get(i), 10)]++;
    }
    assertThat(shifts[0] / (double) N).isWithin(0.01).of(0.6);
    for (int shift = 1; shift < 10; shift++) {
      assertThat(shifts[shift] / (double) N).isWithin(0.006).of(0.4 / 9);
    }
  }

  @Test
  void noNoiseChangesNothingAndAllNoiseEverything() {
    assertThat(EXAMPLES.withWrongLabels(0, new Random(3)).labels()).isEqualTo(EXAMPLES.labels());
    Examples wrong = EXAMPLES.withWrongLabels(1, new Random(3));
    for (int i = 0; i < N; i++) {
      assertThat(wrong.labels().get(i)).isNotEqualTo(EXAMPLES.labels().get(i));
    }
  }

  @Test
  void theSeedDecides() {
    assertThat(EXAMPLES.withWrongLabels(0.4, new Random(4)).labels())
        .isEqualTo(EXAMPLES.withWrongLabels(0.4, new Random(4)).labels());
    assertThat(EXAMPLES.withWrongLabels(0.4, new Random(4)).labels())
        .isNotEqualTo(EXAMPLES.withWrongLabels(0.4, new Random(5)).labels());
    assertThat(EXAMPLES.select(List.of(3, 1)).labels())
        .containsExactly(EXAMPLES.labels().get(3), EXAMPLES.labels().get(1))
        .inOrder();
  }
}
