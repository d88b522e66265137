package io.github.tfwsam.examples.reference;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.DoubleNdArray;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.Variable;
import org.tensorflow.op.nn.FusedBatchNorm;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * The network of make_convolution_case.py: two blocks of convolution, batch normalization and ReLU,
 * the mean over the image, and a dense layer. The running statistics are written before the loss is
 * there, as control dependencies of it.
 */
final class ConvolutionNetwork {
  private static final float RUNNING_DECAY = 0.9f;
  private static final float EPSILON = 1e-5f;

  /** By PyTorch's names, trained weights and running statistics. */
  final Map<String, Variable<TFloat32>> variables = new LinkedHashMap<>();

  final Placeholder<TInt32> rows;
  final Operand<TFloat32> loss;
  private final Ops tf;
  private final List<Op> runningUpdates = new ArrayList<>();

  ConvolutionNetwork(
      Ops tf, Map<String, DoubleNdArray> init, DoubleNdArray images, int[] classes, int count) {
    this.tf = tf;
    init.forEach(
        (name, values) -> variables.put(name, tf.withName(name).variable(constant(values))));
    rows = tf.placeholder(TInt32.class, Placeholder.shape(Shape.of(-1)));
    Operand<TFloat32> x = tf.gather(constant(images), rows, tf.constant(0));
    x = block(x, "1");
    x = block(x, "2");
    x = tf.math.mean(x, tf.constant(new int[] {1, 2}));
    x =
        tf.math.add(
            tf.linalg.matMul(x, variables.get("dense.weight")), variables.get("dense.bias"));
    Operand<TFloat32> target =
        tf.oneHot(
            tf.gather(tf.constant(classes), rows, tf.constant(0)),
            tf.constant(count),
            tf.constant(1f),
            tf.constant(0f));
    Operand<TFloat32> logLikelihood =
        tf.reduceSum(tf.math.mul(target, tf.nn.logSoftmax(x)), tf.constant(1));
    loss =
        tf.withControlDependencies(runningUpdates)
            .math
            .neg(tf.math.mean(logLikelihood, tf.constant(0)));
  }

  private Operand<TFloat32> block(Operand<TFloat32> x, String number) {
    Operand<TFloat32> convolved =
        tf.nn.conv2d(
            x, variables.get("convolution" + number + ".weight"), List.of(1L, 1L, 1L, 1L), "SAME");
    String norm = "norm" + number;
    Operand<TFloat32> none = tf.constant(new float[0]);
    FusedBatchNorm<TFloat32, TFloat32> normalized =
        tf.nn.fusedBatchNorm(
            convolved,
            variables.get(norm + ".weight"),
            variables.get(norm + ".bias"),
            none,
            none,
            FusedBatchNorm.isTraining(true),
            FusedBatchNorm.epsilon(EPSILON));
    updateRunning(variables.get(norm + ".running_mean"), normalized.batchMean());
    updateRunning(variables.get(norm + ".running_var"), normalized.batchVariance());
    return tf.nn.relu(normalized.y());
  }

  /** PyTorch's momentum of 0.1 is a decay of 0.9; both take the unbiased variance. */
  private void updateRunning(Variable<TFloat32> running, Operand<TFloat32> batch) {
    runningUpdates.add(
        tf.assign(
            running,
            tf.math.add(
                tf.math.mul(running, tf.constant(RUNNING_DECAY)),
                tf.math.mul(batch, tf.constant(1 - RUNNING_DECAY)))));
  }

  private Operand<TFloat32> constant(DoubleNdArray values) {
    return tf.dtypes.cast(tf.constant(values), TFloat32.class);
  }
}
