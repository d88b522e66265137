package io.github.tfwsam.examples.models;

import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TFloat32;

/**
 * A residual network for 32 x 32 color images: a 3 x 3 convolution, stages of basic blocks, each
 * stage but the first of half the size and twice the filters of the one before, the mean over the
 * image, and a dense layer. A shortcut that changes shape is a 1 x 1 convolution with batch
 * normalization. Convolutions have no biases.
 *
 * <p>Source: He et al., <a href="https://arxiv.org/abs/1512.03385">Deep Residual Learning for Image
 * Recognition</a>, 2015, sections 3.3 and 4.2.
 *
 * @param filters the filters of the first stage
 * @param stages how many stages there are
 * @param blocks how many basic blocks a stage has
 * @param classes how many classes it tells apart
 */
public record ResNet(int filters, int stages, int blocks, int classes)
    implements Network<TFloat32> {
  private static final int SIZE = 32;
  private static final int COLORS = 3;

  /**
   * Of 8 layers: 78,042 parameters with 10 classes.
   *
   * @param classes how many classes it tells apart
   * @return the network
   */
  public static ResNet resnet8(int classes) {
    return new ResNet(16, 3, 1, classes);
  }

  /**
   * Of 20 layers, for CIFAR: 272,474 parameters with 10 classes.
   *
   * @param classes how many classes it tells apart
   * @return the network
   */
  public static ResNet resnet20(int classes) {
    return new ResNet(16, 3, 3, classes);
  }

  /**
   * Of 18 layers, with the first convolution that small images want and no pooling after it:
   * 11,173,962 parameters with 10 classes.
   *
   * @param classes how many classes it tells apart
   * @return the network
   */
  public static ResNet resnet18(int classes) {
    return new ResNet(64, 4, 2, classes);
  }

  @Override
  public Class<TFloat32> inputType() {
    return TFloat32.class;
  }

  @Override
  public Shape exampleShape() {
    return Shape.of(SIZE, SIZE, COLORS);
  }

  @Override
  public Operand<TFloat32> logits(Layers layers, Operand<TFloat32> input) {
    Operand<TFloat32> x = layers.conv2d("stem", input, filters, 3, 1);
    x = layers.relu(layers.batchNorm("stem_norm", x));
    for (int stage = 0; stage < stages; stage++) {
      for (int block = 0; block < blocks; block++) {
        int stride = stage > 0 && block == 0 ? 2 : 1;
        x =
            block(
                layers,
                "stage" + (stage + 1) + "_block" + (block + 1),
                x,
                filters << stage,
                stride);
      }
    }
    return layers.dense("logits", layers.mean(x, 1, 2), classes);
  }

  private static Operand<TFloat32> block(
      Layers layers, String name, Operand<TFloat32> x, int filters, int stride) {
    Operand<TFloat32> shortcut = x;
    if (x.shape().get(3) != filters) {
      shortcut = layers.conv2d(name + "_shortcut", x, filters, 1, stride);
      shortcut = layers.batchNorm(name + "_shortcut_norm", shortcut);
    }
    Operand<TFloat32> residual = layers.conv2d(name + "_conv1", x, filters, 3, stride);
    residual = layers.relu(layers.batchNorm(name + "_norm1", residual));
    residual = layers.conv2d(name + "_conv2", residual, filters, 3, 1);
    residual = layers.batchNorm(name + "_norm2", residual);
    return layers.relu(layers.add(residual, shortcut));
  }
}
