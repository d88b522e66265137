package io.github.tfwsam.gradients;

import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.op.core.ReduceSum;
import org.tensorflow.types.family.TNumber;

/** Losses whose op computes the gradient along with the value. */
final class Losses {
  static final Map<String, Gradient> GRADIENTS =
      Map.of(
          "CTCLoss", Losses::ctc,
          "SparseSoftmaxCrossEntropyWithLogits", Losses::sparseSoftmaxCrossEntropy);

  private Losses() {}

  /**
   * (loss, p - y) of logits x, with p = softmax(x): dx = dloss (p - y) + (d(p - y) - sum(d(p - y)
   * p)) p.
   */
  private static <T extends TNumber> List<Operand<?>> sparseSoftmaxCrossEntropy(Backprop<T> b) {
    var tf = b.tf();
    Operand<T> dx = tf.math.mul(tf.expandDims(b.dy(0), tf.constant(1)), b.y(1));
    if (b.arrivesAt(1)) {
      Operand<T> p = tf.nn.softmax(b.x(0));
      Operand<T> mean =
          tf.reduceSum(tf.math.mul(b.dy(1), p), tf.constant(1), ReduceSum.keepDims(true));
      dx = tf.math.add(dx, tf.math.mul(tf.math.sub(b.dy(1), mean), p));
    }
    return b.gradients(dx);
  }

  /** (loss [batch], dloss/dx [time, batch, classes]) of logits x. */
  private static <T extends TNumber> List<Operand<?>> ctc(Backprop<T> b) {
    var tf = b.tf();
    return b.gradients(tf.math.mul(tf.expandDims(b.dy(0), tf.constant(1)), b.y(1)));
  }
}
