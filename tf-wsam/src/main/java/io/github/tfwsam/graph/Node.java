package io.github.tfwsam.graph;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;

/**
 * An operation with what walks through a graph ask of it again and again, read once from
 * TensorFlow.
 *
 * @param operation the operation
 * @param type its op type
 * @param inputs its data inputs, lists flattened
 * @param controlInputs what must run before it; empty where a walk follows data alone
 */
public record Node(
    GraphOperation operation,
    String type,
    List<Output<?>> inputs,
    List<GraphOperation> controlInputs) {

  private static Node of(GraphOperation operation, boolean withControlInputs) {
    List<Output<?>> inputs = new ArrayList<>();
    for (Operand<?> input : operation.inputs()) {
      inputs.add(input.asOutput());
    }
    return new Node(
        operation,
        operation.type(),
        Collections.unmodifiableList(inputs),
        withControlInputs ? controlInputs(operation) : List.of());
  }

  /** Most operations have none, and asking for the number is a tenth of asking for the set. */
  static List<GraphOperation> controlInputs(GraphOperation operation) {
    return operation.numControlInputs() == 0 ? List.of() : List.copyOf(operation.controlInputs());
  }

  /**
   * The operation of an output of a graph.
   *
   * @param output an output
   * @return its operation
   */
  public static GraphOperation operation(Output<?> output) {
    return (GraphOperation) output.op();
  }

  /** The operations that it waits for, by data and then by control. */
  List<GraphOperation> predecessors() {
    List<GraphOperation> predecessors = new ArrayList<>();
    inputs.forEach(input -> predecessors.add(operation(input)));
    predecessors.addAll(controlInputs);
    return predecessors;
  }

  /**
   * Tells whether one of some operations feeds it.
   *
   * @param operations the operations
   * @return true if a data input comes from one of them
   */
  public boolean isFedByAny(Collection<GraphOperation> operations) {
    return inputs.stream().anyMatch(input -> operations.contains(operation(input)));
  }

  /**
   * What an operation depends on through data.
   *
   * @param from the operation
   * @return its ancestors and itself, each after those it depends on (but for the back edges of v1
   *     loops)
   */
  static List<Node> dataAncestors(GraphOperation from) {
    return ancestors(List.of(from), Set.of(), false);
  }

  /**
   * What some operations wait for, through data and control.
   *
   * @param from the operations
   * @param boundary operations whose own ancestors are left out
   * @return their ancestors and themselves, each after those it waits for
   */
  public static List<Node> allAncestors(
      Collection<GraphOperation> from, Collection<GraphOperation> boundary) {
    return ancestors(from, boundary, true);
  }

  /** A depth-first walk with its own stack: networks are deeper than Java's. */
  private static List<Node> ancestors(
      Collection<GraphOperation> from, Collection<GraphOperation> boundary, boolean control) {
    record Frame(Node node, Iterator<GraphOperation> predecessors) {}

    List<Node> postOrder = new ArrayList<>();
    Set<GraphOperation> seen = new HashSet<>();
    Deque<Frame> stack = new ArrayDeque<>();
    for (GraphOperation start : from) {
      GraphOperation entered = seen.add(start) ? start : null;
      while (entered != null || !stack.isEmpty()) {
        if (entered != null) {
          Node node = of(entered, control);
          List<GraphOperation> predecessors =
              boundary.contains(entered) ? List.of() : node.predecessors();
          stack.push(new Frame(node, predecessors.iterator()));
          entered = null;
        }
        Frame frame = stack.peek();
        if (!frame.predecessors.hasNext()) {
          postOrder.add(frame.node);
          stack.pop();
        } else {
          GraphOperation predecessor = frame.predecessors.next();
          entered = seen.add(predecessor) ? predecessor : null;
        }
      }
    }
    return Collections.unmodifiableList(postOrder);
  }
}
