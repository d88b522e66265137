package io.github.tfwsam.savedmodel;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;

/**
 * Which node of the main graph stands for which Python object.
 *
 * <p>A function takes as its last inputs what it captured, and the object graph tells which objects
 * these are. So the calls of the signatures in the main graph say what each handle is. A handle
 * that none of them takes is known by its name.
 */
final class VariableBinding {
  private final Map<Integer, String> tensors = new HashMap<>();
  private final Map<String, Integer> objects = new HashMap<>();

  VariableBinding(MetaGraphDef model, ObjectGraph graph) {
    List<NodeDef> nodes = model.getGraphDef().getNodeList();
    for (NodeDef node : nodes) {
      String callee =
          node.getAttrOrDefault("f", AttrValue.getDefaultInstance()).getFunc().getName();
      var function = graph.function(callee);
      if (function != null) {
        List<String> inputs =
            node.getInputList().stream().filter(input -> !NodeDefs.isControl(input)).toList();
        List<Integer> captured = function.getBoundInputsList();
        int first = inputs.size() - captured.size();
        if (first < 0) {
          throw new IllegalArgumentException(
              "its function '" + callee + "' is called with fewer inputs than it has captured");
        }
        for (int i = 0; i < captured.size(); i++) {
          bind(captured.get(i), inputs.get(first + i));
        }
      }
    }
    bindByName(nodes, graph);
  }

  private void bind(int object, String tensor) {
    tensors.putIfAbsent(object, tensor);
    objects.putIfAbsent(NodeDefs.source(tensor), object);
  }

  private void bindByName(List<NodeDef> nodes, ObjectGraph graph) {
    Map<String, List<Integer>> byName =
        graph.variables().entrySet().stream()
            .filter(entry -> !tensors.containsKey(entry.getKey()))
            .collect(
                Collectors.groupingBy(
                    entry -> entry.getValue().getName(),
                    Collectors.mapping(Map.Entry::getKey, Collectors.toList())));
    Map<String, List<NodeDef>> handles =
        nodes.stream()
            .filter(node -> node.getOp().equals("VarHandleOp"))
            .filter(node -> !objects.containsKey(node.getName()))
            .collect(Collectors.groupingBy(VariableBinding::sharedName));
    Set<String> names = handles.keySet();
    for (String name : names) {
      List<Integer> candidates = byName.getOrDefault(name, List.of());
      if (candidates.size() == 1 && handles.get(name).size() == 1) {
        bind(candidates.get(0), handles.get(name).get(0).getName());
      }
    }
  }

  private static String sharedName(NodeDef node) {
    String name =
        node.getAttrOrDefault("shared_name", AttrValue.getDefaultInstance()).getS().toStringUtf8();
    return name.isEmpty() ? node.getName() : name;
  }

  /** The object that a handle stands for. */
  Optional<Integer> object(String handle) {
    return Optional.ofNullable(objects.get(handle));
  }

  /** The tensor of the main graph that stands for an object. */
  Optional<String> tensor(int object) {
    return Optional.ofNullable(tensors.get(object));
  }

  /** Says what a node that was added to the main graph stands for. */
  void add(int object, String handle) {
    bind(object, handle);
  }
}
