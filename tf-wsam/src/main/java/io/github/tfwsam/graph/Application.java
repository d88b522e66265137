package io.github.tfwsam.graph;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.tensorflow.GraphOperation;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.TensorProto;

/** An op as it is applied: to which inputs, with which attributes, differentiated how. */
final class Application {
  private final Node node;
  private final BitSet inputs;
  private final BitSet outputs;
  private Map<String, AttrValue> attributes;

  Application(Node node) {
    this(node, new BitSet(), new BitSet());
  }

  Application(Node node, BitSet inputs, BitSet outputs) {
    this.node = node;
    this.inputs = inputs;
    this.outputs = outputs;
  }

  String type() {
    return node.type();
  }

  int inputCount() {
    return node.inputs().size();
  }

  /** True if a gradient is asked for with respect to the input or a later one. */
  boolean differentiatesFrom(int input) {
    return inputs.nextSetBit(input) >= 0;
  }

  boolean differentiates(int input) {
    return inputs.get(input);
  }

  /** True if a gradient arrives at the output or a later one. */
  boolean receivesFrom(int output) {
    return outputs.nextSetBit(output) >= 0;
  }

  /** The element type of an input; of a reference, what it refers to. */
  DataType typeOf(int input) {
    return Operations.valueType(node.inputs().get(input));
  }

  boolean isReference(int input) {
    return Operations.isReference(node.inputs().get(input));
  }

  /** The rank of an input; -1 if it is unknown. */
  int rankOf(int input) {
    return shapeOf(input).numDimensions();
  }

  /** The size of an axis of an input; -1 if it is unknown. */
  long sizeOf(int input, int axis) {
    return axis < rankOf(input) ? shapeOf(input).get(axis) : Shape.UNKNOWN_SIZE;
  }

  /** False if two inputs are known not to be broadcast against each other. */
  boolean mayBroadcast(int a, int b) {
    return rankOf(a) < 0 || rankOf(b) < 0 || broadcasts(a, b);
  }

  /** True if two inputs are known to be broadcast against each other. */
  boolean broadcasts(int a, int b) {
    if (rankOf(a) < 0 || rankOf(b) < 0) {
      return false;
    }
    long[] left = shapeOf(a).asArray();
    long[] right = shapeOf(b).asArray();
    return left.length != right.length || Arrays.mismatch(onesOf(left), onesOf(right)) >= 0;
  }

  private static boolean[] onesOf(long[] sizes) {
    var ones = new boolean[sizes.length];
    for (int i = 0; i < sizes.length; i++) {
      ones[i] = sizes[i] == 1;
    }
    return ones;
  }

  /** True if two inputs are known to have been broadcast to one shape. */
  boolean isBroadcastAlike(int a, int b) {
    GraphOperation left = Node.operation(node.inputs().get(a));
    GraphOperation right = Node.operation(node.inputs().get(b));
    return left.type().equals("BroadcastTo")
        && right.type().equals("BroadcastTo")
        && left.input(1).equals(right.input(1));
  }

  /** The value of an input that is a constant scalar int32 or int64. */
  OptionalLong constant(int input) {
    GraphOperation operation = Node.operation(node.inputs().get(input));
    boolean wide = typeOf(input) == DataType.DT_INT64;
    if (!operation.type().equals("Const") || !(wide || typeOf(input) == DataType.DT_INT32)) {
      return OptionalLong.empty();
    }
    TensorProto tensor = Operations.nodeDef(operation).getAttrOrThrow("value").getTensor();
    if (tensor.getTensorShape().getDimCount() > 0) {
      return OptionalLong.empty();
    }
    ByteBuffer content =
        tensor.getTensorContent().asReadOnlyByteBuffer().order(ByteOrder.nativeOrder());
    if (wide) {
      return OptionalLong.of(
          tensor.getInt64ValCount() > 0 ? tensor.getInt64Val(0) : content.getLong());
    }
    return OptionalLong.of(tensor.getIntValCount() > 0 ? tensor.getIntVal(0) : content.getInt());
  }

  boolean flag(String attribute) {
    return attribute(attribute).getB();
  }

  long integer(String attribute) {
    return attribute(attribute).getI();
  }

  float number(String attribute) {
    return attribute(attribute).getF();
  }

  String text(String attribute) {
    return attribute(attribute).getS().toStringUtf8();
  }

  List<Long> integers(String attribute) {
    return attribute(attribute).getList().getIList();
  }

  private AttrValue attribute(String name) {
    if (attributes == null) {
      attributes = Operations.nodeDef(node.operation()).getAttrMap();
    }
    return attributes.getOrDefault(name, AttrValue.getDefaultInstance());
  }

  private Shape shapeOf(int input) {
    Output<?> output = node.inputs().get(input);
    return output.shape();
  }
}
