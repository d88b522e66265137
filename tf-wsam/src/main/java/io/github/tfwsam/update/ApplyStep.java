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
 * counterpart: {@code ApplyGradientDescent}, {@code ApplyMomentum} or {@code ApplyAdam} on the
 * gradient g that the base optimizer was given, or on {@code g + penalty w} (weight decay in the
 * gradient), the last also after {@code w -= decay w} (AdamW).
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

    private Output<?> argument(Node apply, String name) {
      return apply.inputs().get(Operations.argumentIndex(type, name));
    }

    private List<Output<?>> arguments(Node apply, List<String> names) {
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
          .filter(kind -> kind.type.equals(node.type()))
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
    Output<?> taken = kind.argument(apply, kind.gradient);
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
    List<GraphOperation> operations = new ArrayList<>(List.of(apply.operation()));
    Optional<Node> decay =
        apply.controlInputs().stream()
            .map(byOperation::get)
            .filter(
                node -> node != null && scaled(node, "AssignSub", variable, byOperation) != null)
            .findFirst();
    if (decay.isPresent() && kind != Kind.ADAM) {
      return Optional.empty();
    }
    decay.ifPresent(node -> operations.add(node.operation()));
    return Optional.of(
        new ApplyStep(
            kind,
            variable,
            kind.arguments(apply, kind.slots),
            kind.arguments(apply, kind.scalars),
            penalty,
            decay.map(node -> scaled(node, "AssignSub", variable, byOperation)),
            nesterov,
            List.copyOf(operations)));
  }

  /** The penalty in {@code g + w penalty}. */
  private static Optional<Output<?>> penalty(
      Output<?> taken, Output<?> given, Output<?> variable, Map<GraphOperation, Node> byOperation) {
    Node sum = byOperation.get(Node.operation(taken));
    return sum != null && !sum.inputs().isEmpty() && sum.inputs().get(0).equals(given)
        ? Optional.ofNullable(scaled(sum, "Add", variable, byOperation))
        : Optional.empty();
  }

  /** The factor in {@code Type(.., Mul(w, factor))}; null if the operation is none such. */
  private static Output<?> scaled(
      Node node, String type, Output<?> variable, Map<GraphOperation, Node> byOperation) {
    if (!node.type().equals(type)) {
      return null;
    }
    Node product = byOperation.get(Node.operation(node.inputs().get(1)));
    boolean ofVariable =
        product != null
            && product.type().equals("Mul")
            && product.inputs().get(0).equals(variable)
            && product.inputs().get(1).shape().isScalar()
            && (!type.equals("AssignSub") || node.inputs().get(0).equals(variable));
    return ofVariable ? product.inputs().get(1) : null;
  }
}
