package io.github.tfwsam.savedmodel;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NameAttrList;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedConcreteFunction;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObject;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedVariable;
import org.tensorflow.proto.Struct.StructuredValue;
import org.tensorflow.proto.Struct.TensorSpecProto;
import org.tensorflow.proto.TensorInfo;

/**
 * The function that Python calls with {@code training=True}, which Keras 2 saves beside the
 * signatures: a call of it, to be added to the main graph.
 *
 * @param nodes the call, and the placeholders that it takes
 * @param endpoint its inputs and outputs, by the names that the serving signature has for them
 * @param handles variables that nothing else in the main graph stands for, by object
 */
record TrainingFunction(List<NodeDef> nodes, Endpoint endpoint, Map<Integer, String> handles) {
  static final String NAME = "training";

  /** The root's functions that take the model's inputs and return its outputs. */
  private static final List<String> CALLS =
      List.of("__call__", "call_and_return_all_conditional_losses");

  /** The function whose inputs have the names and the order that the model gives them. */
  private static final String SERVED = "_default_save_signature";

  /**
   * A tensor in a nested structure of Python.
   *
   * @param key the key of the dictionary that holds it; empty if none does
   * @param spec its name, type and shape
   */
  private record Leaf(String key, TensorSpecProto spec) {
    boolean isLike(TensorInfo info) {
      return spec.getDtype() == info.getDtype() && spec.getShape().equals(info.getTensorShape());
    }
  }

  /** Finds the function, and which of its inputs and outputs is which of a signature's. */
  static Optional<TrainingFunction> find(
      MetaGraphDef model, ObjectGraph objects, VariableBinding binding, Endpoint serving) {
    if (!objects.exists()) {
      return Optional.empty();
    }
    for (String call : CALLS) {
      for (String name : concreteFunctions(objects, call)) {
        SavedConcreteFunction function = objects.function(name);
        Optional<FunctionDef> definition =
            model.getGraphDef().getLibrary().getFunctionList().stream()
                .filter(candidate -> candidate.getSignature().getName().equals(name))
                .findFirst();
        if (function != null && definition.isPresent() && isForTraining(function)) {
          Optional<TrainingFunction> found =
              new Finder(model, objects, binding, serving, definition.get(), function).find();
          if (found.isPresent()) {
            return found;
          }
        }
      }
    }
    return Optional.empty();
  }

  private static List<String> concreteFunctions(ObjectGraph objects, String child) {
    return objects
        .child(0, child)
        .map(objects::object)
        .map(object -> object.getFunction().getConcreteFunctionsList().stream().toList())
        .orElse(List.of());
  }

  private static boolean isForTraining(SavedConcreteFunction function) {
    boolean[] found = new boolean[1];
    walk(
        function.getCanonicalizedInputSignature(),
        "",
        (key, value) -> found[0] |= value.hasBoolValue() && value.getBoolValue());
    return found[0];
  }

  private static List<Leaf> leaves(StructuredValue structure) {
    List<Leaf> leaves = new ArrayList<>();
    walk(
        structure,
        "",
        (key, value) -> {
          if (value.hasTensorSpecValue()) {
            leaves.add(new Leaf(key, value.getTensorSpecValue()));
          }
        });
    return leaves;
  }

  private interface Visitor {
    void visit(String key, StructuredValue leaf);
  }

  /** In the order in which Python flattens: dictionaries by their sorted keys. */
  private static void walk(StructuredValue value, String key, Visitor visitor) {
    switch (value.getKindCase()) {
      case TUPLE_VALUE -> value.getTupleValue().getValuesList().forEach(v -> walk(v, key, visitor));
      case LIST_VALUE -> value.getListValue().getValuesList().forEach(v -> walk(v, key, visitor));
      case DICT_VALUE ->
          new TreeMap<>(value.getDictValue().getFieldsMap())
              .forEach((field, v) -> walk(v, field, visitor));
      default -> visitor.visit(key, value);
    }
  }

