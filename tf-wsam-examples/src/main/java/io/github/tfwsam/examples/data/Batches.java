package io.github.tfwsam.examples.data;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Which examples are in which batch of a training. The answer depends on nothing but the arguments,
 * so that a resumed training asks for the batch that comes next.
 *
 * <p>Each epoch takes the examples in an order of its own, drawn by the seed (Fisher-Yates), or
 * always in that of the file. What is left at an epoch's end is no batch, and is dropped.
 */
public final class Batches {
  private final int examples;
  private final int batch;
  private final boolean isShuffled;
  private final long seed;
  private long epoch = -1;
  private int[] order;

  /**
   * The batches of a training.
   *
   * @param examples how many examples there are
   * @param batch how many of them make a batch
   * @param isShuffled whether the order is drawn
   * @param seed what it is drawn by
   * @throws IllegalArgumentException if there are too few examples for a batch
   */
  public Batches(int examples, int batch, boolean isShuffled, long seed) {
    if (batch < 1 || batch > examples) {
      throw new IllegalArgumentException(
          String.format(
              "a batch of %d cannot be had from %d examples; take a smaller batch",
              batch, examples));
    }
    this.examples = examples;
    this.batch = batch;
    this.isShuffled = isShuffled;
    this.seed = seed;
  }

  /**
   * How many batches an epoch has.
   *
   * @return the number, at least 1
   */
  public int perEpoch() {
    return examples / batch;
  }

  /**
   * The examples of a batch.
   *
   * @param index how many batches come before it, in all epochs
   * @return the numbers of the examples, from 0
   */
  public int[] get(long index) {
    long wanted = index / perEpoch();
    if (wanted != epoch) {
      order = order(wanted);
      epoch = wanted;
    }
    int from = (int) (index % perEpoch()) * batch;
    return Arrays.copyOfRange(order, from, from + batch);
  }

  private int[] order(long wantedEpoch) {
    if (!isShuffled) {
      return IntStream.range(0, examples).toArray();
    }
    long epochSeed = new SplittableRandom(seed).longs().skip(wantedEpoch).findFirst().getAsLong();
    return Permutation.of(examples, new SplittableRandom(epochSeed));
  }
}
