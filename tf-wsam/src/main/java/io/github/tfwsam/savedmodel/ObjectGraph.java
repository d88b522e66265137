package io.github.tfwsam.savedmodel;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedConcreteFunction;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObject;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObjectGraph;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedVariable;
import org.tensorflow.proto.TrackableObjectGraphOuterClass.TrackableObjectGraph;
import org.tensorflow.proto.TrackableObjectGraphOuterClass.TrackableObjectGraph.TrackableObject.ObjectReference;

/** The Python objects of a model: a graph whose nodes are numbered, the root is 0. */
final class ObjectGraph {
  private static final String VALUE = "VARIABLE_VALUE";

  private final SavedObjectGraph graph;

  ObjectGraph(SavedObjectGraph graph) {
    this.graph = graph;
    for (SavedObject object : graph.getNodesList()) {
      for (ObjectReference child : object.getChildrenList()) {
        requireNode(child.getNodeId());
      }
    }
    for (SavedConcreteFunction function : graph.getConcreteFunctionsMap().values()) {
      function.getBoundInputsList().forEach(this::requireNode);
    }
  }

  private void requireNode(int id) {
    if (id < 0 || id >= graph.getNodesCount()) {
      throw new IllegalArgumentException(
          "its object graph refers to object " + id + " of " + graph.getNodesCount());
    }
  }

  /** False of models of TensorFlow 1, which were saved without. */
  boolean exists() {
    return graph.getNodesCount() > 0;
  }

  SavedObject object(int id) {
    return graph.getNodes(id);
  }

  /** A child of an object by the name of the attribute. */
  Optional<Integer> child(int id, String name) {
    return graph.getNodes(id).getChildrenList().stream()
        .filter(child -> child.getLocalName().equals(name))
        .map(ObjectReference::getNodeId)
        .findFirst();
  }

  /** A function by its name in the graph's library; null if no object says anything of it. */
  SavedConcreteFunction function(String name) {
    return graph.getConcreteFunctionsMap().get(name);
  }

  /** The variables by the number of their object. */
  Map<Integer, SavedVariable> variables() {
    Map<Integer, SavedVariable> variables = new LinkedHashMap<>();
    for (int id = 0; id < graph.getNodesCount(); id++) {
      if (graph.getNodes(id).hasVariable()) {
        variables.put(id, graph.getNodes(id).getVariable());
      }
    }
    return variables;
  }

  /**
   * The variables that Python does not train: those made so, and those of frozen layers, which a
   * Keras model lists among its variables but not among its trainable ones.
   */
  Set<Integer> frozen() {
    Set<Integer> frozen = new HashSet<>();
    variables()
        .forEach(
            (id, variable) -> {
              if (!variable.getTrainable()) {
                frozen.add(id);
              }
            });
    List<Integer> models = new ArrayList<>();
    for (int id = 0; id < graph.getNodesCount(); id++) {
      if (child(id, "variables").isPresent() && child(id, "trainable_variables").isPresent()) {
        models.add(id);
      }
    }
    // The root speaks for all that is in it.
    for (int id : models.contains(0) ? List.of(0) : models) {
      Set<Integer> listed = elements(child(id, "variables").orElseThrow());
      listed.removeAll(elements(child(id, "trainable_variables").orElseThrow()));
      frozen.addAll(listed);
    }
    return frozen;
  }

  private Set<Integer> elements(int list) {
    Set<Integer> elements = new HashSet<>();
    graph.getNodes(list).getChildrenList().forEach(child -> elements.add(child.getNodeId()));
    return elements;
  }

  /**
   * The keys under which a checkpoint holds the variables. Objects are found as Python finds them:
   * by the names that lead to them from the root, in both graphs.
   *
   * @return keys by the number of the variable's object
   */
  Map<Integer, String> checkpointKeys(TrackableObjectGraph checkpoint) {
    Map<Integer, String> keys = new HashMap<>();
    if (!exists() || checkpoint.getNodesCount() == 0) {
      return keys;
    }
    Map<Integer, Integer> stored = new HashMap<>(Map.of(0, 0));
    Deque<Integer> open = new ArrayDeque<>(List.of(0));
    while (!open.isEmpty()) {
      int id = open.pop();
      var counterpart = checkpoint.getNodes(stored.get(id));
      counterpart.getAttributesList().stream()
          .filter(attribute -> attribute.getName().equals(VALUE))
          .findFirst()
          .ifPresent(attribute -> keys.put(id, attribute.getCheckpointKey()));
      Map<String, Integer> children = new HashMap<>();
      counterpart
          .getChildrenList()
          .forEach(child -> children.put(child.getLocalName(), child.getNodeId()));
      for (ObjectReference child : graph.getNodes(id).getChildrenList()) {
        Integer other = children.get(child.getLocalName());
        if (other != null
            && other >= 0
            && other < checkpoint.getNodesCount()
            && stored.putIfAbsent(child.getNodeId(), other) == null) {
          open.add(child.getNodeId());
        }
      }
    }
    return keys;
  }
}
