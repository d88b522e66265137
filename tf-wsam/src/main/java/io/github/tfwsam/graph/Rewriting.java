package io.github.tfwsam.graph;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;

/**
 * A part of a graph in a form whose gradient is right. Operations that TensorFlow would
 * differentiate wrongly, or not at all, give way to others that compute the same ({@link
 * RewriteRules} has them), and what depends on them is copied, control edges included. The
 * originals stay, and nothing that is mapped here runs them.
 *
 * <p>Only what depends on a variable is rewritten: all else is never differentiated.
 */
public final class Rewriting {
  /** A loop cannot be copied one operation after the other, nor is it differentiated. */
  private static final Set<String> LOOPS =
      Set.of("Enter", "RefEnter", "NextIteration", "RefNextIteration");

  private final Map<GraphOperation, List<Output<?>>> outputs = new HashMap<>();
  private final Map<GraphOperation, GraphOperation> operations = new HashMap<>();

  private Rewriting() {}

  /**
   * Rewrites what some operations wait for, and themselves.
   *
   * @param tf where operations are built: in a name scope {@code differentiable} below its own
   * @param targets what is to be run or fetched
   * @return what stands for each operation; empty, and nothing is added to the graph, if all
   *     gradients are right as it is
   */
  public static Rewriting of(Ops tf, Collection<GraphOperation> targets) {
    var rewriting = new Rewriting();
    List<Node> nodes = Node.allAncestors(targets, Set.of());
    Map<GraphOperation, RewriteRules.Rule> wrong = wrong(nodes);
    Set<GraphOperation> affected = affected(nodes, wrong.keySet());
    if (nodes.stream()
        .noneMatch(n -> affected.contains(n.operation()) && LOOPS.contains(n.type()))) {
      Graph graph = (Graph) tf.scope().env();
      Ops scoped = tf.withSubScope("differentiable");
      var copier = new OperationCopier(graph);
      nodes.stream()
          .filter(node -> affected.contains(node.operation()))
          .forEach(
              node ->
                  rewriting.copy(
                      scoped, copier, node, Optional.ofNullable(wrong.get(node.operation()))));
    }
    return rewriting;
  }

  private static Map<GraphOperation, RewriteRules.Rule> wrong(List<Node> nodes) {
    Map<GraphOperation, RewriteRules.Rule> wrong = new HashMap<>();
    Set<GraphOperation> dependent = new HashSet<>();
    for (Node node : nodes) {
      if (Operations.isVariable(node.type())) {
        dependent.add(node.operation());
      } else if (node.isFedByAny(dependent)) {
        dependent.add(node.operation());
        RewriteRules.of(new Application(node)).ifPresent(r -> wrong.put(node.operation(), r));
      }
    }
    return wrong;
  }

  private static Set<GraphOperation> affected(List<Node> nodes, Set<GraphOperation> wrong) {
    Set<GraphOperation> affected = new HashSet<>(wrong);
    for (Node node : nodes) {
      if (node.predecessors().stream().anyMatch(affected::contains)) {
        affected.add(node.operation());
      }
    }
    return affected;
  }

  private void copy(Ops tf, OperationCopier copier, Node node, Optional<RewriteRules.Rule> rule) {
    GraphOperation original = node.operation();
    List<Output<?>> inputs = new ArrayList<>();
    node.inputs().forEach(input -> inputs.add(output(input)));
    List<GraphOperation> controlInputs =
        node.controlInputs().stream().map(this::operation).toList();
    String name = tf.scope().makeOpName(original.name());
    if (rule.isPresent()) {
      var replacement = new Replacement(tf, copier, node, name, inputs, controlInputs);
      List<Output<?>> replaced = rule.get().rewrite().apply(replacement);
      outputs.put(original, replaced);
      operations.put(original, Node.operation(replaced.get(0)));
    } else {
      GraphOperation copy = copier.copy(original, name, inputs, controlInputs);
      List<Output<?>> copied = new ArrayList<>();
      for (int i = 0; i < copy.numOutputs(); i++) {
        copied.add(copy.output(i));
      }
      outputs.put(original, copied);
      operations.put(original, copy);
    }
  }

  /**
   * Tells whether anything was rewritten.
   *
   * @return true if each operation stands for itself
   */
  public boolean isEmpty() {
    return operations.isEmpty();
  }

  /**
   * What stands for an output.
   *
   * @param original an output of the graph as it was
   * @return the output to use in its place; itself, if it depends on nothing that was rewritten
   */
  public Output<?> output(Output<?> original) {
    List<Output<?>> copies = outputs.get(Node.operation(original));
    return copies == null ? original : copies.get(original.index());
  }

  /**
   * What stands for an operation that is run for its effect.
   *
   * @param original an operation of the graph as it was
   * @return the operation to run in its place; itself, if it depends on nothing that was rewritten
   */
  public GraphOperation operation(GraphOperation original) {
    return operations.getOrDefault(original, original);
  }
}
