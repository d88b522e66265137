package io.github.tfwsam.graph;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.op.Scope;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;

/** Copies single operations of a graph into the same graph, with other inputs. */
public final class OperationCopier {
  /** Shapes that were inferred for the original; TensorFlow infers those of the copy. */
  private static final String INFERRED_SHAPES = "_output_shapes";

  private final Graph graph;
  private final UnaryOperator<AttrValue> attributes;
  private final Map<String, Scope> scopes = new HashMap<>();

  /**
   * A copier that keeps every attribute.
   *
   * @param graph the graph to copy in
   */
  public OperationCopier(Graph graph) {
    this(graph, UnaryOperator.identity());
  }

  OperationCopier(Graph graph, UnaryOperator<AttrValue> attributes) {
    this.graph = graph;
    this.attributes = attributes;
  }

  /**
   * Copies an operation, on the same device.
   *
   * @param original the operation
   * @param name the full name of the copy
   * @param inputs its data inputs, in the order of the original's; lists flattened
   * @param controlInputs what runs before the copy
   * @return the copy
   */
  public GraphOperation copy(
      GraphOperation original,
      String name,
      List<Output<?>> inputs,
      Collection<? extends Operation> controlInputs) {
    NodeDef node = Operations.nodeDef(original);
    var builder = graph.opBuilder(node.getOp(), name, scope(node.getDevice()));
    int next = 0;
    for (OpDef.ArgDef argument : Operations.definition(node.getOp()).getInputArgList()) {
      if (argument.getNumberAttr().isEmpty() && argument.getTypeListAttr().isEmpty()) {
        builder.addInput(inputs.get(next++));
      } else {
        int length = listLength(node, argument);
        builder.addInputList(inputs.subList(next, next + length).toArray(new Output<?>[0]));
        next += length;
      }
    }
    controlInputs.forEach(builder::addControlInput);
    node.getAttrMap()
        .forEach(
            (key, value) -> {
              if (!key.equals(INFERRED_SHAPES)) {
                builder.setAttr(key, attributes.apply(value));
              }
            });
    return builder.build();
  }

  private static int listLength(NodeDef node, OpDef.ArgDef argument) {
    return argument.getNumberAttr().isEmpty()
        ? node.getAttrOrThrow(argument.getTypeListAttr()).getList().getTypeCount()
        : Math.toIntExact(node.getAttrOrThrow(argument.getNumberAttr()).getI());
  }

  /** A builder takes its device from its scope, whatever is set on it before. */
  private Scope scope(String device) {
    return scopes.computeIfAbsent(device, d -> graph.baseScope().withDevice(Devices.parse(d)));
  }
}
