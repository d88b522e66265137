package io.github.tfwsam.savedmodel;

import com.google.protobuf.ByteString;
import java.util.List;
import java.util.Map;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.TensorProto;
import org.tensorflow.proto.TensorShapeProto;

/** Short words for the protos of nodes, and for the names of their inputs. */
final class NodeDefs {
  private NodeDefs() {}

  static NodeDef.Builder node(String name, String op, String... inputs) {
    return NodeDef.newBuilder().setName(name).setOp(op).addAllInput(List.of(inputs));
  }

  static AttrValue type(DataType type) {
    return AttrValue.newBuilder().setType(type).build();
  }

  static AttrValue types(List<DataType> types) {
    return AttrValue.newBuilder()
        .setList(AttrValue.ListValue.newBuilder().addAllType(types))
        .build();
  }

  static AttrValue text(String text) {
    return AttrValue.newBuilder().setS(ByteString.copyFromUtf8(text)).build();
  }

  static AttrValue shape(TensorShapeProto shape) {
    return AttrValue.newBuilder().setShape(shape).build();
  }

  static TensorShapeProto shapeOf(long... sizes) {
    var shape = TensorShapeProto.newBuilder();
    for (long size : sizes) {
      shape.addDim(TensorShapeProto.Dim.newBuilder().setSize(size));
    }
    return shape.build();
  }

  static NodeDef.Builder constant(String name, TensorProto.Builder value) {
    return node(name, "Const")
        .putAttr("dtype", type(value.getDtype()))
        .putAttr("value", AttrValue.newBuilder().setTensor(value).build());
  }

  static NodeDef.Builder constant(String name, List<String> values) {
    var tensor =
        TensorProto.newBuilder()
            .setDtype(DataType.DT_STRING)
            .setTensorShape(shapeOf(values.size()));
    values.forEach(value -> tensor.addStringVal(ByteString.copyFromUtf8(value)));
    return constant(name, tensor);
  }

  /**
   * The node of a function's body for one of its callers.
   *
   * @param node the node, whose attributes may be those of the function
   * @param attributes the attributes that the caller gives the function
   * @throws IllegalArgumentException if the caller does not give one of them
   */
  static NodeDef withAttributes(NodeDef node, Map<String, AttrValue> attributes) {
    NodeDef.Builder result = node.toBuilder();
    node.getAttrMap()
        .forEach(
            (name, value) -> {
              if (!value.getPlaceholder().isEmpty()) {
                AttrValue actual = attributes.get(value.getPlaceholder());
                if (actual == null) {
                  throw new IllegalArgumentException(
                      "the caller of the function with the node '"
                          + node.getName()
                          + "' does not say what its "
                          + value.getPlaceholder()
                          + " is");
                }
                result.putAttr(name, actual);
              }
            });
    return result.build();
  }

  /** A name like this one that TensorFlow takes for a node. */
  static String legal(String name) {
    String legal = name.replaceAll("[^A-Za-z0-9_./-]", "_");
    return legal.matches("[A-Za-z0-9.].*") ? legal : "n" + legal;
  }

  static boolean isControl(String input) {
    return input.startsWith("^");
  }

  /** The node that an input comes from: of "^a", "a", "a:1" and "a:out:1" it is "a". */
  static String source(String input) {
    int start = isControl(input) ? 1 : 0;
    int colon = input.indexOf(':');
    return input.substring(start, colon < 0 ? input.length() : colon);
  }

  /** The output of a tensor's name: of "a:1" it is 1, of "a" it is 0. */
  static int index(String tensor) {
    int colon = tensor.indexOf(':');
    if (colon < 0) {
      return 0;
    }
    try {
      return Integer.parseInt(tensor.substring(colon + 1));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + tensor + "' is not the name of a tensor", e);
    }
  }
}
