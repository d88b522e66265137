package io.github.tfwsam.savedmodel;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.tensorflow.TensorFlow;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;
import org.tensorflow.proto.TensorShapeProto;

/**
 * The ops that a model's nodes may be of: those of this TensorFlow, and the functions of the model.
 */
final class OpDefs {
  /** No op of a real model has as many; a damaged one may ask for any number. */
  private static final int MAX_WIDTH = 1_000_000;

  private static final double MAX_ELEMENTS = Integer.MAX_VALUE / 4.0;

  private static final Map<String, OpDef> REGISTERED = new ConcurrentHashMap<>();

  private final Map<String, OpDef> producersOps = new HashMap<>();
  private final Map<String, FunctionDef> functions = new HashMap<>();
  private final String producer;

  OpDefs(MetaGraphDef model) {
    model
        .getMetaInfoDef()
        .getStrippedOpList()
        .getOpList()
        .forEach(op -> producersOps.put(op.getName(), op));
    model
        .getGraphDef()
        .getLibrary()
        .getFunctionList()
        .forEach(function -> functions.put(function.getSignature().getName(), function));
    producer = model.getMetaInfoDef().getTensorflowVersion();
  }

  /** The definition of an op; null if there is none. All are read at once, which takes a while. */
  private static OpDef registered(String op) {
    if (!REGISTERED.containsKey(op)) {
      TensorFlow.registeredOpList().getOpList().forEach(o -> REGISTERED.put(o.getName(), o));
    }
    return REGISTERED.get(op);
  }

  /** The function of this name; null if the model has none. */
  FunctionDef function(String name) {
    return functions.get(name);
  }

  /**
   * The definition of a node's op, or the signature of the function that it calls.
   *
   * @throws IllegalArgumentException if there is none; it says which TensorFlow made the model
   */
  OpDef of(NodeDef node) {
    FunctionDef function = functions.get(node.getOp());
    OpDef definition = function != null ? function.getSignature() : registered(node.getOp());
    if (definition == null) {
      throw new IllegalArgumentException(
          madeWith()
              + "the op "
              + node.getOp()
              + " of '"
              + node.getName()
              + "' is not in TensorFlow "
              + TensorFlow.version()
              + ", nor a function of the model: export the model with TensorFlow "
              + TensorFlow.version());
    }
    return definition;
  }

  boolean isStateful(String op) {
    FunctionDef function = functions.get(op);
    OpDef definition = function != null ? function.getSignature() : registered(op);
    return definition != null && definition.getIsStateful();
  }

  /**
   * A node's attributes as this TensorFlow knows them. Exporters leave out attributes that have
   * their default value, but not always: one that is new, and has it, is dropped.
   *
   * @throws IllegalArgumentException if an attribute is unknown and not the default, or a constant
   *     of more elements than memory holds
   */
  Map<String, AttrValue> attributes(NodeDef node, OpDef definition) {
    Map<String, AttrValue> attributes = new HashMap<>();
    for (OpDef.AttrDef attribute : definition.getAttrList()) {
      if (attribute.hasDefaultValue()) {
        attributes.put(attribute.getName(), attribute.getDefaultValue());
      }
    }
    List<String> known = definition.getAttrList().stream().map(OpDef.AttrDef::getName).toList();
    node.getAttrMap()
        .forEach(
            (name, value) -> {
              if (known.contains(name)) {
                requireElements(node, value.getTensor().getTensorShape());
                attributes.put(name, value);
              } else if (!name.startsWith("_") && !isProducersDefault(node.getOp(), name, value)) {
                throw new IllegalArgumentException(
                    madeWith()
                        + "the attribute "
                        + name
                        + " of '"
                        + node.getName()
                        + "' ("
                        + node.getOp()
                        + ") is not in TensorFlow "
                        + TensorFlow.version()
                        + ": export the model with TensorFlow "
                        + TensorFlow.version());
              }
            });
    return attributes;
  }

  /** A few bytes say that a constant is one number again and again. */
  private static void requireElements(NodeDef node, TensorShapeProto shape) {
    double elements = 1;
    for (TensorShapeProto.Dim dim : shape.getDimList()) {
      elements *= dim.getSize();
    }
    if (elements > MAX_ELEMENTS) {
      throw new IllegalArgumentException(
          "its constant '" + node.getName() + "' has " + elements + " elements");
    }
  }

  private boolean isProducersDefault(String op, String name, AttrValue value) {
    return producersOps.getOrDefault(op, OpDef.getDefaultInstance()).getAttrList().stream()
        .anyMatch(a -> a.getName().equals(name) && a.getDefaultValue().equals(value));
  }

  private String madeWith() {
    return producer.isEmpty() ? "" : "it was made with TensorFlow " + producer + ", and ";
  }

  /**
   * The tensors that an argument stands for: one, or a list.
   *
   * @throws IllegalArgumentException if the attribute that says how many is missing or wrong
   */
  static int width(OpDef.ArgDef argument, Map<String, AttrValue> attributes, String node) {
    long width = 1;
    if (!argument.getNumberAttr().isEmpty()) {
      width = attribute(argument.getNumberAttr(), attributes, node).getI();
    } else if (!argument.getTypeListAttr().isEmpty()) {
      width = attribute(argument.getTypeListAttr(), attributes, node).getList().getTypeCount();
    }
    if (width < 0 || width > MAX_WIDTH) {
      throw new IllegalArgumentException(
          "'" + node + "' has a list of " + width + " tensors as " + argument.getName());
    }
    return (int) width;
  }

  private static AttrValue attribute(String name, Map<String, AttrValue> attributes, String node) {
    AttrValue value = attributes.get(name);
    if (value == null) {
      throw new IllegalArgumentException("'" + node + "' lacks the attribute " + name);
    }
    return value;
  }

  /** The tensors that some arguments stand for together. */
  static int count(List<OpDef.ArgDef> arguments, Map<String, AttrValue> attributes, String node) {
    return arguments.stream().mapToInt(argument -> width(argument, attributes, node)).sum();
  }

  /**
   * Checks how many inputs a node has.
   *
   * @throws IllegalArgumentException if its op takes another number
   */
  static void requireInputs(
      NodeDef node, OpDef definition, Map<String, AttrValue> attributes, int given) {
    int expected = count(definition.getInputArgList(), attributes, node.getName());
    if (given != expected) {
      throw new IllegalArgumentException(
          "'"
              + node.getName()
              + "' ("
              + node.getOp()
              + ") has "
              + given
              + " inputs, and its op takes "
              + expected);
    }
  }
}
