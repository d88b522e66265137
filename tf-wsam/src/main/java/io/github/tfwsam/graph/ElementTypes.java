package io.github.tfwsam.graph;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.GraphOperation;
import org.tensorflow.Output;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.OpDef;

/**
 * The element types of what operations feed one another. Most ops give what they take, so that
 * their definitions tell the type of an output from that of an input; TensorFlow is asked for the
 * others.
 */
final class ElementTypes {
  private final Map<Output<?>, DataType> types = new HashMap<>();

  /**
   * Finds the types.
   *
   * @param nodes operations, each after those that feed it
   */
  ElementTypes(List<Node> nodes) {
    Map<GraphOperation, Node> byOperation = new HashMap<>();
    for (Node node : nodes) {
      byOperation.put(node.operation(), node);
      for (Output<?> input : node.inputs()) {
        if (!types.containsKey(input)) {
          types.put(input, infer(byOperation.get(Node.operation(input)), input));
        }
      }
    }
  }

  /** The type of what an operation takes; of a reference, what it refers to. */
  DataType of(Output<?> input) {
    return types.get(input);
  }

  boolean isRealFloating(Output<?> input) {
    return Operations.isRealFloating(of(input));
  }

  /** The producer is null behind the back edge of a v1 loop. */
  private DataType infer(Node producer, Output<?> output) {
    if (producer != null) {
      OpDef definition = Operations.definition(producer.type());
      List<OpDef.ArgDef> outputs = definition.getOutputArgList();
      List<OpDef.ArgDef> inputs = definition.getInputArgList();
      if (outputs.size() == 1 && outputs.get(0).getTypeListAttr().isEmpty() && !inputs.isEmpty()) {
        String type = outputs.get(0).getTypeAttr();
        if (!type.isEmpty() && inputs.get(0).getTypeAttr().equals(type)) {
          return types.get(producer.inputs().get(0));
        }
      }
    }
    return Operations.valueType(output);
  }
}
