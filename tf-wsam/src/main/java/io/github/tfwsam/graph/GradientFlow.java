package io.github.tfwsam.graph;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.tensorflow.GraphOperation;
import org.tensorflow.Output;
import org.tensorflow.proto.DataType;

/**
 * Follows the gradient from a loss back to the variables, as TensorFlow's native code will, and
 * refuses by name what that code would abort on or differentiate wrongly.
 */
public final class GradientFlow {
  private static final Set<String> PASSING_INTEGERS = Set.of("Cast", "Identity", "ReadVariableOp");

  private final LossGraph lossGraph;
  private final Predicate<String> trainable;
  private final Set<GraphOperation> reached = new HashSet<>();
  private final Set<GraphOperation> dependent = new HashSet<>();
  private final Set<GraphOperation> carrying = new HashSet<>();
  private final Map<GraphOperation, BitSet> receiving = new HashMap<>();
  private final Map<Output<?>, List<Output<?>>> readsOfHandle = new LinkedHashMap<>();

  private final ResourceHandles handles = new ResourceHandles();

  private GradientFlow(LossGraph lossGraph, Predicate<String> trainable) {
    this.lossGraph = lossGraph;
    this.trainable = trainable;
  }

  /**
   * Finds the variables that a gradient of the loss reaches.
   *
   * @param lossGraph the operations of the loss
   * @param trainable tells by a variable's name whether it may be trained
   * @return the variables, in the order of the graph; none is empty of reads
   * @throws IllegalArgumentException if an operation on the way cannot be differentiated, or if a
   *     variable that is reached is not of a real floating-point type; it names the operation, its
   *     type, and a way out
   */
  public static List<TrainableVariable> trace(LossGraph lossGraph, Predicate<String> trainable) {
    var flow = new GradientFlow(lossGraph, trainable);
    flow.markReached();
    flow.markDependent();
    flow.walkBack();
    return flow.variables();
  }

  /**
   * What a gradient of the loss comes by, were every op differentiable. A variable that only a
   * shape or tf.stopGradient lies behind (a frozen one, the state of a random number generator) is
   * none of it, and what depends on such alone is not differentiated.
   */
  private void markReached() {
    reached.add(Node.operation(lossGraph.loss()));
    List<Node> nodes = lossGraph.nodes();
    for (int i = nodes.size() - 1; i >= 0; i--) {
      Node node = nodes.get(i);
      if (reached.contains(node.operation()) && !GradientRegistry.stopsGradient(node.type())) {
        for (int input = 0; input < node.inputs().size(); input++) {
          Output<?> output = node.inputs().get(input);
          DataType type = lossGraph.types().of(output);
          // An integer variable that is cast is followed, to be refused; so is a list of tensors.
          if (PASSING_INTEGERS.contains(node.type())
              || type == DataType.DT_VARIANT
              || (passesGradient(type) && !GradientRegistry.ignores(node, input))) {
            reached.add(Node.operation(output));
          }
        }
      }
    }
  }

  private void markDependent() {
    for (Node node : lossGraph.nodes()) {
      if (isTrained(node)) {
        dependent.add(node.operation());
        carrying.add(node.operation());
      } else if (node.isFedByAny(dependent)) {
        refuse(node, GradientRegistry.refusalOfDependence(node));
        dependent.add(node.operation());
        if (!GradientRegistry.stopsGradient(node.type()) && !fedBy(carrying, node).isEmpty()) {
          carrying.add(node.operation());
        }
      }
    }
  }

  private boolean isTrained(Node node) {
    return Operations.isVariable(node.type())
        && reached.contains(node.operation())
        && trainable.test(handles.canonical(node.operation()).name());
  }

  private void walkBack() {
    GraphOperation end = Node.operation(lossGraph.loss());
    receiving.computeIfAbsent(end, o -> new BitSet()).set(lossGraph.loss().index());
    List<Node> nodes = lossGraph.nodes();
    for (int i = nodes.size() - 1; i >= 0; i--) {
      Node node = nodes.get(i);
      BitSet outputs = receiving.get(node.operation());
      if (outputs != null && dependent.contains(node.operation())) {
        passThrough(node, outputs);
      }
    }
  }

