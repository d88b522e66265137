package io.github.tfwsam.savedmodel;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.tensorflow.proto.NodeDef;

/** The nodes of a graph that is being built, by name. Their data inputs read "name:index". */
final class NodeMap {
  /** Functions that call functions can make a file of a few lines a graph without end. */
  private static final int MAX_NODES = 5_000_000;

  private final Map<String, NodeDef.Builder> nodes = new LinkedHashMap<>();
  private final Set<String> reserved = new HashSet<>();

  NodeDef.Builder get(String name) {
    return nodes.get(name);
  }

  /** The node that a tensor or control input comes from. */
  NodeDef.Builder producer(String input) {
    return nodes.get(NodeDefs.source(input));
  }

  boolean contains(String name) {
    return nodes.containsKey(name);
  }

  List<NodeDef.Builder> all() {
    return new ArrayList<>(nodes.values());
  }

  /** A name that no other node has or gets: the one given, with a number if need be. */
  String unique(String name) {
    String unique = name;
    for (int i = 1; !reserved.add(unique); i++) {
      unique = name + "_" + i;
    }
    return unique;
  }

  void add(NodeDef.Builder node) {
    if (nodes.size() == MAX_NODES) {
      throw new IllegalArgumentException("its functions make more than " + MAX_NODES + " nodes");
    }
    reserved.add(node.getName());
    nodes.put(node.getName(), node);
  }

  /** Lets the nodes take another input for some. */
  void replaceInputs(Map<String, String> replacements, Set<String> exceptNodes) {
    Function<String, String> replace = input -> replacements.getOrDefault(input, input);
    for (NodeDef.Builder node : nodes.values()) {
      if (!exceptNodes.contains(node.getName())
          && node.getInputList().stream().anyMatch(replacements::containsKey)) {
        List<String> inputs = node.getInputList().stream().map(replace).toList();
        node.clearInput().addAllInput(inputs);
      }
    }
  }

  /** Drops the nodes that these do not depend on. */
  void retain(Collection<String> roots) {
    nodes.keySet().retainAll(ancestors(roots, nodes));
  }

  /** The nodes that some nodes depend on, and themselves. */
  static Set<String> ancestors(
      Collection<String> roots, Map<String, ? extends org.tensorflow.proto.NodeDefOrBuilder> all) {
    Set<String> seen = new HashSet<>();
    Deque<String> open = new ArrayDeque<>(roots);
    while (!open.isEmpty()) {
      String name = open.pop();
      var node = all.get(name);
      if (node == null) {
        throw new IllegalArgumentException("it has no node '" + name + "', which it refers to");
      }
      if (seen.add(name)) {
        node.getInputList().forEach(input -> open.push(NodeDefs.source(input)));
      }
    }
    return seen;
  }
}