  private static final class Finder {
    private final MetaGraphDef model;
    private final ObjectGraph objects;
    private final VariableBinding binding;
    private final Endpoint serving;
    private final FunctionDef definition;
    private final SavedConcreteFunction function;
    private final Set<String> names = new HashSet<>();
    private final List<NodeDef> nodes = new ArrayList<>();
    private final Map<Integer, String> handles = new LinkedHashMap<>();

    Finder(
        MetaGraphDef model,
        ObjectGraph objects,
        VariableBinding binding,
        Endpoint serving,
        FunctionDef definition,
        SavedConcreteFunction function) {
      this.model = model;
      this.objects = objects;
      this.binding = binding;
      this.serving = serving;
      this.definition = definition;
      this.function = function;
      model.getGraphDef().getNodeList().forEach(node -> names.add(node.getName()));
    }

    Optional<TrainingFunction> find() {
      List<OpDef.ArgDef> arguments = definition.getSignature().getInputArgList();
      List<Leaf> inputs = leaves(function.getCanonicalizedInputSignature());
      List<Leaf> outputs = returned();
      if (inputs.size() + function.getBoundInputsCount() != arguments.size()
          || outputs.size() > definition.getSignature().getOutputArgCount()) {
        return Optional.empty();
      }
      List<String> inputNames = inputNames(inputs);
      List<String> outputNames = outputNames(outputs);
      List<String> captured = captured();
      if (inputNames.isEmpty()
          || outputNames.isEmpty()
          || captured.size() < function.getBoundInputsCount()) {
        return Optional.empty();
      }
      NodeDef.Builder call =
          NodeDefs.node(unique(NAME), "StatefulPartitionedCall")
              .putAttr(
                  "f",
                  AttrValue.newBuilder()
                      .setFunc(
                          NameAttrList.newBuilder().setName(definition.getSignature().getName()))
                      .build())
              .putAttr("Tin", types(arguments))
              .putAttr("Tout", types(definition.getSignature().getOutputArgList()));
      Map<String, TensorInfo> in = new TreeMap<>();
      for (int i = 0; i < inputs.size(); i++) {
        TensorSpecProto spec = inputs.get(i).spec();
        String name = unique(NodeDefs.legal(NAME + "_" + inputNames.get(i)));
        nodes.add(
            NodeDefs.node(name, "Placeholder")
                .putAttr("dtype", NodeDefs.type(arguments.get(i).getType()))
                .putAttr("shape", NodeDefs.shape(spec.getShape()))
                .build());
        call.addInput(name + ":0");
        in.put(inputNames.get(i), info(name + ":0", arguments.get(i)));
      }
      call.addAllInput(captured);
      nodes.add(call.build());
      Map<String, TensorInfo> out = new TreeMap<>();
      for (int i = 0; i < outputs.size(); i++) {
        out.put(
            outputNames.get(i),
            info(call.getName() + ":" + i, definition.getSignature().getOutputArg(i)));
      }
      return Optional.of(new TrainingFunction(nodes, new Endpoint(NAME, in, out), handles));
    }

    /** What the model returns: of outputs and losses the outputs. */
    private List<Leaf> returned() {
      StructuredValue structure = function.getOutputSignature();
      var parts = structure.getTupleValue().getValuesList();
      boolean withLosses = parts.size() == 2 && parts.get(1).hasListValue();
      return leaves(withLosses ? parts.get(0) : structure);
    }

    private List<String> inputNames(List<Leaf> inputs) {
      List<Leaf> served =
          concreteFunctions(objects, SERVED).stream()
              .map(objects::function)
              .filter(f -> f != null)
              .map(f -> leaves(f.getCanonicalizedInputSignature()))
              .findFirst()
              .orElse(List.of());
      List<String> inOrder = served.stream().map(leaf -> leaf.spec().getName()).toList();
      return names(
          inputs,
          serving.inputs(),
          List.of(
              inputs.stream().map(Leaf::key).toList(),
              inputs.stream().map(leaf -> leaf.spec().getName()).toList(),
              inOrder));
    }

