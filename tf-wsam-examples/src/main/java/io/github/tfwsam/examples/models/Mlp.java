package io.github.tfwsam.examples.models;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TFloat32;

/**
 * A perceptron: dense layers with ReLU between them.
 *
 * @param features how many numbers an example is
 * @param hidden the widths of the hidden layers
 * @param classes how many classes it tells apart
 */
public record Mlp(int features, List<Integer> hidden, int classes) implements Network<TFloat32> {
  @Override
  public Class<TFloat32> inputType() {
    return TFloat32.class;
  }

  @Override
  public Shape exampleShape() {
    return Shape.of(features);
  }

  @Override
  public Operand<TFloat32> logits(Layers layers, Operand<TFloat32> input) {
    Operand<TFloat32> x = input;
    for (int i = 0; i < hidden.size(); i++) {
      x = layers.relu(layers.dense("hidden" + (i + 1), x, hidden.get(i)));
    }
    return layers.dense("logits", x, classes);
  }
}
