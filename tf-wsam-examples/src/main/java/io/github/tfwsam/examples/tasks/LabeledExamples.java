package io.github.tfwsam.examples.tasks;

import io.github.tfwsam.examples.data.Permutation;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TType;

/**
 * Examples with their classes, in memory. They never change: a subset and wrong labels give other
 * examples, which share what is large.
 */
public final class LabeledExamples {
  private final Inputs inputs;
  private final int[] rows;
  private final int[] labels;
  private final int classes;

  private LabeledExamples(Inputs inputs, int[] rows, int[] labels, int classes) {
    this.inputs = inputs;
    this.rows = rows;
    this.labels = labels;
    this.classes = classes;
  }

  /**
   * All examples of some inputs.
   *
   * @param labels the class of each, from 0 to classes - 1
   */
  static LabeledExamples of(Inputs inputs, int[] labels, int classes) {
    return new LabeledExamples(
        inputs, IntStream.range(0, labels.length).toArray(), labels.clone(), classes);
  }

  Inputs source() {
    return inputs;
  }

  /** The number within the inputs of an example. */
  int sourceRow(int row) {
    return rows[row];
  }

  /**
   * The element type of the inputs.
   *
   * @return float32 or int32
   */
  public Class<? extends TType> inputType() {
    return inputs.type();
  }

  /**
   * The shape of one example.
   *
   * @return the shape of the inputs without the axis that counts them
   */
  public Shape exampleShape() {
    return inputs.shape();
  }

  /**
   * How many classes there are.
   *
   * @return a number greater than every label, the same for training and test
   */
  public int classes() {
    return classes;
  }

  /**
   * How many examples there are.
   *
   * @return the number
   */
  public int size() {
    return rows.length;
  }

  /**
   * The inputs of some examples.
   *
   * @param wanted the numbers of the examples, from 0, in the order wanted
   * @return a new tensor, the first axis counting the examples; to be closed by the caller
   * @throws IndexOutOfBoundsException if there is no such example
   */
  public Tensor inputs(int[] wanted) {
    return inputs.batch(Arrays.stream(wanted).map(row -> rows[row]).toArray());
  }

  /**
   * The classes of some examples.
   *
   * @param wanted the numbers of the examples, from 0, in the order wanted
   * @return a new tensor of rank 1; to be closed by the caller
   * @throws IndexOutOfBoundsException if there is no such example
   */
  public TInt32 labels(int[] wanted) {
    return TInt32.vectorOf(Arrays.stream(wanted).map(row -> labels[row]).toArray());
  }

  /**
   * Some of the examples: the first in an order drawn by the seed, so that a larger subset of the
   * same seed holds the smaller one.
   *
   * @param count how many are wanted
   * @param seed what the order is drawn by
   * @return these examples, in that order
   * @throws IllegalArgumentException if count is not from 1 to the number of examples
   */
  public LabeledExamples subset(int count, long seed) {
    if (count < 1 || count > size()) {
      throw new IllegalArgumentException(
          String.format(
              "A subset of %d cannot be had from %d training examples; ask for 1 to %d",
              count, size(), size()));
    }
    int[] chosen = Arrays.copyOf(Permutation.of(size(), random(seed, "subset")), count);
    return new LabeledExamples(
        inputs,
        Arrays.stream(chosen).map(row -> rows[row]).toArray(),
        Arrays.stream(chosen).map(row -> labels[row]).toArray(),
        classes);
  }

  /**
   * The same examples, some of them with a wrong label: round(share * size) of them, drawn by the
   * seed, get another class than their own, all others alike (symmetric noise). Of the same seed, a
   * larger share makes wrong what a smaller one does, in the same way.
   *
   * @param share how many labels are wrong, from 0 to 1
   * @param seed what the choices are drawn by
   * @return the examples, in the same order
   * @throws IllegalArgumentException if the share is not from 0 to 1
   */
  public LabeledExamples withLabelNoise(double share, long seed) {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException(
          "A share of " + share + " of the labels cannot be wrong; give a number from 0 to 1");
    }
    SplittableRandom random = random(seed, "label noise");
    int[] order = Permutation.of(size(), random);
    int[] noisy = labels.clone();
    for (int i = 0; i < Math.round(share * size()); i++) {
      int row = order[i];
      noisy[row] = (noisy[row] + 1 + random.nextInt(classes - 1)) % classes;
    }
    return new LabeledExamples(inputs, rows, noisy, classes);
  }

  /** A stream of numbers for each purpose. */
  private static SplittableRandom random(long seed, String purpose) {
    return new SplittableRandom(31 * seed + purpose.hashCode());
  }
}