    private List<String> outputNames(List<Leaf> outputs) {
      List<String> layers = new ArrayList<>();
      for (int i = 0; i < outputs.size(); i++) {
        layers.add(layer(definition.getSignature().getOutputArg(i).getName()));
      }
      return names(
          outputs, serving.outputs(), List.of(outputs.stream().map(Leaf::key).toList(), layers));
    }

    /** The layer that computes an output, which Keras names the output by. */
    private String layer(String output) {
      String identity = NodeDefs.source(definition.getRetMap().getOrDefault(output, ""));
      return definition.getNodeDefList().stream()
          .filter(node -> node.getName().equals(identity) && node.getInputCount() > 0)
          .map(node -> node.getInput(0).split("/", 2)[0])
          .findFirst()
          .orElse("");
    }

    /**
     * The names that a signature has for the tensors: the only one, or the first of the candidates
     * that are those of the signature, or those of the same type and shape.
     *
     * @return empty if it cannot be known
     */
    private static List<String> names(
        List<Leaf> tensors, Map<String, TensorInfo> signature, List<List<String>> candidates) {
      if (tensors.size() != signature.size()) {
        return List.of();
      }
      if (tensors.size() == 1) {
        return List.copyOf(signature.keySet());
      }
      for (List<String> names : candidates) {
        if (names.size() == tensors.size() && signature.keySet().equals(new HashSet<>(names))) {
          return names;
        }
      }
      List<String> alike = new ArrayList<>();
      for (Leaf leaf : tensors) {
        Predicate<String> isLike = name -> leaf.isLike(signature.get(name));
        signature.keySet().stream().filter(isLike).forEach(alike::add);
      }
      boolean unique =
          alike.size() == tensors.size() && signature.keySet().equals(new HashSet<>(alike));
      return unique ? alike : List.of();
    }

    /** The tensors of the main graph that the function has captured; fewer if one is not there. */
    private List<String> captured() {
      List<String> tensors = new ArrayList<>();
      for (int id : function.getBoundInputsList()) {
        Optional<String> tensor = binding.tensor(id);
        SavedObject object = objects.object(id);
        if (tensor.isPresent()) {
          tensors.add(tensor.get());
        } else if (object.hasVariable()) {
          tensors.add(handle(id, object.getVariable()));
        } else if (object.hasConstant() && names.contains(object.getConstant().getOperation())) {
          tensors.add(object.getConstant().getOperation() + ":0");
        } else if (object.hasAsset()
            && object.getAsset().getAssetFileDefIndex() < model.getAssetFileDefCount()
            && object.getAsset().getAssetFileDefIndex() >= 0) {
          tensors.add(
              model
                  .getAssetFileDef(object.getAsset().getAssetFileDefIndex())
                  .getTensorInfo()
                  .getName());
        } else {
          break;
        }
      }
      return tensors;
    }

    private String handle(int id, SavedVariable variable) {
      return handles.computeIfAbsent(
          id,
          i -> {
            String name = unique(NodeDefs.legal(variable.getName()));
            nodes.add(
                NodeDefs.node(name, "VarHandleOp")
                    .putAttr("dtype", NodeDefs.type(variable.getDtype()))
                    .putAttr("shape", NodeDefs.shape(variable.getShape()))
                    .putAttr("shared_name", NodeDefs.text(name))
                    .build());
            return name;
          });
    }

    private String unique(String name) {
      String unique = name;
      for (int i = 1; !names.add(unique); i++) {
        unique = name + "_" + i;
      }
      return unique;
    }

    private static TensorInfo info(String tensor, OpDef.ArgDef argument) {
      return TensorInfo.newBuilder().setName(tensor).setDtype(argument.getType()).build();
    }

    private static AttrValue types(List<OpDef.ArgDef> arguments) {
      return NodeDefs.types(arguments.stream().map(OpDef.ArgDef::getType).toList());
    }
  }
}
