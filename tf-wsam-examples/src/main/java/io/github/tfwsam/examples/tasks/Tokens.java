package io.github.tfwsam.examples.tasks;

import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.types.TInt32;

/** Texts as tokens, each of the same length. */
final class Tokens implements Inputs {
  private final int[] tokens;
  private final int length;
  private final int vocabulary;

  /**
   * Keeps the tokens as they are given.
   *
   * @param tokens text after text
   * @param length how many tokens a text has
   * @param vocabulary how many different tokens there are
   */
  Tokens(int[] tokens, int length, int vocabulary) {
    this.tokens = tokens;
    this.length = length;
    this.vocabulary = vocabulary;
  }

  int vocabulary() {
    return vocabulary;
  }

  @Override
  public Class<TInt32> type() {
    return TInt32.class;
  }

  @Override
  public Shape shape() {
    return Shape.of(length);
  }

  @Override
  public TInt32 batch(int[] rows) {
    int[] batch = new int[rows.length * length];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(tokens, rows[i] * length, batch, i * length, length);
    }
    return TInt32.tensorOf(shape().prepend(rows.length), DataBuffers.of(batch, false, false));
  }
}
