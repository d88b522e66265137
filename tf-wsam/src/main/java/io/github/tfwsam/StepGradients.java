package io.github.tfwsam;

import io.github.tfwsam.graph.Node;
import io.github.tfwsam.update.TwoGradients;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.GraphOperation;
import org.tensorflow.Output;
import org.tensorflow.framework.optimizers.Optimizer.GradAndVar;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TType;

/**
 * What {@code computeGradients} leaves for the {@code applyGradients} that follows it.
 *
 * @param tf the name scope of the step
 * @param gradients for each variable's handle the gradient that the base optimizer is to step with
 * @param both what these gradients are made of; empty if there was one pass
 * @param perturbedSteps which steps are perturbed
 * @param reading all that reads a variable, so all that is done before one is written
 * @param skipping how the step is skipped if it is not finite; empty if it is taken all the same
 * @param metrics what can be fetched
 */
record StepGradients(
    Ops tf,
    Map<Output<?>, Output<?>> gradients,
    Optional<TwoGradients> both,
    PerturbedSteps perturbedSteps,
    List<Op> reading,
    Optional<Skipping> skipping,
    StepMetrics metrics) {

  List<GradAndVar<?>> pairs() {
    return gradients.entrySet().stream()
        .<GradAndVar<?>>map(entry -> pair(entry.getValue(), entry.getKey()))
        .toList();
  }

  /** The variables whose gradients came back as they were returned. */
  List<Output<?>> untransformed(List<GradAndVar<? extends TType>> pairs) {
    return pairs.stream()
        .filter(this::isUntransformed)
        .<Output<?>>map(GradAndVar::getVariable)
        .toList();
  }

  /** The gradients that did not: what made them of others may have read a variable. */
  List<Output<?>> transformed(List<GradAndVar<? extends TType>> pairs) {
    return pairs.stream()
        .filter(pair -> !isUntransformed(pair))
        .<Output<?>>map(GradAndVar::getGradient)
        .toList();
  }

  private boolean isUntransformed(GradAndVar<? extends TType> pair) {
    return pair.getGradient().equals(gradients.get(pair.getVariable()));
  }

  @SuppressWarnings("unchecked") // A gradient is of its variable's type.
  private static <T extends TType> GradAndVar<T> pair(Output<?> gradient, Output<?> variable) {
    return new GradAndVar<>((Output<T>) gradient, (Output<T>) variable);
  }

  /**
   * Finds the step that gradients were computed for. Over the same variables there may be several
   * (of two losses): it is the one that the gradients, however transformed, descend from.
   */
  static StepGradients of(List<GradAndVar<? extends TType>> pairs, List<StepGradients> steps) {
    List<Output<?>> variables = pairs.stream().<Output<?>>map(GradAndVar::getVariable).toList();
    List<StepGradients> candidates =
        steps.stream().filter(s -> s.gradients.keySet().containsAll(variables)).toList();
    if (variables.isEmpty() || candidates.isEmpty()) {
      throw new IllegalArgumentException(
          "applyGradients takes gradients that computeGradients of the same optimizer returned; it"
              + " returned none for all of the variables "
              + variables.stream().map(variable -> variable.op().name()).toList()
              + " together.");
    }
    StepGradients latest = candidates.get(candidates.size() - 1);
    if (candidates.size() == 1) {
      return latest;
    }
    Set<GraphOperation> computed = new HashSet<>();
    candidates.forEach(step -> computed.addAll(step.operations()));
    Set<GraphOperation> ancestors = new HashSet<>();
    List<GraphOperation> given =
        pairs.stream().map(pair -> Node.operation(pair.getGradient())).toList();
    Node.allAncestors(given, computed).forEach(node -> ancestors.add(node.operation()));
    return candidates.stream()
        .filter(step -> step.operations().stream().anyMatch(ancestors::contains))
        .findFirst()
        .orElse(latest);
  }

  private List<GraphOperation> operations() {
    return gradients.values().stream().map(Node::operation).toList();
  }
}
