package io.github.tfwsam.examples.reference;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SortedMap;
import org.tensorflow.ndarray.DoubleNdArray;

/**
 * A trajectory of the reference. Weights are {@code [w1, b1, w2, b2]} of the network {@code tanh(x
 * w1 + b1) w2 + b2}.
 *
 * @param base the base optimizer
 * @param decouple whether the sharpness term is decoupled
 * @param adaptive whether the perturbation is
 * @param rho the radius of the perturbation
 * @param gamma the weight of the sharpness
 * @param maxNorm the gradients' largest norm; empty if they are not clipped
 * @param hyper the base optimizer's hyper-parameters, those given
 * @param init the weights before the first step
 * @param x rows of features
 * @param y the class of each row
 * @param order for each step the rows of its batch
 * @param losses the first-pass loss of each step
 * @param weights by the number of a step, the weights after it
 */
record ReferenceCase(
    Base base,
    boolean decouple,
    boolean adaptive,
    double rho,
    double gamma,
    OptionalDouble maxNorm,
    Map<String, Double> hyper,
    List<DoubleNdArray> init,
    DoubleNdArray x,
    List<Integer> y,
    List<List<Integer>> order,
    List<Double> losses,
    SortedMap<Integer, List<DoubleNdArray>> weights) {

  String mode() {
    return decouple ? "decoupled" : "coupled";
  }

  /** What else the case sets, in words. */
  String options() {
    var options = new StringBuilder("rho=" + rho + " gamma=" + gamma);
    if (adaptive) {
      options.append(" adaptive");
    }
    maxNorm.ifPresent(norm -> options.append(" max_norm=").append(norm));
    if (hyper.getOrDefault("weight_decay", 0.0) != 0) {
      options.append(" weight_decay=").append(hyper.get("weight_decay"));
    }
    return options.toString();
  }
}
