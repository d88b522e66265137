package io.github.tfwsam.graph;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.GraphOperationBuilder;
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
    GraphOperationBuilder builder = builder(node.getOp(), node, name, inputs, controlInputs);
    node.getAttrMap()
        .forEach(
            (key, value) -> {
              if (!key.equals(INFERRED_SHAPES)) {
                builder.setAttr(key, attributes.apply(value));
              }
            });
    return builder.build();
  }

  /**
   * Builds an operation like another, on the same device: of another type, or with inputs of other
   * types or number.
   *
   * @param type the op type
   * @param original where attributes come from that the inputs do not tell
   * @param changed attributes that are set otherwise; those of {@code type} that the original lacks
   * @param name the full name of the new operation
   * @param inputs its data inputs; lists flattened, and of the original's length
   * @param controlInputs what runs before it
   * @return the new operation
   */
  GraphOperation build(
      String type,
      GraphOperation original,
      Map<String, AttrValue> changed,
      String name,
      List<Output<?>> inputs,
      Collection<? extends Operation> controlInputs) {
    NodeDef node = Operations.nodeDef(original);
    OpDef definition = Operations.definition(type);
    GraphOperationBuilder builder = builder(type, node, name, inputs, controlInputs);
    for (OpDef.AttrDef attribute : definition.getAttrList()) {
      String key = attribute.getName();
      boolean inferred =
          definition.getInputArgList().stream()
              .anyMatch(a -> a.getTypeAttr().equals(key) || a.getNumberAttr().equals(key));
      AttrValue value = changed.getOrDefault(key, node.getAttrMap().get(key));
      if (value != null && !inferred) {
        builder.setAttr(key, value);
      }
    }
    return builder.build();
  }

  private GraphOperationBuilder builder(
      String type,
      NodeDef original,
      String name,
      List<Output<?>> inputs,
      Collection<? extends Operation> controlInputs) {
    GraphOperationBuilder builder = graph.opBuilder(type, name, scope(original.getDevice()));
    int next = 0;
    for (OpDef.ArgDef argument : Operations.definition(type).getInputArgList()) {
      if (argument.getNumberAttr().isEmpty() && argument.getTypeListAttr().isEmpty()) {
        builder.addInput(inputs.get(next++));
      } else {
        int length = listLength(original, argument);
        builder.addInputList(inputs.subList(next, next + length).toArray(new Output<?>[0]));
        next += length;
      }
    }
    controlInputs.forEach(builder::addControlInput);
    return builder;
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
