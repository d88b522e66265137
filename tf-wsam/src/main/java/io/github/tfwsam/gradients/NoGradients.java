package io.github.tfwsam.gradients;

import java.util.List;
import java.util.Set;
import org.tensorflow.Operand;
import org.tensorflow.types.family.TNumber;

/**
 * Ops at which gradients end. TensorFlow asks for the gradient of every operation between the loss
 * and a variable, be it that only a shape leads on to the variable, as from noise that is drawn in
 * the shape of an activation.
 */
final class NoGradients {
  static final Set<String> TYPES =
      Set.of(
          // Piecewise constant.
          "All",
          "Any",
          "ArgMax",
          "ArgMin",
          "Bucketize",
          "Ceil",
          "FloorDiv",
          "HistogramFixedWidth",
          "InTopK",
          "InTopKV2",
          "IsFinite",
          "IsInf",
          "IsNan",
          "ListDiff",
          "LowerBound",
          "Rint",
          "Round",
          "TruncateDiv",
          "UpperBound",
          "Where",
          // Values that do not depend on their input's.
          "BroadcastArgs",
          "Empty",
          "OnesLike",
          "Range",
          "VariableShape",
          // Random numbers of a given shape.
          "Multinomial",
          "RandomStandardNormal",
          "RandomUniform",
          "RandomUniformInt",
          "StatefulStandardNormalV2",
          "StatefulTruncatedNormal",
          "StatefulUniform",
          "StatefulUniformFullInt",
          "StatefulUniformInt",
          "StatelessMultinomial",
          "StatelessRandomNormal",
          "StatelessRandomNormalV2",
          "StatelessRandomUniform",
          "StatelessRandomUniformFullInt",
          "StatelessRandomUniformFullIntV2",
          "StatelessRandomUniformInt",
          "StatelessRandomUniformIntV2",
          "StatelessRandomUniformV2",
          "StatelessTruncatedNormal",
          "StatelessTruncatedNormalV2",
          "TruncatedNormal");

  private NoGradients() {}

  static <T extends TNumber> List<Operand<?>> none(Backprop<T> b) {
    return b.gradients();
  }
}
