package io.github.tfwsam.examples.models;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TFloat32;

/**
 * A convolution network for images of one channel, or for what can be looked at as one, such as
 * spectrograms: 3 x 3 convolutions with batch normalization and ReLU, all but the first of half the
 * size, the mean over the image, and a dense layer. Convolutions have no biases.
 *
 * @param exampleShape the shape of one example, height * width numbers in all, row by row
 * @param height the height of the image
 * @param width the width of the image
 * @param filters the filters of each convolution
 * @param classes how many classes it tells apart
 */
public record ConvolutionNetwork(
    Shape exampleShape, int height, int width, List<Integer> filters, int classes)
    implements Network<TFloat32> {
  @Override
  public Class<TFloat32> inputType() {
    return TFloat32.class;
  }

  @Override
  public Operand<TFloat32> logits(Layers layers, Operand<TFloat32> input) {
    Operand<TFloat32> x = layers.reshape(input, height, width, 1);
    for (int i = 0; i < filters.size(); i++) {
      String name = "conv" + (i + 1);
      x = layers.conv2d(name, x, filters.get(i), 3, i == 0 ? 1 : 2);
      x = layers.relu(layers.batchNorm(name + "_norm", x));
    }
    return layers.dense("logits", layers.mean(x, 1, 2), classes);
  }
}
