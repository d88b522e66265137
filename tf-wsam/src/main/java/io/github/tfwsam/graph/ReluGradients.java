package io.github.tfwsam.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Output;

/**
 * Takes the gradient of ReLU from its output, y &gt; 0, where TensorFlow's native code takes it
 * from its input, x &gt; 0. The numbers are the same. But x must be kept from the forward pass
 * until its gradient is computed, beside y, which the next layer keeps anyway; and what has two
 * readers can neither be overwritten by ReLU nor be fused with it (batch norm, a matrix product
 * with its bias). By y, a layer of convolution, batch norm and ReLU keeps two tensors and not
 * three.
 *
 * <p>The edges of a graph cannot be moved, so the gradient's operations are copied; the originals
 * stay, and nothing runs them. TensorFlow for Python does as this class does from the start ({@code
 * nn_grad.py}, where {@code cc/gradients/nn_grad.cc} takes the input).
 */
final class ReluGradients {
  /** Each with the type whose gradient it is. */
  private static final Map<String, String> FORWARD =
      Map.of("ReluGrad", "Relu", "Relu6Grad", "Relu6");

  /** By type the output for each input. */
  private final Map<String, Map<Output<?>, Output<?>>> outputs = new HashMap<>();

  private final Set<GraphOperation> forwardPass = new HashSet<>();

  private ReluGradients() {}

  /**
   * Finds the ReLUs that a loss depends on.
   *
   * @param loss the loss
   * @return what takes their gradients from their outputs
   */
  static ReluGradients of(Output<?> loss) {
    var relu = new ReluGradients();
    for (Node node : Node.allAncestors(List.of(Node.operation(loss)), Set.of())) {
      relu.forwardPass.add(node.operation());
      if (FORWARD.containsValue(node.type())) {
        relu.outputs
            .computeIfAbsent(node.type(), type -> new HashMap<>())
            .put(node.inputs().get(0), node.operation().output(0));
      }
    }
    return relu;
  }

  /**
   * Tells whether there is anything to do.
   *
   * @return true if the loss depends on no ReLU
   */
  boolean isEmpty() {
    return outputs.isEmpty();
  }

  /**
   * Copies gradients of the loss.
   *
   * @param graph the graph of the loss
   * @param original the name scope that they were built in
   * @param scope the name scope of the copy
   * @param gradients the gradients; where there is none, a closed output
   * @return the same gradients, those of ReLU by its output
   */
  Output<?>[] byOutputs(Graph graph, String original, String scope, Output<?>[] gradients) {
    var copier = new OperationCopier(graph);
    Map<GraphOperation, GraphOperation> copies = new HashMap<>();
    List<GraphOperation> ends =
        Arrays.stream(gradients).filter(g -> !g.isClosed()).map(Node::operation).toList();
    for (Node node : Node.allAncestors(ends, forwardPass)) {
      if (!forwardPass.contains(node.operation())) {
        String name = node.operation().name();
        String own = name.startsWith(original + "/") ? name.substring(original.length() + 1) : name;
        copies.put(
            node.operation(),
            copier.copy(
                node.operation(), scope + "/" + own, inputs(node, copies), controls(node, copies)));
      }
    }
    return Arrays.stream(gradients)
        .map(gradient -> gradient.isClosed() ? gradient : copy(gradient, copies))
        .toArray(Output<?>[]::new);
  }

  private List<Output<?>> inputs(Node node, Map<GraphOperation, GraphOperation> copies) {
    List<Output<?>> inputs = new ArrayList<>();
    node.inputs().forEach(input -> inputs.add(copy(input, copies)));
    Map<Output<?>, Output<?>> outputsOfType = outputs.get(FORWARD.get(node.type()));
    if (outputsOfType != null) {
      inputs.set(1, outputsOfType.getOrDefault(inputs.get(1), inputs.get(1)));
    }
    return inputs;
  }

  private static List<GraphOperation> controls(
      Node node, Map<GraphOperation, GraphOperation> copies) {
    return node.controlInputs().stream().map(c -> copies.getOrDefault(c, c)).toList();
  }

  private static Output<?> copy(Output<?> output, Map<GraphOperation, GraphOperation> copies) {
    GraphOperation copy = copies.get(Node.operation(output));
    return copy == null ? output : copy.output(output.index());
  }
}
