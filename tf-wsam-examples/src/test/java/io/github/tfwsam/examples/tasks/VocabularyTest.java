package io.github.tfwsam.examples.tasks;

import static com.google.common.truth.Truth.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class VocabularyTest {
  private static final List<String> TEXTS =
      List.of("My card's lost!", "my CARD is lost", "Zurich, is 2 far?");

  @Test
  void theMostFrequentWordsComeFirstAndThenTheAlphabetDecides() {
    var vocabulary = Vocabulary.of(TEXTS, 5);
    assertThat(vocabulary.size()).isEqualTo(7);
    // Twice: is, lost, my. Once: 2, card, card's and later ones.
    assertThat(vocabulary.encode("is lost my 2 card card's far", 7))
        .isEqualTo(new int[] {2, 3, 4, 5, 6, 1, 1});
  }

  @Test
  void aTextIsCutOrPadded() {
    var vocabulary = Vocabulary.of(TEXTS, 100);
    assertThat(vocabulary.size()).isEqualTo(2 + 8);
    assertThat(vocabulary.encode("lost, is nowhere.", 5)).isEqualTo(new int[] {3, 2, 1, 0, 0});
    assertThat(vocabulary.encode("lost is", 1)).isEqualTo(new int[] {3});
  }

  @Test
  void aTextWithoutAWordIsNotAllPadding() {
    assertThat(Vocabulary.of(TEXTS, 5).encode("?!", 3)).isEqualTo(new int[] {1, 0, 0});
  }
}
