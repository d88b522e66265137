package io.github.tfwsam.examples.data;

import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Orders drawn at random. */
public final class Permutation {
  private Permutation() {}

  /**
   * The numbers from 0 to n - 1 in a random order, each order alike (Fisher-Yates).
   *
   * @param n how many
   * @param random where the order comes from
   * @return the numbers
   */
  public static int[] of(int n, SplittableRandom random) {
    int[] numbers = IntStream.range(0, n).toArray();
    for (int i = n - 1; i > 0; i--) {
      int other = random.nextInt(i + 1);
      int number = numbers[i];
      numbers[i] = numbers[other];
      numbers[other] = number;
    }
    return numbers;
  }
}
