package io.github.tfwsam.examples.models;

import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * A convolution network that classifies sequences of tokens: embeddings, convolutions over runs of
 * several numbers of tokens, ReLU, the maximum over all runs, and a dense layer. Token 0 is padding
 * behind a sequence; the logits do not depend on how much of it there is.
 *
 * <p>Source: Kim, <a href="https://arxiv.org/abs/1408.5882">Convolutional Neural Networks for
 * Sentence Classification</a>, 2014, section 2; without dropout.
 *
 * @param vocabulary how many tokens there are
 * @param length how many tokens a sequence has, with its padding
 * @param width how many numbers stand for a token
 * @param runs how many tokens each convolution sees at once
 * @param filters the filters of each convolution
 * @param classes how many classes it tells apart
 */
public record TextCnn(
    int vocabulary, int length, int width, List<Integer> runs, int filters, int classes)
    implements Network<TInt32> {
  /** Near that of the even distribution from -0.25 to 0.25 which the source draws from. */
  private static final double DEVIATION = 0.15;

  @Override
  public Class<TInt32> inputType() {
    return TInt32.class;
  }

  @Override
  public Shape exampleShape() {
    return Shape.of(length);
  }

  @Override
  public Operand<TFloat32> logits(Layers layers, Operand<TInt32> input) {
    Operand<TFloat32> mask = layers.sequences().notPadding(input);
    Operand<TFloat32> x = layers.embedding("tokens", input, vocabulary, width, DEVIATION);
    x = layers.multiply(x, mask);
    List<Operand<TFloat32>> maxima = new ArrayList<>();
    for (int run : runs) {
      Operand<TFloat32> found = layers.relu(layers.conv1d("runs" + run, x, filters, run));
      // What begins at padding becomes 0, the least that ReLU lets through.
      maxima.add(layers.max(layers.multiply(found, mask), 1));
    }
    return layers.dense("logits", layers.concat(maxima), classes);
  }
}
