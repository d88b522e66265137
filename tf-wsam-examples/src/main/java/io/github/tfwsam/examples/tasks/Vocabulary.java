package io.github.tfwsam.examples.tasks;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * The words that have a token of their own: the most frequent ones, of equally frequent ones those
 * that come first in the alphabet. A word is a run of letters and digits, in lower case, with
 * apostrophes inside.
 */
final class Vocabulary {
  /** Stands behind the words of a text, up to the length. */
  static final int PADDING = 0;

  /** Stands for every word without a token of its own. */
  static final int UNKNOWN = 1;

  private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}]+(?:['’][\\p{L}\\p{N}]+)*");

  private final Map<String, Integer> tokens = new HashMap<>();

  private Vocabulary() {}

  /** The vocabulary of some texts. */
  static Vocabulary of(List<String> texts, int mostWords) {
    Map<String, Integer> counts = new HashMap<>();
    texts.forEach(text -> words(text).forEach(word -> counts.merge(word, 1, Integer::sum)));
    Comparator<Map.Entry<String, Integer>> frequentFirst =
        Map.Entry.<String, Integer>comparingByValue().reversed();
    var vocabulary = new Vocabulary();
    counts.entrySet().stream()
        .sorted(frequentFirst.thenComparing(Map.Entry.comparingByKey()))
        .limit(mostWords)
        .forEach(entry -> vocabulary.tokens.put(entry.getKey(), vocabulary.size()));
    return vocabulary;
  }

  private static List<String> words(String text) {
    return WORD.matcher(text.toLowerCase(Locale.ROOT)).results().map(MatchResult::group).toList();
  }

  /** How many tokens there are: the words, padding and the unknown word. */
  int size() {
    return tokens.size() + UNKNOWN + 1;
  }

  /**
   * A text's tokens, cut or padded to the length. A text without a word is one unknown word, so
   * that none is all padding.
   */
  int[] encode(String text, int length) {
    List<String> words = words(text);
    int[] encoded = new int[length];
    encoded[0] = UNKNOWN;
    for (int i = 0; i < Math.min(length, words.size()); i++) {
      encoded[i] = tokens.getOrDefault(words.get(i), UNKNOWN);
    }
    return encoded;
  }
}
