package io.github.tfwsam.savedmodel;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.NodeDef;

/**
 * Finds where Python has a gradient of its own ({@code tf.custom_gradient}), which is not known
 * here: there an {@code IdentityN} passes on what a function returns and what it was given.
 *
 * <p>The gradient of {@code tf.nn.silu} is the one that its ops have anyhow; it is written by hand
 * in Python to save memory. Elsewhere the gradient may be another one (clipped, reversed), so none
 * is passed: {@code PreventGradient} takes the place, and training through it is refused.
 */
final class CustomGradients {
  /** The attribute that names the gradient. */
  static final String ATTRIBUTE = "_gradient_op_type";

  private static final String PREFIX = "CustomGradient";

  private CustomGradients() {}

  /**
   * Takes the ops with gradients of their own out of a graph.
   *
   * @param nodes the graph
   * @return what has taken the place of which tensor
   */
  static Map<String, String> remove(NodeMap nodes) {
    Map<String, String> replacements = new HashMap<>();
    Set<String> guards = new HashSet<>();
    for (NodeDef.Builder node : nodes.all()) {
      if (!node.containsAttr(ATTRIBUTE)) {
        continue;
      }
      boolean isCustom =
          node.getOp().equals("IdentityN")
              && node.getAttrOrThrow(ATTRIBUTE).getS().toStringUtf8().startsWith(PREFIX);
      node.removeAttr(ATTRIBUTE);
      if (isCustom) {
        boolean isSilu = isSilu(nodes, node);
        int count = node.getAttrOrThrow("T").getList().getTypeCount();
        for (int i = 0; i < count; i++) {
          String replacement = node.getInput(i);
          if (!isSilu) {
            String guard = nodes.unique(node.getName() + "/custom_gradient");
            nodes.add(
                NodeDefs.node(guard, "PreventGradient", node.getName() + ":" + i)
                    .putAttr("T", NodeDefs.type(node.getAttrOrThrow("T").getList().getType(i)))
                    .putAttr("message", NodeDefs.text("Python has a gradient of its own here")));
            guards.add(guard);
            replacement = guard + ":0";
          }
          replacements.put(node.getName() + ":" + i, replacement);
        }
      }
    }
    nodes.replaceInputs(replacements, guards);
    return replacements;
  }

  /** x * sigmoid(beta * x), x, beta. */
  private static boolean isSilu(NodeMap nodes, NodeDef.Builder identity) {
    List<String> passed =
        identity.getInputList().stream().filter(input -> !NodeDefs.isControl(input)).toList();
    if (passed.size() != 3) {
      return false;
    }
    String x = passed.get(1);
    List<String> factors = inputs(nodes, passed.get(0), "Mul");
    return factors.contains(x)
        && factors.stream()
            .flatMap(factor -> inputs(nodes, factor, "Sigmoid").stream())
            .map(argument -> inputs(nodes, argument, "Mul"))
            .anyMatch(scaled -> scaled.contains(x) && scaled.contains(passed.get(2)));
  }

  /** The inputs of the op that a tensor comes from; none if it is another op. */
  private static List<String> inputs(NodeMap nodes, String tensor, String op) {
    NodeDef.Builder node = nodes.producer(tensor);
    return node.getOp().equals(op) ? node.getInputList() : List.of();
  }
}
