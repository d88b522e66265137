package io.github.tfwsam.checkpoint;

import io.github.tfwsam.graph.Operations;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.TensorShapeProto;

/**
 * A variable of a graph, reference or resource, of any element type: there are some, such as the
 * uint32 of a random state, that have no class in Java.
 */
record StoredVariable(Output<?> handle, boolean isResource, DataType type, String shape) {

  static List<StoredVariable> of(Graph graph) {
    List<StoredVariable> variables = new ArrayList<>();
    graph
        .operations()
        .forEachRemaining(
            operation -> {
              switch (operation.type()) {
                case "VariableV2", "Variable" -> variables.add(of(operation, false));
                case "VarHandleOp" -> variables.add(of(operation, true));
                default -> {}
              }
            });
    return variables;
  }

  private static StoredVariable of(Operation operation, boolean isResource) {
    var variable = (GraphOperation) operation;
    return new StoredVariable(
        variable.output(0),
        isResource,
        Operations.attribute(variable, "dtype").getType(),
        text(Operations.attribute(variable, "shape").getShape()));
  }

  private static String text(TensorShapeProto shape) {
    return shape.getUnknownRank()
        ? "unknown"
        : shape.getDimList().stream().map(TensorShapeProto.Dim::getSize).toList().toString();
  }

  String name() {
    return handle.op().name();
  }

  /** What must be the same where the variable is restored. */
  String description() {
    return type + " of shape " + shape;
  }

  Output<?> isInitialized(Ops tf) {
    return tf.scope()
        .opBuilder(isResource ? "VarIsInitializedOp" : "IsVariableInitialized", "is_initialized")
        .addInput(handle)
        .build()
        .output(0);
  }

  Output<?> read(Ops tf) {
    return isResource
        ? tf.scope()
            .opBuilder("ReadVariableOp", "read")
            .addInput(handle)
            .setAttr("dtype", type)
            .build()
            .output(0)
        : handle;
  }

  Operation assign(Ops tf, Output<?> value) {
    return tf.scope()
        .opBuilder(isResource ? "AssignVariableOp" : "Assign", "assign")
        .addInput(handle)
        .addInput(value)
        .build();
  }
}
