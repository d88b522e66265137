package io.github.tfwsam.examples.reference;

import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.DoubleNdArray;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TNumber;

/**
 * The network of a case: logits = tanh(x w1 + b1) w2 + b2, and the mean cross entropy of a batch.
 *
 * @param rows what is fed: the rows of the data that are the batch
 * @param loss the loss of the batch
 * @param weights w1, b1, w2, b2 in double precision, to be fetched
 */
record Network(
    Placeholder<TInt32> rows, Operand<? extends TNumber> loss, List<Operand<TFloat64>> weights) {

  /** Builds the network with the case's data and initial weights. */
  static <T extends TNumber> Network build(
      Ops tf, ReferenceCase reference, Class<T> type, Variables variables) {
    List<Operand<T>> w = new ArrayList<>();
    for (DoubleNdArray values : reference.init()) {
      w.add(variables.create(tf, "weights" + w.size(), constant(tf, values, type)));
    }
    Placeholder<TInt32> rows = tf.placeholder(TInt32.class, Placeholder.shape(Shape.of(-1)));
    Operand<T> x = tf.gather(constant(tf, reference.x(), type), rows, tf.constant(0));
    int[] classes = reference.y().stream().mapToInt(Integer::intValue).toArray();
    Operand<TInt32> y = tf.gather(tf.constant(classes), rows, tf.constant(0));

    Operand<T> hidden = tf.math.tanh(tf.math.add(tf.linalg.matMul(x, w.get(0)), w.get(1)));
    Operand<T> logits = tf.math.add(tf.linalg.matMul(hidden, w.get(2)), w.get(3));
    Operand<T> loss = crossEntropy(tf, logits, y, Math.toIntExact(reference.init().get(3).size()));
    List<Operand<TFloat64>> fetched = new ArrayList<>();
    w.forEach(variable -> fetched.add(tf.dtypes.cast(variable, TFloat64.class)));
    return new Network(rows, loss, fetched);
  }

  /**
   * By hand: the gradient of SoftmaxCrossEntropyWithLogits that the C API has is wrong in float64.
   */
  private static <T extends TNumber> Operand<T> crossEntropy(
      Ops tf, Operand<T> logits, Operand<TInt32> classes, int count) {
    Operand<T> one = tf.dtypes.cast(tf.constant(1), logits.type());
    Operand<T> zero = tf.dtypes.cast(tf.constant(0), logits.type());
    Operand<T> target = tf.oneHot(classes, tf.constant(count), one, zero);
    Operand<T> logLikelihood =
        tf.reduceSum(tf.math.mul(target, tf.nn.logSoftmax(logits)), tf.constant(1));
    return tf.math.neg(tf.math.mean(logLikelihood, tf.constant(0)));
  }

  private static <T extends TNumber> Operand<T> constant(
      Ops tf, DoubleNdArray values, Class<T> type) {
    return tf.dtypes.cast(tf.constant(values), type);
  }
}
