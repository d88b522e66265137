package io.github.tfwsam.graph;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;

/**
 * A part of a graph in a form whose gradient is right. Operations that TensorFlow would
 * differentiate wrongly, or not at all, give way to others that compute the same ({@code
 * GradientRules} has them), and what depends on them is copied, control edges included. The
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
   * @param tf where operations are built: in name scopes {@code differentiable} and {@code
   *     rewritten}
   * @param targets what is to be run or fetched
   * @return what stands for each operation; empty, and nothing is added to the graph, if all
   *     gradients are right as it is
   */
  public static Rewriting of(Ops tf, Collection<GraphOperation> targets) {
    var rewriting = new Rewriting();
    List<Node> nodes = Node.allAncestors(targets, Set.of());
    Map<GraphOperation, Rewrite> wrong = wrong(nodes);
    Set<GraphOperation> affected = affected(nodes, wrong.keySet());
    if (!wrong.isEmpty() && nodes.stream().noneMatch(n -> loops(n, affected))) {
      Copy copy = rewriting.new Copy(tf);
      for (Node node : nodes) {
        if (wrong.containsKey(node.operation())) {
          copy.rewrite(node, wrong.get(node.operation()));
        } else if (affected.contains(node.operation())) {
          copy.copy(node);
        }
      }
    }
    return rewriting;
  }

  private static Map<GraphOperation, Rewrite> wrong(List<Node> nodes) {
    Map<GraphOperation, Rewrite> wrong = new HashMap<>();
    Set<GraphOperation> dependent = new HashSet<>();
    for (Node node : nodes) {
      if (Operations.isVariable(node.type())) {
        dependent.add(node.operation());
      } else if (node.isFedByAny(dependent)) {
        dependent.add(node.operation());
        GradientRules.rewrite(new Application(node)).ifPresent(r -> wrong.put(node.operation(), r));
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

  private static boolean loops(Node node, Set<GraphOperation> affected) {
    return LOOPS.contains(node.type()) && affected.contains(node.operation());
  }

  private final class Copy {
    private final Ops tf;
    private final String prefix;
    private final OperationCopier copier;

    Copy(Ops tf) {
      this.prefix = tf.scope().makeOpName("differentiable");
      this.tf = tf.withSubScope("rewritten");
      this.copier = new OperationCopier((Graph) tf.scope().env());
    }

    void rewrite(Node node, Rewrite rewrite) {
      var replacement =
          new Replacement(tf, copier, node, name(node), inputs(node), controlInputs(node));
      List<Output<?>> replaced = rewrite.apply(replacement);
      outputs.put(node.operation(), replaced);
      operations.put(node.operation(), Node.operation(replaced.get(0)));
    }

    void copy(Node node) {
      GraphOperation copy =
          copier.copy(node.operation(), name(node), inputs(node), controlInputs(node));
      outputs.put(node.operation(), Operations.outputs(copy));
      operations.put(node.operation(), copy);
    }

    private String name(Node node) {
      return prefix + "/" + node.operation().name();
    }

    private List<Output<?>> inputs(Node node) {
      return node.inputs().stream().<Output<?>>map(Rewriting.this::output).toList();
    }

    private List<GraphOperation> controlInputs(Node node) {
      return node.controlInputs().stream().map(Rewriting.this::operation).toList();
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
