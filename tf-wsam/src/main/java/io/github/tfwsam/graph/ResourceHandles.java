package io.github.tfwsam.graph;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.GraphOperation;
import org.tensorflow.Output;
import org.tensorflow.proto.AttrValue;

/**
 * The handles of resource variables. A handle may be passed on before it is read, and several
 * {@code VarHandleOp}s may name one variable; here each variable has one handle.
 */
final class ResourceHandles {
  private static final String VARIABLE = "VarHandleOp";

  private static final Set<String> PASSING = Set.of("Identity", "StopGradient");

  private final Map<List<String>, GraphOperation> byName = new HashMap<>();

  /**
   * The operation that stands for a variable: the first that was asked for of those that name it.
   *
   * @param variable a variable of any kind
   * @return itself, or an earlier {@code VarHandleOp} of the same variable
   */
  GraphOperation canonical(GraphOperation variable) {
    if (!variable.type().equals(VARIABLE)) {
      return variable;
    }
    Map<String, AttrValue> attributes = Operations.nodeDef(variable).getAttrMap();
    // The name of the operation does not count: without a shared name, all are one variable.
    return byName.computeIfAbsent(
        List.of(text(attributes, "container"), text(attributes, "shared_name")), first -> variable);
  }

  private static String text(Map<String, AttrValue> attributes, String name) {
    return attributes.getOrDefault(name, AttrValue.getDefaultInstance()).getS().toStringUtf8();
  }

  /**
   * Follows a handle to its variable.
   *
   * @param handle what is read
   * @return the output of the variable's own operation
   * @throws IllegalArgumentException if it leads to none
   */
  Output<?> of(Output<?> handle) {
    GraphOperation operation = Node.operation(handle);
    while (PASSING.contains(operation.type())) {
      operation = Node.operation(operation.input(0));
    }
    if (!operation.type().equals(VARIABLE)) {
      throw new IllegalArgumentException(
          "The loss reads a variable whose handle comes from "
              + Operations.describe(operation)
              + ", so that it is not known which: read the VarHandleOp itself.");
    }
    return canonical(operation).output(0);
  }
}
