package io.github.tfwsam.update;

import io.github.tfwsam.graph.Node;
import io.github.tfwsam.graph.Operations;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.GraphOperation;
import org.tensorflow.Output;

/**
 * A base optimizer's step on one variable, as far as it is one of the steps that have a fused
 * counterpart: {@code ApplyGradientDescent}, {@code ApplyMomentum} or {@code ApplyAdam} (or the
 * {@code ResourceApply..} of these) on the gradient g that the base optimizer was given, or on
 * {@code g + penalty w} (weight decay in the gradient), the last also after {@code w -= decay w}
 * (AdamW).
 *
 * @param kind which step
 * @param variable the handle of w
 * @param slots the handles of its slots, in the order of the op
 * @param scalars the op's scalars, in the order of {@link Kind}
 * @param penalty weight decay in the gradient; empty if there is none
 * @param decay weight decay apart from it; empty if there is none
 * @param nesterov whether the momentum is Nesterov's
 * @param operations the writes that the step consists of
 */
public record ApplyStep(
    Kind kind,
    Output<?> variable,
    List<Output<?>> slots,
    List<Output<?>> scalars,
    Optional<Output<?>> penalty,
    Optional<Output<?>> decay,
    boolean nesterov,
    List<GraphOperation> operations) {

  private static final String RESOURCE = "Resource";

  /** The steps, with the names of their op's arguments. */
  @SuppressWarnings("ImmutableEnumChecker") // Lists made by List.of are.
  public enum Kind {
    /** {@code w -= lr g}; scalars: the learning rate. */
    GRADIENT_DESCENT("ApplyGradientDescent", "delta", List.of(), List.of("alpha")),

    /** {@code m = momentum m + g, w -= lr m}; scalars: the learning rate, the momentum. */
    MOMENTUM("ApplyMomentum", "grad", List.of("accum"), List.of("lr", "momentum")),

    /** Adam; scalars: the learning rate, beta1, beta2, epsilon, beta1^t, beta2^t. */
    ADAM(
        "ApplyAdam",
        "grad",
        List.of("m", "v"),
        List.of("lr", "beta1", "beta2", "epsilon", "beta1_power", "beta2_power"));

    private final String type;
    private final String gradient;
    private final List<String> slots;
    private final List<String> scalars;

    Kind(String type, String gradient, List<String> slots, List<String> scalars) {
      this.type = type;
      this.gradient = gradient;
      this.slots = slots;
      this.scalars = scalars;
    }

    private boolean isOf(Node node) {
      return node.type().equals(type) || node.type().equals(RESOURCE + type);
    }

    private static Output<?> argument(Node apply, String name) {
      return apply.inputs().get(Operations.argumentIndex(apply.type(), name));
    }

    private static List<Output<?>> arguments(Node apply, List<String> names) {
      return names.stream().<Output<?>>map(name -> argument(apply, name)).toList();
    }
  }

  /**
   * Finds such steps.
   *
   * @param nodes the operations of a base optimizer's step
   * @param gradients for each variable's handle the gradient that the optimizer was given
   * @return one step for each variable that has one
   */
  static List<ApplyStep> among(List<Node> nodes, Map<Output<?>, Output<?>> gradients) {
    Map<GraphOperation, Node> byOperation = new HashMap<>();
    nodes.forEach(node -> byOperation.put(node.operation(), node));
    List<ApplyStep> steps = new ArrayList<>();
    for (Node node : nodes) {
      Arrays.stream(Kind.values())
          .filter(kind -> kind.isOf(node))
          .findFirst()
          .flatMap(kind -> of(kind, node, gradients, byOperation))
          .ifPresent(steps::add);
    }
    return steps;
  }

  private static Optional<ApplyStep> of(
      Kind kind,
      Node apply,
      Map<Output<?>, Output<?>> gradients,
      Map<GraphOperation, Node> byOperation) {
    Output<?> variable = apply.inputs().get(0);
    Output<?> given = gradients.get(variable);
    Output<?> taken = Kind.argument(apply, kind.gradient);
    Optional<Output<?>> penalty = penalty(taken, given, variable, byOperation);
    if (given == null || !(taken.equals(given) || penalty.isPresent())) {
      return Optional.empty();
    }
    boolean nesterov =
        kind != Kind.GRADIENT_DESCENT
            && Operations.attribute(apply.operation(), "use_nesterov").getB();
    if (kind == Kind.ADAM && nesterov) {
      return Optional.empty();
    }
    Optional<Decay> decay =
        apply.controlInputs().stream()
            .flatMap(control -> decay(byOperation.get(control), variable, byOperation).stream())
            .findFirst();
    if (decay.isPresent() && kind != Kind.ADAM) {
      return Optional.empty();
    }
    List<GraphOperation> operations = new ArrayList<>(List.of(apply.operation()));
    decay.ifPresent(d -> operations.add(d.write));
    return Optional.of(
        new ApplyStep(
            kind,
            variable,
            Kind.arguments(apply, kind.slots),
            Kind.arguments(apply, kind.scalars),
            penalty,
            decay.map(Decay::factor),
            nesterov,
            List.copyOf(operations)));
  }

  private record Decay(GraphOperation write, Output<?> factor) {}

  /** The penalty in {@code g + w penalty}. */
  private static Optional<Output<?>> penalty(
      Output<?> taken, Output<?> given, Output<?> variable, Map<GraphOperation, Node> byOperation) {
    Node sum = byOperation.get(Node.operation(taken));
    return sum != null && sum.type().equals("Add") && sum.inputs().get(0).equals(given)
        ? factor(sum.inputs().get(1), variable, byOperation)
        : Optional.empty();
  }

  /** {@code w -= w decay}; empty if the operation is none such, or null. */
  private static Optional<Decay> decay(
      Node node, Output<?> variable, Map<GraphOperation, Node> byOperation) {
    boolean subtracts =
        node != null
            && (node.type().equals("AssignSub") || node.type().equals("AssignSubVariableOp"))
            && node.inputs().get(0).equals(variable);
    return subtracts
        ? factor(node.inputs().get(1), variable, byOperation)
            .map(factor -> new Decay(node.operation(), factor))
        : Optional.empty();
  }

  /** The factor in {@code w factor}. */
  private static Optional<Output<?>> factor(
      Output<?> tensor, Output<?> variable, Map<GraphOperation, Node> byOperation) {
    Node product = byOperation.get(Node.operation(tensor));
    return product != null
            && product.type().equals("Mul")
            && isValue(product.inputs().get(0), variable)
            && product.inputs().get(1).shape().isScalar()
        ? Optional.of(product.inputs().get(1))
        : Optional.empty();
  }

  private static boolean isValue(Output<?> tensor, Output<?> variable) {
    GraphOperation operation = Node.operation(tensor);
    return tensor.equals(variable)
        || (operation.type().equals("ReadVariableOp") && operation.input(0).equals(variable));
  }
}
