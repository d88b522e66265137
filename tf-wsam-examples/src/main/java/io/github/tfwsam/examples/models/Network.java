package io.github.tfwsam.examples.models;

import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TType;

/**
 * A network that classifies.
 *
 * @param <I> the type of its input
 */
public sealed interface Network<I extends TType>
    permits ConvolutionNetwork, Mlp, ResNet, TextCnn, TransformerEncoder {
  /**
   * The type of the input.
   *
   * @return the type
   */
  Class<I> inputType();

  /**
   * The shape of one example.
   *
   * @return the shape of the input without its first axis, which counts the examples
   */
  Shape exampleShape();

  /**
   * How many classes it tells apart.
   *
   * @return the number of logits of an example
   */
  int classes();

  /**
   * Builds the network.
   *
   * @param layers what builds its layers
   * @param input examples, the first axis counting them
   * @return the logits, of shape [examples, classes]
   */
  Operand<TFloat32> logits(Layers layers, Operand<I> input);
}
