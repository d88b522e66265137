package io.github.tfwsam.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * A random smooth function of a vector, of ops with one or many inputs and outputs, data, random
 * masks, shapes and stopped gradients.
 */
final class RandomGraph {
  static final int LENGTH = 4;
  private static final int OPS = 25;

  private final Ops tf;
  private final Random random;
  private final List<Operand<TFloat32>> vectors = new ArrayList<>();
  private final Operand<TFloat32> loss;

  RandomGraph(Ops tf, Operand<TFloat32> variable, Operand<TFloat32> mask, long seed) {
    this.tf = tf;
    this.random = new Random(seed);
    vectors.add(variable);
    vectors.add(tf.identity(variable));
    vectors.add(tf.constant(new float[] {0.2f, -0.4f, 0.6f, 0.8f}));
    vectors.add(mask);
    for (int i = 0; i < OPS; i++) {
      vectors.add(next());
    }
    Operand<TFloat32> sum = tf.math.mean(vectors.get(0), tf.constant(0));
    for (Operand<TFloat32> vector : vectors.subList(vectors.size() - 5, vectors.size())) {
      sum = tf.math.add(sum, tf.math.mean(tf.math.square(vector), tf.constant(0)));
    }
    loss = sum;
  }

  Operand<TFloat32> loss() {
    return loss;
  }

  private Operand<TFloat32> any() {
    return tf.identity(vectors.get(random.nextInt(vectors.size())));
  }

  private Operand<TFloat32> next() {
    return switch (random.nextInt(12)) {
      case 0 -> tf.math.tanh(any());
      case 1 -> tf.math.sigmoid(any());
      case 2 -> tf.math.mul(tf.math.sin(any()), any());
      case 3 -> tf.math.add(any(), any());
      case 4 -> tf.math.sub(any(), tf.math.cos(any()));
      case 5 -> tf.math.addN(List.of(any(), tf.math.sin(any()), any()));
      case 6 -> halvesSwapped(any());
      case 7 -> tf.nn.softmax(any());
      case 8 -> product(any(), any());
      case 9 -> tf.math.add(any(), tf.zerosLike(any()));
      case 10 -> tf.math.mul(any(), tf.dtypes.cast(tf.size(any()), TFloat32.class));
      default -> tf.math.div(any(), tf.math.add(tf.math.square(any()), tf.constant(1f)));
    };
  }

  private Operand<TFloat32> halvesSwapped(Operand<TFloat32> vector) {
    var halves = tf.split(tf.constant(0), vector, 2L).output();
    return tf.concat(List.of(halves.get(1), halves.get(0)), tf.constant(0));
  }

  /** Of two vectors as 2 x 2 matrices. */
  private Operand<TFloat32> product(Operand<TFloat32> a, Operand<TFloat32> b) {
    var square = tf.constant(new int[] {2, 2});
    return tf.math.tanh(
        tf.reshape(
            tf.linalg.matMul(tf.reshape(a, square), tf.reshape(b, square)),
            tf.constant(new int[] {LENGTH})));
  }
}