  private void passThrough(Node node, BitSet outputs) {
    if (Operations.isVariable(node.type())) {
      found(node.operation().output(0), node.operation().output(0));
      return;
    }
    if (GradientRegistry.stopsGradient(node.type())) {
      return;
    }
    if (node.type().equals("ReadVariableOp")) {
      found(handles.of(node.inputs().get(0)), node.operation().output(0));
      return;
    }
    if (!node.isFedByAny(dependent)) {
      return;
    }
    if (node.type().equals("Cast")) {
      refuseIntegerVariable(node);
    }
    // The native code differentiates here even if only integers or tf.stopGradient lead back.
    refuse(node, GradientRegistry.refusal(node, fedBy(carrying, node), outputs));
    fedBy(dependent, node).stream().forEach(i -> receive(node.inputs().get(i)));
  }

  private static void refuse(Node node, Optional<String> reason) {
    reason.ifPresent(
        r -> {
          throw new IllegalArgumentException(
              "The loss cannot be differentiated through "
                  + Operations.describe(node.operation())
                  + ", which "
                  + r);
        });
  }

  /**
   * The inputs from some operations that the native code sends a gradient to: none to indices,
   * shapes and masks.
   */
  private BitSet fedBy(Set<GraphOperation> operations, Node node) {
    var inputs = new BitSet();
    for (int i = 0; i < node.inputs().size(); i++) {
      Output<?> input = node.inputs().get(i);
      if (operations.contains(Node.operation(input))
          && passesGradient(lossGraph.types().of(input))
          && !GradientRegistry.ignores(node, i)) {
        inputs.set(i);
      }
    }
    return inputs;
  }

  /** A variable of integers that is cast to take part in the loss is hardly meant to be trained. */
  private void refuseIntegerVariable(Node cast) {
    GraphOperation source = Node.operation(cast.inputs().get(0));
    while (source.type().equals("Identity") || source.type().equals("ReadVariableOp")) {
      source = Node.operation(source.input(0));
    }
    if (Operations.isVariable(source.type()) && trainable.test(handles.canonical(source).name())) {
      requireReal(source.output(0), cast.inputs().get(0));
    }
  }

  private static boolean passesGradient(DataType type) {
    return Operations.isRealFloating(type)
        || Operations.isComplex(type)
        || type == DataType.DT_RESOURCE;
  }

  private void receive(Output<?> output) {
    receiving.computeIfAbsent(Node.operation(output), o -> new BitSet()).set(output.index());
  }

  private void found(Output<?> handle, Output<?> read) {
    requireReal(handle, read);
    readsOfHandle.computeIfAbsent(handle, h -> new ArrayList<>()).add(read);
  }

  private static void requireReal(Output<?> handle, Output<?> read) {
    if (!Operations.isRealFloating(Operations.valueType(read))) {
      throw new IllegalArgumentException(
          "The loss depends on the variable "
              + Operations.describe(Node.operation(handle))
              + " of type "
              + Operations.valueType(read)
              + ", but only real floating-point variables can be trained: exclude it by its name"
              + " from the trainable variables, or read it through tf.stopGradient.");
    }
  }

  private List<TrainableVariable> variables() {
    List<TrainableVariable> variables = new ArrayList<>();
    for (Node node : lossGraph.nodes()) {
      if (Operations.isVariable(node.type())) {
        Output<?> handle = node.operation().output(0);
        List<Output<?>> reads = readsOfHandle.get(handle);
        if (reads != null) {
          variables.add(
              node.type().equals("VarHandleOp")
                  ? new TrainableVariable.Resource(handle, reads)
                  : new TrainableVariable.Reference(handle));
        }
      }
    }
    return variables;
  }
}
