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
 * The operations of a gradient as TensorFlow's native code builds them, copied without what is
 * wasteful in them. Each operation gives the same bits; what TensorFlow then fuses may round
 * otherwise, by an ulp.
 *
 * <ul>
 *   <li>The gradient of ReLU is taken from its output, y &gt; 0, and not from its input, x &gt; 0.
 *       For x would have to be kept from the forward pass until then, beside y, which the next
 *       layer keeps anyway; and what has two readers can neither be overwritten by ReLU nor be
 *       fused with it (batch norm, a matrix product with its bias). A layer of convolution, batch
 *       norm and ReLU so keeps two tensors and not three. TensorFlow for Python does it from the
 *       start ({@code nn_grad.py}, where {@code cc/gradients/nn_grad.cc} takes the input).
 *   <li>The gradient of a copied pass takes shapes from the original, so that TensorFlow finds all
 *       that follows from shapes alone (axes to sum over, the gradient of a mean) to be what it has
 *       computed for the first pass.
 * </ul>
 *
 * <p>The edges of a graph cannot be moved, therefore the copy; the originals stay, and nothing runs
 * them.
 */
final class BackwardPass {
  /** Each with the type whose gradient it is. */
  private static final Map<String, String> GRADIENT_OF =
      Map.of("ReluGrad", "Relu", "Relu6Grad", "Relu6");

  /** They tell of their input its shape alone, in a few integers. */
  private static final Set<String> SHAPES = Set.of("Shape", "ShapeN", "Size", "Rank");

  private final Map<Output<?>, Output<?>> sameShape;
  private final Set<GraphOperation> forward = new HashSet<>();

  /** By type the output for each input. */
  private final Map<String, Map<Output<?>, Output<?>>> outputs = new HashMap<>();

  private final Map<GraphOperation, GraphOperation> copies = new HashMap<>();

  /**
   * Walks back from a loss.
   *
   * @param loss the loss
   * @param sameShape for outputs that the loss depends on others of the same shape; empty, if it is
   *     no copy
   */
  BackwardPass(Output<?> loss, Map<Output<?>, Output<?>> sameShape) {
    this.sameShape = sameShape;
    GraphOperation end = Node.operation(loss);
    Node.allAncestors(List.of(end), Set.of()).forEach(node -> forward.add(node.operation()));
    // Through data alone: what only orders may belong to something else, on another device.
    for (Node node : Node.dataAncestors(end)) {
      if (GRADIENT_OF.containsValue(node.type())) {
        outputs
            .computeIfAbsent(node.type(), type -> new HashMap<>())
            .putIfAbsent(node.inputs().get(0), node.operation().output(0));
      }
    }
  }

  /**
   * Tells whether a copy may differ.
   *
   * @return true if the loss depends on ReLU, or there are other sources of shapes
   */
  boolean mayDiffer() {
    return !outputs.isEmpty() || !sameShape.isEmpty();
  }

  /**
   * Copies gradients of the loss.
   *
   * @param graph the graph of the loss
   * @param original the name scope that they were built in
   * @param scope the name scope of the copy
   * @param gradients the gradients; where there is none, a closed output
   * @return the same gradients, without the waste
   */
  Output<?>[] copy(Graph graph, String original, String scope, Output<?>[] gradients) {
    var copier = new OperationCopier(graph);
    List<GraphOperation> ends =
        Arrays.stream(gradients).filter(g -> !g.isClosed()).map(Node::operation).toList();
    for (Node node : Node.allAncestors(ends, forward)) {
      GraphOperation operation = node.operation();
      if (!forward.contains(operation)) {
        String name = operation.name();
        String own = name.startsWith(original + "/") ? name.substring(original.length() + 1) : name;
        List<GraphOperation> controlInputs =
            node.controlInputs().stream().map(c -> copies.getOrDefault(c, c)).toList();
        copies.put(
            operation, copier.copy(operation, scope + "/" + own, inputs(node), controlInputs));
      }
    }
    return Arrays.stream(gradients)
        .map(gradient -> gradient.isClosed() ? gradient : copy(gradient))
        .toArray(Output<?>[]::new);
  }

  private List<Output<?>> inputs(Node node) {
    List<Output<?>> inputs = new ArrayList<>();
    for (Output<?> input : node.inputs()) {
      boolean isShape = SHAPES.contains(node.type());
      inputs.add(isShape ? sameShape.getOrDefault(input, copy(input)) : copy(input));
    }
    String type = GRADIENT_OF.get(node.type());
    if (type != null && outputs.containsKey(type)) {
      inputs.set(1, outputs.get(type).getOrDefault(inputs.get(1), inputs.get(1)));
    }
    return inputs;
  }

  private Output<?> copy(Output<?> output) {
    GraphOperation copy = copies.get(Node.operation(output));
    return copy == null ? output : copy.output(output.index());
  }
}
