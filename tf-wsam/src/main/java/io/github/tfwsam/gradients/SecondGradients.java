package io.github.tfwsam.gradients;

import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.types.family.TNumber;

/**
 * Ops that gradients are made of: with these a gradient can be differentiated again. g is what
 * arrives, dy the gradient that the op was given.
 */
final class SecondGradients {
  static final Map<String, Gradient> GRADIENTS =
      Map.of(
          "BiasAddGrad", SecondGradients::biasAdd,
          "Relu6Grad", SecondGradients::relu,
          "ReluGrad", SecondGradients::relu,
          "RsqrtGrad", SecondGradients::rsqrt,
          "SigmoidGrad", SecondGradients::sigmoid,
          "SoftplusGrad", SecondGradients::softplus,
          "TanhGrad", SecondGradients::tanh);

  private static final String[] NONE = {};

  private SecondGradients() {}

  /** The sum of dy over all axes but the channels. */
  private static <T extends TNumber> List<Operand<?>> biasAdd(Backprop<T> b) {
    Operand<T> zeros = b.tf().zerosLike(b.x(0));
    return b.gradients(b.like("BiasAdd", new String[] {"data_format"}, zeros, b.dy(0)));
  }

  /** dy where x is inside, else 0: linear in dy, and constant in x. */
  private static <T extends TNumber> List<Operand<?>> relu(Backprop<T> b) {
    return b.gradients(b.like(b.type(), NONE, b.dy(0), b.x(1)));
  }

  /** -dy y^3 / 2. */
  private static <T extends TNumber> List<Operand<?>> rsqrt(Backprop<T> b) {
    var tf = b.tf();
    Operand<T> y = b.x(0);
    Operand<T> slope = tf.math.mul(b.scalar(-1.5, y), tf.math.mul(y, y));
    return b.gradients(
        tf.math.mul(tf.math.mul(b.dy(0), b.x(1)), slope), b.like(b.type(), NONE, y, b.dy(0)));
  }

  /** dy y (1 - y). */
  private static <T extends TNumber> List<Operand<?>> sigmoid(Backprop<T> b) {
    var tf = b.tf();
    Operand<T> y = b.x(0);
    Operand<T> slope = tf.math.sub(b.scalar(1, y), tf.math.add(y, y));
    return b.gradients(
        tf.math.mul(tf.math.mul(b.dy(0), b.x(1)), slope), b.like(b.type(), NONE, y, b.dy(0)));
  }

  /** dy sigmoid(x). */
  private static <T extends TNumber> List<Operand<?>> softplus(Backprop<T> b) {
    var tf = b.tf();
    Operand<T> sigmoid = tf.math.sigmoid(b.x(1));
    Operand<T> slope = tf.math.mul(sigmoid, tf.math.sub(b.scalar(1, sigmoid), sigmoid));
    return b.gradients(
        b.like(b.type(), NONE, b.dy(0), b.x(1)), tf.math.mul(tf.math.mul(b.dy(0), b.x(0)), slope));
  }

  /** dy (1 - y^2). */
  private static <T extends TNumber> List<Operand<?>> tanh(Backprop<T> b) {
    var tf = b.tf();
    Operand<T> y = b.x(0);
    Operand<T> slope = tf.math.mul(b.scalar(-2, y), y);
    return b.gradients(
        tf.math.mul(tf.math.mul(b.dy(0), b.x(1)), slope), b.like(b.type(), NONE, y, b.dy(0)));
  }
}
