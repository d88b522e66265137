package io.github.tfwsam.savedmodel;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.NodeDef;

/** Puts nodes after those that feed them. */
final class Topology {
  private static final Set<String> BACK_EDGES = Set.of("NextIteration", "RefNextIteration");

  private Topology() {}

  /** True of the nodes of a v1 loop that feed what comes before them. */
  static boolean closesLoop(NodeDef node) {
    return BACK_EDGES.contains(node.getOp());
  }

  /**
   * Sorts the nodes of a graph or of a function.
   *
   * @param nodes the nodes; inputs that are none of them (arguments) are passed over
   * @return the nodes, each after its inputs, but for the back edges of v1 loops
   * @throws IllegalArgumentException if two nodes have one name or one has none, or if they feed
   *     one another
   */
  static List<NodeDef> sort(Collection<NodeDef> nodes) {
    Map<String, NodeDef> byName = new HashMap<>();
    for (NodeDef node : nodes) {
      requireName(node);
      if (byName.put(node.getName(), node) != null) {
        throw new IllegalArgumentException("it has two nodes '" + node.getName() + "'");
      }
    }
    Map<String, Integer> waiting = new HashMap<>();
    Map<String, List<NodeDef>> consumers = new HashMap<>();
    Deque<NodeDef> ready = new ArrayDeque<>();
    for (NodeDef node : nodes) {
      int inputs = 0;
      for (String input : node.getInputList()) {
        NodeDef source = byName.get(NodeDefs.source(input));
        if (source != null && !closesLoop(source)) {
          consumers.computeIfAbsent(source.getName(), s -> new ArrayList<>()).add(node);
          inputs++;
        }
      }
      waiting.put(node.getName(), inputs);
      if (inputs == 0) {
        ready.add(node);
      }
    }
    List<NodeDef> sorted = new ArrayList<>();
    while (!ready.isEmpty()) {
      NodeDef node = ready.poll();
      sorted.add(node);
      for (NodeDef consumer : consumers.getOrDefault(node.getName(), List.of())) {
        if (waiting.merge(consumer.getName(), -1, Integer::sum) == 0) {
          ready.add(consumer);
        }
      }
    }
    if (sorted.size() < nodes.size()) {
      byName.keySet().removeAll(sorted.stream().map(NodeDef::getName).toList());
      throw new IllegalArgumentException(
          "its nodes feed one another in a circle, '"
              + byName.keySet().iterator().next()
              + "' among them");
    }
    return sorted;
  }

  /** A name with a colon would be taken for that of a tensor. */
  private static void requireName(NodeDef node) {
    if (node.getName().isEmpty() || node.getName().matches("\\^.*|.*:.*")) {
      throw new IllegalArgumentException("it has a node of the name '" + node.getName() + "'");
    }
  }
}
