package io.github.tfwsam.examples.models;

import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TType;

/**
 * A network with its inputs and its loss, in a graph.
 *
 * @param input examples, the first axis counting them
 * @param labels the number of the class of each example
 * @param logits of shape [examples, classes]
 * @param loss the mean cross entropy, a scalar; computing it updates the averages of batch norm
 * @param weights the variables that are trained
 * @param layers the layers, for the network in inference
 * @param <I> the type of the input
 */
public record Classifier<I extends TType>(
    Placeholder<I> input,
    Placeholder<TInt32> labels,
    Operand<TFloat32> logits,
    Operand<TFloat32> loss,
    List<Variable<TFloat32>> weights,
    Layers layers) {
  /**
   * Builds the network for training.
   *
   * @param tf where it is built
   * @param network the network
   * @param seed what the weights are drawn by
   * @param <I> the type of the input
   * @return the network, its inputs and its loss
   */
  public static <I extends TType> Classifier<I> training(Ops tf, Network<I> network, long seed) {
    Placeholder<I> input =
        tf.withName("input")
            .placeholder(network.inputType(), Placeholder.shape(batchOf(network.exampleShape())));
    Placeholder<TInt32> labels =
        tf.withName("labels").placeholder(TInt32.class, Placeholder.shape(Shape.of(-1)));
    var layers = Layers.training(tf, seed);
    Operand<TFloat32> logits = network.logits(layers, input);
    Operand<TFloat32> each = crossEntropies(tf, logits, labels, network.classes());
    // An operation of no value between: what only orders may not hang on a tensor.
    Op averages = tf.withControlDependencies(layers.averageUpdates()).noOp();
    Operand<TFloat32> loss =
        tf.withControlDependencies(averages).withName("loss").math.mean(each, tf.constant(0));
    return new Classifier<>(input, labels, logits, loss, layers.weights(), layers);
  }

  /**
   * The cross entropy of each example.
   *
   * @param tf where it is computed
   * @param logits of shape [examples, classes]
   * @param labels the number of the class of each example
   * @param classes how many classes there are
   * @return of shape [examples]
   */
  public static Operand<TFloat32> crossEntropies(
      Ops tf, Operand<TFloat32> logits, Operand<TInt32> labels, int classes) {
    Operand<TFloat32> oneHot =
        tf.oneHot(labels, tf.constant(classes), tf.constant(1f), tf.constant(0f));
    return tf.nn.softmaxCrossEntropyWithLogits(logits, oneHot).loss();
  }

  /**
   * Tells the variables that are trained from others in the graph.
   *
   * @return true for the name of one of the weights
   */
  public Predicate<String> isWeight() {
    return weights.stream().map(w -> w.op().name()).collect(Collectors.toSet())::contains;
  }

  private static Shape batchOf(Shape example) {
    return example.prepend(Shape.UNKNOWN_SIZE);
  }
}
