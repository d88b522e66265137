package io.github.tfwsam.optimizers;

import io.github.tfwsam.graph.Node;
import io.github.tfwsam.graph.Operations;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.GraphOperationBuilder;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.OperationBuilder;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Assign;
import org.tensorflow.op.core.AssignSub;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.TensorShapeProto;
import org.tensorflow.types.family.TType;

/**
 * A variable that a step updates, or a slot: a reference ({@code VariableV2}) or a resource ({@code
 * VarHandleOp}). TensorFlow has each update op twice, {@code Apply..} and {@code ResourceApply..},
 * with the same arguments.
 *
 * @param <T> the type of its elements
 */
sealed interface StateVariable<T extends TType> {
  /** The op type of a resource. */
  String RESOURCE = "VarHandleOp";

  /** The op types of variables. */
  Set<String> TYPES = Set.of("VariableV2", "Variable", RESOURCE);

  /** What an update op takes as the variable. */
  Output<?> handle();

  /** The type of its elements. */
  Class<T> type();

  /** The value, which later writes may change: they are to be ordered after its readers. */
  Operand<T> read(Ops tf);

  /** Sets the value. */
  Op assign(Ops tf, Operand<T> value);

  /** Subtracts from the value. */
  Op assignSub(Ops tf, Operand<T> value);

  /** The variable's name. */
  default String name() {
    return handle().op().name();
  }

  /**
   * Updates the variable.
   *
   * @param type the type that the op has for a reference
   * @param arguments what it takes after the variable
   * @param attributes what it is told besides
   */
  default Op update(
      Ops tf, String type, List<Operand<?>> arguments, Map<String, Boolean> attributes) {
    OperationBuilder builder =
        tf.scope().opBuilder(this instanceof Resource ? "Resource" + type : type, type);
    builder.addInput(handle());
    arguments.forEach(argument -> builder.addInput(argument.asOutput()));
    builder.setAttr("use_locking", true);
    attributes.forEach(builder::setAttr);
    Operation update = builder.build();
    return () -> update;
  }

  /** A variable whose output is the value. */
  record Reference<T extends TType>(Output<T> handle, Class<T> type) implements StateVariable<T> {
    @Override
    public Operand<T> read(Ops tf) {
      return handle;
    }

    @Override
    public Op assign(Ops tf, Operand<T> value) {
      return tf.assign(handle, value, Assign.useLocking(true));
    }

    @Override
    public Op assignSub(Ops tf, Operand<T> value) {
      return tf.assignSub(handle, value, AssignSub.useLocking(true));
    }
  }

  /** A variable behind a handle. */
  record Resource<T extends TType>(Output<?> handle, Class<T> type) implements StateVariable<T> {
    @Override
    public Operand<T> read(Ops tf) {
      return tf.readVariableOp(handle, type);
    }

    @Override
    public Op assign(Ops tf, Operand<T> value) {
      return tf.assignVariableOp(handle, value);
    }

    @Override
    public Op assignSub(Ops tf, Operand<T> value) {
      return tf.assignSubVariableOp(handle, value);
    }
  }

  /**
   * The variable that a gradient is of.
   *
   * @throws IllegalArgumentException if it is no variable, or of another type
   */
  static <T extends TType> StateVariable<T> of(Output<?> variable, Output<T> gradient) {
    GraphOperation operation = Node.operation(variable);
    if (!TYPES.contains(operation.type())) {
      throw new IllegalArgumentException(
          "'"
              + operation.name()
              + "' ("
              + operation.type()
              + ") is no variable: give the output of a VariableV2 or a VarHandleOp.");
    }
    DataType type = Operations.attribute(operation, "dtype").getType();
    if (type != gradient.dataType()) {
      throw new IllegalArgumentException(
          "The variable '"
              + operation.name()
              + "' is of type "
              + type
              + ", but its gradient '"
              + gradient.op().name()
              + "' of type "
              + gradient.dataType()
              + ": cast the gradient.");
    }
    return at(operation, gradient.type());
  }

  private static <T extends TType> StateVariable<T> at(GraphOperation operation, Class<T> type) {
    return operation.type().equals(RESOURCE)
        ? new Resource<>(operation.output(0), type)
        : new Reference<>(operation.output(0), type);
  }

  /**
   * Adds a variable of the same kind, type and shape to the graph, with its initializer.
   *
   * @param init the scope of the graph's initializers
   * @param name what it is called; with a number, if the name is taken
   * @param initial what all of its elements begin with
   * @throws IllegalArgumentException if the shape is not known
   */
  default StateVariable<T> like(Ops init, String name, double initial) {
    GraphOperation operation = Node.operation(handle());
    Shape shape = staticShape(operation, name);
    var graph = (Graph) init.scope().env();
    String free = freeName(graph, init, name);
    GraphOperationBuilder builder = graph.opBuilder(operation.type(), free, init.scope());
    builder.setAttr("dtype", Operations.attribute(operation, "dtype").getType());
    builder.setAttr("shape", shape);
    builder.setAttr("shared_name", free);
    StateVariable<T> added = at(builder.build(), type());
    Operand<T> value = init.dtypes.cast(init.constant(initial), type());
    added.assign(init, init.fill(init.constant(shape), value));
    return added;
  }

  private static Shape staticShape(GraphOperation variable, String slot) {
    TensorShapeProto shape = Operations.attribute(variable, "shape").getShape();
    long[] sizes = shape.getDimList().stream().mapToLong(TensorShapeProto.Dim::getSize).toArray();
    if (shape.getUnknownRank() || LongStream.of(sizes).anyMatch(size -> size < 0)) {
      throw new IllegalArgumentException(
          "The variable '"
              + variable.name()
              + "' has no static shape, and '"
              + slot
              + "' is to have the same: give the variable a shape, or do not train it.");
    }
    return Shape.of(sizes);
  }

  /** Not by Ops.withName: it takes no name of a variable in a scope, such as layer/w. */
  private static String freeName(Graph graph, Ops tf, String name) {
    String free;
    do {
      free = tf.scope().makeUnique(name);
    } while (graph.operation(free) != null);
    return free;
  }
}
