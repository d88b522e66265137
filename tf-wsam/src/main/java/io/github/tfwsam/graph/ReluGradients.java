package io.github.tfwsam.graph;

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
 * Gradients in which that of ReLU is computed from what ReLU gave, y > 0, and not from what it
 * took, x > 0. The bits are the same. But TensorFlow's native code takes x, which must then be kept
 * from the first pass until its gradient is there, beside y, which the next layer keeps anyway; nor
 * can ReLU be computed in place, nor be fused with what comes before it. With y, a network of
 * convolutions, batch norm and ReLU keeps two tensors a layer, and not three.
 *
 * <p>A graph's edges cannot be moved, so the gradient's operations are copied; the originals stay,
 * and nothing runs them.
 */
final class ReluGradients {
  /** By the type of the gradient that of the operation; input 0 of both is followed by x. */
  private static final Map<String, String> DIFFERENTIATED =
      Map.of("ReluGrad", "Relu", "Relu6Grad", "Relu6");

  private final Set<GraphOperation> forward = new HashSet<>();
  private final Map<String, Map<Output<?>, Output<?>>> outputs = new HashMap<>();

  private ReluGradients() {}

  /** Walks back from a loss, to what gives the value for each that ReLU takes. */
  static ReluGradients of(Output<?> loss) {
    var relus = new ReluGradients();
    for (Node node : Node.allAncestors(List.of(Node.operation(loss)), Set.of())) {
      relus.forward.add(node.operation());
      if (DIFFERENTIATED.containsValue(node.type())) {
        relus
            .outputs
            .computeIfAbsent(node.type(), type -> new HashMap<>())
            .put(node.inputs().get(0), node.operation().output(0));
      }
    }
    return relus;
  }

  boolean isEmpty() {
    return outputs.isEmpty();
  }

  /**
   * Copies gradients.
   *
   * @param graph the graph
   * @param from the name scope that the gradients were built in
   * @param to the name scope of the copy
   * @param gradients the gradients; closed ones, of which there is none, stay so
   * @return the gradients, that of each ReLU from its output
   */
  Output<?>[] byOutput(Graph graph, String from, String to, Output<?>[] gradients) {
    var copier = new OperationCopier(graph);
    Map<GraphOperation, GraphOperation> copies = new HashMap<>();
    List<GraphOperation> ends =
        Arrays.stream(gradients).filter(g -> !g.isClosed()).map(Node::operation).toList();
    for (Node node : Node.allAncestors(ends, forward)) {
      GraphOperation operation = node.operation();
      if (!forward.contains(operation)) {
        String name = operation.name();
        name = to + "/" + (name.startsWith(from + "/") ? name.substring(from.length() + 1) : name);
        List<Output<?>> inputs =
            node.inputs().stream().<Output<?>>map(o -> copy(copies, o)).toList();
        String relu = DIFFERENTIATED.get(node.type());
        if (relu != null) {
          Output<?> x = inputs.get(1);
          Output<?> y = outputs.getOrDefault(relu, Map.of()).getOrDefault(x, x);
          inputs = List.of(inputs.get(0), y);
        }
        List<GraphOperation> controls =
            node.controlInputs().stream().map(c -> copies.getOrDefault(c, c)).toList();
        copies.put(operation, copier.copy(operation, name, inputs, controls));
      }
    }
    return Arrays.stream(gradients)
        .map(g -> g.isClosed() ? g : copy(copies, g))
        .toArray(Output<?>[]::new);
  }

  private static Output<?> copy(Map<GraphOperation, GraphOperation> copies, Output<?> output) {
    GraphOperation copy = copies.get(Node.operation(output));
    return copy == null ? output : copy.output(output.index());
  }
}
