package io.github.tfwsam.examples.models;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.train.BatchMatMul;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** What is done to sequences of tokens without variables. */
public final class Sequences {
  private static final float PADDING_PENALTY = 1e9f;

  private final Ops tf;

  Sequences(Ops tf) {
    this.tf = tf;
  }

  /**
   * Splits what stands for a token among heads.
   *
   * @param x of shape [examples, length, width]
   * @param heads how many heads; the width is a multiple of it
   * @return of shape [examples, heads, length, width / heads]
   */
  public Operand<TFloat32> heads(Operand<TFloat32> x, int heads) {
    return swapHeadsAndLength(tf.reshape(x, tf.array(-1L, length(x), heads, last(x) / heads)));
  }

  /**
   * Joins what the heads found.
   *
   * @param x of shape [examples, heads, length, numbers]
   * @return of shape [examples, length, heads * numbers]
   */
  public Operand<TFloat32> joinHeads(Operand<TFloat32> x) {
    long width = x.shape().get(1) * last(x);
    return tf.reshape(swapHeadsAndLength(x), tf.array(-1L, x.shape().get(2), width));
  }

  private Operand<TFloat32> swapHeadsAndLength(Operand<TFloat32> x) {
    return tf.linalg.transpose(x, tf.constant(new int[] {0, 2, 1, 3}));
  }

  /**
   * Attention, softmax(q k' / sqrt(d)) v, each head by itself.
   *
   * @param query of shape [examples, heads, length, d]
   * @param key of the same shape
   * @param value of the same shape
   * @return of the same shape
   */
  public Operand<TFloat32> attention(
      Operand<TFloat32> query, Operand<TFloat32> key, Operand<TFloat32> value) {
    return attended(scores(query, key), value);
  }

  /**
   * Attention that leaves padding out.
   *
   * @param query of shape [examples, heads, length, d]
   * @param key of the same shape
   * @param value of the same shape
   * @param notPadding what {@link #notPadding} gives; 1 at least once in each example
   * @return of the same shape
   */
  public Operand<TFloat32> attention(
      Operand<TFloat32> query,
      Operand<TFloat32> key,
      Operand<TFloat32> value,
      Operand<TFloat32> notPadding) {
    Operand<TFloat32> perKey = tf.reshape(notPadding, tf.array(-1L, 1, 1, length(notPadding)));
    // 0 for a token, and for padding so little that softmax gives it nothing.
    Operand<TFloat32> penalty =
        tf.math.mul(tf.math.sub(perKey, tf.constant(1f)), tf.constant(PADDING_PENALTY));
    return attended(tf.math.add(scores(query, key), penalty), value);
  }

  private Operand<TFloat32> scores(Operand<TFloat32> query, Operand<TFloat32> key) {
    Operand<TFloat32> scale = tf.constant((float) (1 / Math.sqrt((double) last(query))));
    return tf.train.batchMatMul(
        tf.math.mul(query, scale), key, TFloat32.class, BatchMatMul.adjY(true));
  }

  private Operand<TFloat32> attended(Operand<TFloat32> scores, Operand<TFloat32> value) {
    return tf.train.batchMatMul(tf.nn.softmax(scores), value, TFloat32.class);
  }

  /**
   * Which tokens are not padding, that is, not 0.
   *
   * @param tokens of shape [examples, length]
   * @return 1 for a token and 0 for padding, of shape [examples, length, 1]
   */
  public Operand<TFloat32> notPadding(Operand<TInt32> tokens) {
    Operand<TFloat32> mask =
        tf.dtypes.cast(tf.math.notEqual(tokens, tf.constant(0)), TFloat32.class);
    return tf.reshape(mask, tf.array(-1L, length(tokens), 1));
  }

  /**
   * The mean over the tokens of an example that are not padding.
   *
   * @param x of shape [examples, length, width]
   * @param notPadding what {@link #notPadding} gives; 1 at least once in each example
   * @return of shape [examples, width]
   */
  public Operand<TFloat32> meanOfTokens(Operand<TFloat32> x, Operand<TFloat32> notPadding) {
    Operand<TFloat32> sum = tf.sum(tf.math.mul(x, notPadding), tf.constant(1));
    return tf.math.div(sum, tf.sum(notPadding, tf.constant(1)));
  }

  private static long length(Operand<?> x) {
    return x.shape().get(1);
  }

  private static long last(Operand<?> x) {
    return x.shape().get(x.shape().numDimensions() - 1);
  }
}
