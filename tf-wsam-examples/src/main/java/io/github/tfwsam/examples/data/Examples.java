package io.github.tfwsam.examples.data;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Labelled examples.
 *
 * @param features for each example its features
 * @param labels for each example its class, from 0
 * @param classes how many classes there are
 */
public record Examples(List<float[]> features, List<Integer> labels, int classes) {
  /**
   * Keeps unmodifiable copies of the lists.
   *
   * @param features for each example its features
   * @param labels for each example its class, from 0
   * @param classes how many classes there are
   * @throws IllegalArgumentException if there are more of the ones than of the others
   */
  public Examples {
    features = List.copyOf(features);
    labels = List.copyOf(labels);
    if (features.size() != labels.size()) {
      throw new IllegalArgumentException(
          features.size() + " examples have " + labels.size() + " labels");
    }
  }

  /**
   * How many examples there are.
   *
   * @return the number
   */
  public int size() {
    return labels.size();
  }

  /**
   * The examples of some indices.
   *
   * @param indices the indices, in the order wanted
   * @return these examples
   */
  public Examples select(List<Integer> indices) {
    return new Examples(
        indices.stream().map(features::get).toList(),
        indices.stream().map(labels::get).toList(),
        classes);
  }

  /**
   * The indices from 0 to n - 1 in a random order.
   *
   * @param n how many
   * @param random where the order comes from
   * @return the indices
   */
  public static List<Integer> shuffled(int n, Random random) {
    List<Integer> indices = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      indices.add(i);
    }
    Collections.shuffle(indices, random);
    return indices;
  }

  /**
   * The same examples, some of them with a wrong label: each, with a given probability, gets
   * another class than its own, any of them alike (symmetric noise).
   *
   * @param probability how likely a label is to be wrong, from 0 to 1
   * @param random where the choices come from
   * @return the examples
   */
  public Examples withWrongLabels(double probability, Random random) {
    List<Integer> noisy = new ArrayList<>();
    for (int label : labels) {
      // Both numbers are drawn in any case, so that a label's fate does not depend on the others'.
      boolean wrong = random.nextDouble() < probability;
      int shift = 1 + random.nextInt(classes - 1);
      noisy.add(wrong ? (label + shift) % classes : label);
    }
    return new Examples(features, noisy, classes);
  }
}
