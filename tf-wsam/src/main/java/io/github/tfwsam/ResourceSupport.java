package io.github.tfwsam;

import io.github.tfwsam.graph.TrainableVariable;
import java.util.List;
import java.util.Map;
import org.tensorflow.framework.optimizers.Optimizer;

/** Which base optimizers can step resource variables. */
final class ResourceSupport {
  private static final String FRAMEWORK = "org.tensorflow.framework.";

  /** For the optimizers of tensorflow-framework, by class, what takes their place. */
  private static final Map<String, String> REPLACEMENTS =
      Map.of(
          "GradientDescent", "Sgd",
          "Momentum", "Sgd with Sgd.momentum",
          "Adam", "Adam",
          "RMSProp", "RmsProp",
          "AdaGrad", "Adagrad");

  private ResourceSupport() {}

  /**
   * Refuses a base optimizer of tensorflow-framework for resource variables, on which its ops
   * cannot be built.
   *
   * @throws IllegalArgumentException if it cannot step one of the variables; it names the optimizer
   *     to use
   */
  static void require(Optimizer base, List<TrainableVariable> variables) {
    Class<?> type = base.getClass();
    if (!type.getName().startsWith(FRAMEWORK)) {
      return;
    }
    variables.stream()
        .filter(TrainableVariable.Resource.class::isInstance)
        .findFirst()
        .ifPresent(
            variable -> {
              throw new IllegalArgumentException(
                  "The variable '"
                      + variable.name()
                      + "' is a resource (VarHandleOp), and "
                      + type.getSimpleName()
                      + " of tensorflow-framework can step only a VariableV2: use "
                      + REPLACEMENTS.getOrDefault(
                          type.getSimpleName(), "Sgd, Adam, AdamW, RmsProp or Adagrad")
                      + " of io.github.tfwsam.optimizers as the base optimizer.");
            });
  }
}
