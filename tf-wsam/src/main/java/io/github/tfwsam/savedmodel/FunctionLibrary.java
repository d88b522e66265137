package io.github.tfwsam.savedmodel;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.FunctionDefLibrary;
import org.tensorflow.proto.NameAttrList;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.NodeDefOrBuilder;
import org.tensorflow.proto.OpDef;

/** The functions that a flat graph still calls: the bodies of loops and conditions. */
final class FunctionLibrary {
  private static final int MAX_DEPTH = 200;

  private final OpDefs ops;
  private final Map<String, FunctionDef> functions = new LinkedHashMap<>();
  private final Deque<String> calls = new ArrayDeque<>();

  FunctionLibrary(OpDefs ops) {
    this.ops = ops;
  }

  FunctionDefLibrary library() {
    return FunctionDefLibrary.newBuilder().addAllFunction(functions.values()).build();
  }

  /**
   * Adds what a node calls, and what that calls.
   *
   * @throws IllegalArgumentException if a function is missing, calls itself, or has an op that this
   *     TensorFlow lacks
   */
  void addCalledBy(NodeDefOrBuilder node) {
    for (String name : called(node)) {
      if (calls.contains(name) || calls.size() == MAX_DEPTH) {
        throw new IllegalArgumentException("its function '" + name + "' calls itself");
      }
      FunctionDef function = ops.function(name);
      if (function == null) {
        throw new IllegalArgumentException(
            "'" + node.getName() + "' calls the function '" + name + "', which it lacks");
      }
      requireArguments(node, name, function.getSignature());
      if (functions.containsKey(name)) {
        continue;
      }
      FunctionInliner.check(ops, function);
      calls.push(name);
      function.getNodeDefList().forEach(this::addCalledBy);
      calls.pop();
      functions.put(name, known(function));
    }
  }

  /** TensorFlow's native code takes for granted that loops and conditions fit their functions. */
  private static void requireArguments(NodeDefOrBuilder node, String name, OpDef function) {
    Map<String, AttrValue> attributes = node.getAttrMap();
    boolean fits =
        switch (node.getOp()) {
          case "While", "StatelessWhile" -> {
            List<DataType> types = types(attributes, "T");
            boolean isCondition =
                attributes
                    .getOrDefault("cond", AttrValue.getDefaultInstance())
                    .getFunc()
                    .getName()
                    .equals(name);
            boolean isBody =
                attributes
                    .getOrDefault("body", AttrValue.getDefaultInstance())
                    .getFunc()
                    .getName()
                    .equals(name);
            yield types(function.getInputArgList()).equals(types)
                && (!isBody || types(function.getOutputArgList()).equals(types))
                && (!isCondition || function.getOutputArgCount() == 1);
          }
          case "If", "StatelessIf", "Case", "StatelessCase" ->
              types(function.getInputArgList()).equals(types(attributes, "Tin"))
                  && types(function.getOutputArgList()).equals(types(attributes, "Tout"));
          default -> true;
        };
    if (!fits) {
      throw new IllegalArgumentException(
          "'"
              + node.getName()
              + "' ("
              + node.getOp()
              + ") calls the function '"
              + name
              + "', which takes or returns other tensors");
    }
  }

  private static List<DataType> types(Map<String, AttrValue> attributes, String name) {
    return attributes.getOrDefault(name, AttrValue.getDefaultInstance()).getList().getTypeList();
  }

  private static List<DataType> types(List<OpDef.ArgDef> arguments) {
    return arguments.stream().map(OpDef.ArgDef::getType).toList();
  }

  private List<String> called(NodeDefOrBuilder node) {
    List<String> called = new ArrayList<>();
    if (ops.function(node.getOp()) != null) {
      called.add(node.getOp());
    }
    for (AttrValue value : node.getAttrMap().values()) {
      if (value.hasFunc()) {
        called.add(value.getFunc().getName());
      }
      value.getList().getFuncList().stream().map(NameAttrList::getName).forEach(called::add);
    }
    return called;
  }

  /** The function with those attributes alone that this TensorFlow knows. */
  private FunctionDef known(FunctionDef function) {
    FunctionDef.Builder result = function.toBuilder().clearNodeDef();
    for (NodeDef node : function.getNodeDefList()) {
      Map<String, AttrValue> values = ops.attributes(node, ops.of(node));
      NodeDef.Builder known = node.toBuilder().clearAttr().clearDevice();
      node.getAttrMap()
          .forEach(
              (name, value) -> {
                if (values.containsKey(name) || name.startsWith("_")) {
                  known.putAttr(name, value);
                }
              });
      result.addNodeDef(known);
    }
    return result.build();
  }
}
