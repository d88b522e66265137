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
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.NodeDefOrBuilder;

/** The nodes of a graph that is being built, by name. Their data inputs read "name:index". */
final class NodeMap {
  /** Functions that call functions can make a file of a few lines a graph without end. */
  private static final int MAX_NODES = 300_000;

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

  /** Lets the nodes take other inputs for some, which may be replaced in their turn. */
  void replaceInputs(Map<String, String> replacements, Set<String> exceptNodes) {
    for (NodeDef.Builder node : nodes.values()) {
      if (!exceptNodes.contains(node.getName())
          && node.getInputList().stream().anyMatch(replacements::containsKey)) {
        List<String> inputs =
            node.getInputList().stream().map(input -> replaced(input, replacements)).toList();
        node.clearInput().addAllInput(inputs);
      }
    }
  }

  /** What has taken the place of a tensor in the end; itself if nothing has. */
  static String replaced(String tensor, Map<String, String> replacements) {
    String last = tensor;
    for (String next = last; next != null; next = replacements.get(last)) {
      last = next;
    }
    return last;
  }

  /** Drops the nodes that these do not depend on. */
  void retain(Collection<String> roots) {
    nodes.keySet().retainAll(ancestors(roots, nodes));
  }

  /** The nodes that a node depends on, and itself. */
  Set<String> ancestors(String node) {
    return ancestors(List.of(node), nodes);
  }

  /** The nodes that some nodes depend on, and themselves. */
  static Set<String> ancestors(
      Collection<String> roots, Map<String, ? extends NodeDefOrBuilder> all) {
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
