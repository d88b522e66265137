package io.github.tfwsam.graph;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_OperationToNodeDef;

import com.google.protobuf.InvalidProtocolBufferException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.tensorflow.GraphOperation;
import org.tensorflow.Output;
import org.tensorflow.TensorFlow;
import org.tensorflow.internal.c_api.TF_Buffer;
import org.tensorflow.internal.c_api.TF_Status;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;

/**
 * What TensorFlow itself says of an operation: its definition, its attributes, its element types.
 */
public final class Operations {
  /** TensorFlow numbers the reference type of type t as t + 100. */
  private static final int REFERENCE_TYPE_OFFSET = 100;

  private static final Set<String> VARIABLES = Set.of("VariableV2", "Variable", "VarHandleOp");

  private static final Map<String, OpDef> DEFINITIONS = new ConcurrentHashMap<>();

  private Operations() {}

  /** The definition of an op type; the default instance for the name of a function. */
  static OpDef definition(String type) {
    OpDef known = DEFINITIONS.get(type);
    if (known != null) {
      return known;
    }
    // All are read at once. A library that is loaded later brings more.
    TensorFlow.registeredOpList().getOpList().forEach(op -> DEFINITIONS.put(op.getName(), op));
    return DEFINITIONS.computeIfAbsent(type, function -> OpDef.getDefaultInstance());
  }

  static NodeDef nodeDef(GraphOperation operation) {
    try (var scope = new PointerScope()) {
      TF_Buffer buffer = TF_Buffer.newBuffer();
      TF_Status status = TF_Status.newStatus();
      TF_OperationToNodeDef(operation.getUnsafeNativeHandle(), buffer, status);
      status.throwExceptionIfNotOK();
      return NodeDef.parseFrom(buffer.dataAsByteBuffer());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("TensorFlow wrote a NodeDef that cannot be parsed", e);
    }
  }

  /**
   * An attribute of an operation.
   *
   * @param operation an operation
   * @param name the attribute's name
   * @return its value
   * @throws IllegalArgumentException if the operation has no such attribute
   */
  public static AttrValue attribute(GraphOperation operation, String name) {
    return nodeDef(operation).getAttrOrThrow(name);
  }

  /** The element type of an output; of a reference, the type that it refers to. */
  static DataType valueType(Output<?> output) {
    DataType type = output.dataType();
    return type.getNumber() > REFERENCE_TYPE_OFFSET
        ? DataType.forNumber(type.getNumber() - REFERENCE_TYPE_OFFSET)
        : type;
  }

  /**
   * The element type of a variable.
   *
   * @param handle the output of a {@code VariableV2}, or the handle of a {@code VarHandleOp}
   * @return the type of its values
   */
  public static DataType variableType(Output<?> handle) {
    return isResource(handle)
        ? attribute(Node.operation(handle), "dtype").getType()
        : valueType(handle);
  }

  /**
   * Tells the handle of a resource variable from a reference variable, and from a value.
   *
   * @param output an output
   * @return true of a resource handle
   */
  public static boolean isResource(Output<?> output) {
    return output.dataType() == DataType.DT_RESOURCE;
  }

  /** True of the output of a reference variable, and of what passes on its reference. */
  static boolean isReference(Output<?> output) {
    return output.dataType().getNumber() > REFERENCE_TYPE_OFFSET;
  }

  static boolean isVariable(String type) {
    return VARIABLES.contains(type);
  }

  static boolean isRealFloating(DataType type) {
    return switch (type) {
      case DT_HALF, DT_BFLOAT16, DT_FLOAT, DT_DOUBLE -> true;
      default -> false;
    };
  }

  static boolean isComplex(DataType type) {
    return type == DataType.DT_COMPLEX64 || type == DataType.DT_COMPLEX128;
  }

  /**
   * Tells whether an op changes a variable.
   *
   * @param type an op type
   * @return true of one with a reference input, and of the updates of resources
   */
  public static boolean writes(String type) {
    return definition(type).getInputArgList().stream().anyMatch(OpDef.ArgDef::getIsRef)
        || type.startsWith("ResourceApply")
        || type.startsWith("WsamResourceApply")
        || type.startsWith("ResourceSparseApply")
        || type.startsWith("ResourceScatter")
        || type.startsWith("ResourceStridedSliceAssign")
        || (type.startsWith("Assign") && type.endsWith("VariableOp"));
  }

  /**
   * The place of an argument among the inputs of an op that takes no lists.
   *
   * @param type an op type
   * @param argument the argument's name in the op's definition
   * @return its index; -1 if the op has no such argument
   */
  public static int argumentIndex(String type, String argument) {
    List<OpDef.ArgDef> arguments = definition(type).getInputArgList();
    return IntStream.range(0, arguments.size())
        .filter(i -> arguments.get(i).getName().equals(argument))
        .findFirst()
        .orElse(-1);
  }

  /** True of an op that draws other numbers each time it runs. */
  static boolean isRandom(String type) {
    OpDef definition = definition(type);
    return definition.getIsStateful()
        && (definition.getAttrList().stream().anyMatch(a -> a.getName().equals("seed"))
            || (type.startsWith("Stateful") && !type.equals("StatefulPartitionedCall")));
  }

  static List<Output<?>> outputs(GraphOperation operation) {
    return IntStream.range(0, operation.numOutputs())
        .<Output<?>>mapToObj(operation::output)
        .toList();
  }

  /** An operation as the user knows it: {@code 'name' (Type)}. */
  static String describe(GraphOperation operation) {
    return "'" + operation.name() + "' (" + operation.type() + ")";
  }
}
