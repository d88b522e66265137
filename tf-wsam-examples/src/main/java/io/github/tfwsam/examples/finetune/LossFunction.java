package io.github.tfwsam.examples.finetune;

import io.github.tfwsam.examples.data.InputSpec;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.DataType;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TNumber;

/**
 * A loss on top of an output: the mean over the batch (and over all other axes) of
 *
 * <pre>
 * sparse_categorical_crossentropy   -log softmax(logits)[label]
 * categorical_crossentropy          -sum(label * log softmax(logits))
 * binary_crossentropy               -label * log sigmoid(logit) - (1 - label) * log sigmoid(-logit)
 * mse                               (output - label)^2
 * </pre>
 *
 * <p>computed from logits, so that no logarithm of 0 is ever taken; in float64 where the output is,
 * else in float32.
 */
enum LossFunction {
  SPARSE_CATEGORICAL_CROSSENTROPY("Softmax"),
  CATEGORICAL_CROSSENTROPY("Softmax"),
  BINARY_CROSSENTROPY("Sigmoid"),
  MSE("");

  /** The types that a loss can be of, and what it is computed on. */
  static final Set<DataType> FLOATS =
      Set.of(DataType.DT_HALF, DataType.DT_BFLOAT16, DataType.DT_FLOAT, DataType.DT_DOUBLE);

  /** What passes its input on. */
  private static final Set<String> IDENTITIES = Set.of("Identity", "EnsureShape");

  /** The type of the op that makes probabilities of logits. */
  private final String activation;

  LossFunction(String activation) {
    this.activation = activation;
  }

  static Optional<LossFunction> of(String name) {
    return Arrays.stream(values()).filter(loss -> loss.toString().equals(name)).findFirst();
  }

  /**
   * What the activation that an output is the result of takes: the logits; empty if there is none.
   */
  Optional<Output<?>> beforeActivation(Output<?> output) {
    Output<?> result = output;
    while (IDENTITIES.contains(result.op().type())) {
      result = ((GraphOperation) result.op()).input(0);
    }
    return result.op().type().equals(activation)
        ? Optional.of(((GraphOperation) result.op()).input(0))
        : Optional.empty();
  }

  /** What the labels of some logits are. */
  InputSpec labels(String key, Output<?> logits) {
    Shape shape = logits.shape();
    if (this == SPARSE_CATEGORICAL_CROSSENTROPY) {
      return new InputSpec(
          key, DataType.DT_INT64, shape.take(shape.numDimensions() - 1), range(logits));
    }
    DataType type =
        logits.dataType() == DataType.DT_DOUBLE ? DataType.DT_DOUBLE : DataType.DT_FLOAT;
    return new InputSpec(key, type, shape, range(logits));
  }

  /** What the values of the labels must lie in. */
  Optional<InputSpec.Range> range(Output<?> logits) {
    return switch (this) {
      case SPARSE_CATEGORICAL_CROSSENTROPY ->
          Optional.of(new InputSpec.Range(0, logits.shape().get(-1) - 1));
      case CATEGORICAL_CROSSENTROPY, BINARY_CROSSENTROPY -> Optional.of(new InputSpec.Range(0, 1));
      case MSE -> Optional.empty();
    };
  }

  /** Why it cannot be the loss of an output; empty if it can. */
  Optional<String> refusal(Output<?> output) {
    if (!FLOATS.contains(output.dataType())) {
      return Optional.of("is of type " + output.dataType());
    }
    Shape shape = output.shape();
    boolean needsClasses = activation.equals("Softmax");
    if (needsClasses
        && (shape.isUnknown()
            || shape.numDimensions() < 2
            || shape.get(-1) == Shape.UNKNOWN_SIZE)) {
      return Optional.of("has no last axis of a known number of classes");
    }
    return Optional.empty();
  }

  /**
   * The loss.
   *
   * @param logits floating-point numbers
   * @param labels class numbers, or numbers of the shape of the logits
   */
  Operand<? extends TNumber> of(Ops tf, Output<?> logits, Operand<?> labels) {
    return logits.dataType() == DataType.DT_DOUBLE
        ? of(tf, tf.dtypes.cast(logits, TFloat64.class), labels)
        : of(tf, tf.dtypes.cast(logits, TFloat32.class), labels);
  }

  private <T extends TNumber> Operand<T> of(Ops tf, Operand<T> logits, Operand<?> labels) {
    return switch (this) {
      case SPARSE_CATEGORICAL_CROSSENTROPY ->
          mean(tf, sparseCrossEntropy(tf, logits, tf.dtypes.cast(labels, TInt64.class)));
      case CATEGORICAL_CROSSENTROPY -> mean(tf, crossEntropy(tf, logits, as(tf, labels, logits)));
      case BINARY_CROSSENTROPY -> mean(tf, binaryCrossEntropy(tf, logits, as(tf, labels, logits)));
      case MSE -> mean(tf, tf.math.squaredDifference(logits, as(tf, labels, logits)));
    };
  }

  private static <T extends TNumber> Operand<T> as(Ops tf, Operand<?> labels, Operand<T> logits) {
    return tf.reshape(tf.dtypes.cast(labels, logits.type()), tf.shape(logits));
  }

  private static <T extends TNumber> Operand<T> sparseCrossEntropy(
      Ops tf, Operand<T> logits, Operand<TInt64> labels) {
    long classes = logits.shape().get(-1);
    return tf.nn
        .sparseSoftmaxCrossEntropyWithLogits(
            rows(tf, logits, classes), tf.reshape(labels, tf.array(-1)))
        .loss();
  }

  private static <T extends TNumber> Operand<T> crossEntropy(
      Ops tf, Operand<T> logits, Operand<T> labels) {
    long classes = logits.shape().get(-1);
    return tf.nn
        .softmaxCrossEntropyWithLogits(rows(tf, logits, classes), rows(tf, labels, classes))
        .loss();
  }

  /** All axes but the last one as one, which is all that the ops take. */
  private static <T extends TNumber> Operand<T> rows(Ops tf, Operand<T> values, long classes) {
    return tf.reshape(values, tf.array(-1L, classes));
  }

  /** As softplus(x) = -log sigmoid(-x), exact for large x of either sign, with its gradient. */
  private static <T extends TNumber> Operand<T> binaryCrossEntropy(
      Ops tf, Operand<T> logits, Operand<T> labels) {
    Operand<T> one = tf.dtypes.cast(tf.constant(1f), logits.type());
    return tf.math.add(
        tf.math.mul(labels, tf.math.softplus(tf.math.neg(logits))),
        tf.math.mul(tf.math.sub(one, labels), tf.math.softplus(logits)));
  }

  private static <T extends TNumber> Operand<T> mean(Ops tf, Operand<T> losses) {
    return tf.math.mean(tf.reshape(losses, tf.array(-1)), tf.constant(0));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
