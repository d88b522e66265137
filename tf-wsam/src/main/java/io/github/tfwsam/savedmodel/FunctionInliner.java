package io.github.tfwsam.savedmodel;

import com.google.protobuf.ByteString;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NameAttrList;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;

/**
 * Puts the bodies of functions where these are called, so that a graph without calls is left, which
 * differentiates. Also flattened are conditions that always take the same branch. Other conditions,
 * and loops, stay calls of functions.
 *
 * <p>The order in which a body's reads and writes happen is kept: those that a call must wait for,
 * its stateful nodes wait for, and what waits for a call waits for the node "done" of its body.
 * Data is not kept waiting: where a function has what it returns wait for all of its updates, what
 * takes the value does not wait for them here, only what waits for the call itself does.
 */
final class FunctionInliner {
  /** Deeper than functions of real models nest. */
  private static final int MAX_DEPTH = 200;

  private static final Set<String> CALLS = Set.of("PartitionedCall", "StatefulPartitionedCall");

  /** Attributes that are no op's, but mean something: how a condition or loop is run, and this. */
  private static final Set<String> KEPT =
      Set.of("_lower_using_switch_merge", CustomGradients.ATTRIBUTE);

  /**
   * What has become of a node.
   *
   * @param definition its op, or the function that it called
   * @param attributes its attributes with defaults
   * @param outputs its outputs in the flat graph
   * @param done the node in the flat graph that runs when it has run
   */
  private record Emitted(
      OpDef definition, Map<String, AttrValue> attributes, List<String> outputs, String done) {}

  private final OpDefs ops;
  private final NodeMap flat;
  private final ConstantBranches branches;
  private final Deque<String> calls = new ArrayDeque<>();

  /**
   * An inliner.
   *
   * @param ops the ops and functions of the model
   * @param flat where flat nodes go
   */
  FunctionInliner(OpDefs ops, NodeMap flat) {
    this.ops = ops;
    this.flat = flat;
    this.branches = new ConstantBranches(flat);
  }

  /** A graph of which the nodes are known by their names before. */
  static final class FlatMain {
    private final Frame frame;

    private FlatMain(Frame frame) {
      this.frame = frame;
    }

    /** The flat tensor for a tensor's name ("node:index"). */
    String tensor(String name) {
      return frame.tensors(name).get(0);
    }

    /** The flat node that runs when this node has run. */
    String done(String node) {
      return frame.emitted(node).done();
    }
  }

  /**
   * Flattens a graph.
   *
   * @param nodes all of its nodes that are needed
   * @param scopes for a node that calls a function, the name scope that the body gets; by default
   *     the node's name
   * @return what has become of them
   * @throws IllegalArgumentException if the graph or a function is damaged, calls itself, or has an
   *     op that this TensorFlow lacks
   */
  FlatMain flatten(Collection<NodeDef> nodes, Map<String, String> scopes) {
    var frame = new Frame("", Map.of(), Map.of(), null, scopes);
    nodes.forEach(node -> flat.unique(node.getName()));
    frame.emitAll(nodes);
    return new FlatMain(frame);
  }

  /**
   * Checks the body of a function that is not flattened: TensorFlow crashes on some that are
   * damaged.
   *
   * @throws IllegalArgumentException as {@link #flatten} does
   */
  static void check(OpDefs ops, FunctionDef function) {
    var nodes = new NodeMap();
    Map<String, List<String>> arguments = new HashMap<>();
    for (OpDef.ArgDef argument : function.getSignature().getInputArgList()) {
      String name = nodes.unique("argument");
      nodes.add(NodeDefs.node(name, "Placeholder"));
      arguments.put(argument.getName(), List.of(name + ":0"));
    }
    var inliner = new FunctionInliner(ops, nodes);
    var frame = inliner.new Frame("body/", arguments, Map.of(), null, Map.of());
    frame.emitAll(function.getNodeDefList());
    frame.finish(function, function.getSignature(), Map.of(), null);
  }

  private final class Frame {
    private final String scope;
    private final Map<String, List<String>> arguments;
    private final Map<String, AttrValue> attributes;
    private final String gate;
    private final Map<String, String> scopes;
    private final Map<String, Emitted> emitted = new HashMap<>();
    private final List<String> stateful = new ArrayList<>();

    Frame(
        String scope,
        Map<String, List<String>> arguments,
        Map<String, AttrValue> attributes,
        String gate,
        Map<String, String> scopes) {
      this.scope = scope;
      this.arguments = arguments;
      this.attributes = attributes;
      this.gate = gate;
      this.scopes = scopes;
    }

    void emitAll(Collection<NodeDef> nodes) {
      List<NodeDef> sorted = Topology.sort(nodes);
      sorted.stream().filter(Topology::closesLoop).forEach(this::announce);
      sorted.forEach(this::emit);
    }

    private String flatName(NodeDef node) {
      return scope.isEmpty() ? node.getName() : flat.unique(scope + node.getName());
    }

    /** Names a node whose consumers come first. */
    private void announce(NodeDef node) {
      OpDef definition = ops.of(node);
      Map<String, AttrValue> values =
          ops.attributes(NodeDefs.withAttributes(node, attributes), definition);
      emitted.put(node.getName(), emitted(flatName(node), definition, values));
    }

    private Emitted emitted(String name, OpDef definition, Map<String, AttrValue> values) {
      int count = OpDefs.count(definition.getOutputArgList(), values, name);
      List<String> outputs = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        outputs.add(name + ":" + i);
      }
      return new Emitted(definition, values, outputs, name);
    }

    private void emit(NodeDef original) {
      NodeDef node = NodeDefs.withAttributes(original, attributes);
      OpDef definition = ops.of(node);
      Map<String, AttrValue> values = ops.attributes(node, definition);
      List<String> data = new ArrayList<>();
      Set<String> controls = new LinkedHashSet<>();
      for (String input : node.getInputList()) {
        if (NodeDefs.isControl(input)) {
          controls.add(control(NodeDefs.source(input)));
        } else {
          data.addAll(tensors(input));
        }
      }
      OpDefs.requireInputs(node, definition, values, data.size());
      Optional<NameAttrList> callee = callee(node, data);
      if (callee.isPresent()) {
        boolean isCondition = !CALLS.contains(node.getOp()) && !isFunction(node);
        List<String> passed = isCondition ? data.subList(1, data.size()) : data;
        emitted.put(
            node.getName(), inline(node, definition, values, callee.get(), passed, controls));
      } else if (node.getOp().equals("Identity")
          && values.get("T").getType() == DataType.DT_RESOURCE
          && controls.isEmpty()) {
        emitted.put(
            node.getName(), new Emitted(definition, values, data, NodeDefs.source(data.get(0))));
      } else {
        emitted.put(node.getName(), emitNode(node, definition, values, data, controls));
      }
    }

    private Emitted emitNode(
        NodeDef node,
        OpDef definition,
        Map<String, AttrValue> values,
        List<String> data,
        Set<String> controls) {
      Emitted announced = emitted.get(node.getName());
      Emitted result = announced != null ? announced : emitted(flatName(node), definition, values);
      var flatNode =
          NodeDef.newBuilder().setName(result.done()).setOp(node.getOp()).addAllInput(data);
      node.getAttrMap()
          .forEach(
              (name, value) -> {
                if (values.containsKey(name) || KEPT.contains(name)) {
                  flatNode.putAttr(name, value);
                }
              });
      if (flatNode.containsAttr("frame_name")) {
        flatNode.putAttr(
            "frame_name",
            AttrValue.newBuilder()
                .setS(
                    ByteString.copyFromUtf8(scope)
                        .concat(flatNode.getAttrOrThrow("frame_name").getS()))
                .build());
      }
      if (definition.getIsStateful()) {
        stateful.add(result.done());
        if (gate != null) {
          controls.add(gate);
        }
      }
      controls.forEach(control -> flatNode.addInput("^" + control));
      flat.add(flatNode);
      return result;
    }

    private boolean isFunction(NodeDef node) {
      return ops.function(node.getOp()) != null;
    }

    /** The function whose body takes a node's place. */
    private Optional<NameAttrList> callee(NodeDef node, List<String> data) {
      if (CALLS.contains(node.getOp())) {
        return Optional.of(node.getAttrOrDefault("f", AttrValue.getDefaultInstance()).getFunc());
      }
      if (isFunction(node)) {
        return Optional.of(
            NameAttrList.newBuilder().setName(node.getOp()).putAllAttr(node.getAttrMap()).build());
      }
      return data.isEmpty() ? Optional.empty() : branches.taken(node, data.get(0));
    }

    private Emitted inline(
        NodeDef node,
        OpDef definition,
        Map<String, AttrValue> values,
        NameAttrList callee,
        List<String> data,
        Set<String> controls) {
      FunctionDef function = ops.function(callee.getName());
      if (function == null) {
        throw new IllegalArgumentException(
            "'"
                + node.getName()
                + "' calls the function '"
                + callee.getName()
                + "', which it lacks");
      }
      if (calls.contains(callee.getName())) {
        throw new IllegalArgumentException(
            "its function '" + callee.getName() + "' calls itself, so it cannot be flattened");
      }
      if (calls.size() == MAX_DEPTH) {
        throw new IllegalArgumentException("its functions call one another too deeply");
      }
      calls.push(callee.getName());
      String name = scopes.getOrDefault(node.getName(), scope + node.getName());
      String body = scopes.containsKey(node.getName()) ? name : flat.unique(name + "/");
      String prefix = body.endsWith("/") ? body : body + "/";
      if (gate != null) {
        controls.add(gate);
      }
      String start = null;
      if (!controls.isEmpty()) {
        start = flat.unique(prefix + "start");
        NodeDef.Builder begin = NodeDefs.node(start, "NoOp");
        controls.forEach(control -> begin.addInput("^" + control));
        flat.add(begin);
      }
      var frame =
          new Frame(
              prefix,
              bind(function, callee.getAttrMap(), data),
              callee.getAttrMap(),
              start,
              Map.of());
      frame.emitAll(function.getNodeDefList());
      Emitted result = frame.finish(function, definition, values, start);
      stateful.add(result.done());
      calls.pop();
      return result;
    }

    private Map<String, List<String>> bind(
        FunctionDef function, Map<String, AttrValue> values, List<String> data) {
      String name = function.getSignature().getName();
      Map<String, List<String>> bound = new HashMap<>();
      int next = 0;
      for (OpDef.ArgDef argument : function.getSignature().getInputArgList()) {
        int width = OpDefs.width(argument, values, name);
        if (next + width > data.size()) {
          throw wrongNumber(name, data.size());
        }
        bound.put(argument.getName(), List.copyOf(data.subList(next, next + width)));
        next += width;
      }
      if (next < data.size()) {
        throw wrongNumber(name, data.size());
      }
      return bound;
    }

    private static IllegalArgumentException wrongNumber(String function, int given) {
      return new IllegalArgumentException(
          "its function '" + function + "' is called with a wrong number of inputs: " + given);
    }

    /** The outputs of this frame, which is a function's body, and what runs at its end. */
    private Emitted finish(
        FunctionDef function, OpDef definition, Map<String, AttrValue> values, String start) {
      String name = function.getSignature().getName();
      List<String> outputs = new ArrayList<>();
      Set<String> ends = new LinkedHashSet<>();
      for (OpDef.ArgDef output : function.getSignature().getOutputArgList()) {
        String returned = function.getRetMap().get(output.getName());
        if (returned == null) {
          throw new IllegalArgumentException(
              "its function '" + name + "' does not say what it returns as " + output.getName());
        }
        for (String tensor : tensors(returned)) {
          ends.add(NodeDefs.source(tensor));
          outputs.add(withoutWaiting(tensor));
        }
      }
      int expected = OpDefs.count(definition.getOutputArgList(), values, name);
      if (outputs.size() != expected) {
        throw new IllegalArgumentException(
            "its function '"
                + name
                + "' returns "
                + outputs.size()
                + " tensors where its caller takes "
                + expected);
      }
      function.getControlRetMap().values().forEach(node -> ends.add(emitted(node).done()));
      if (function.getControlRetCount() == 0) {
        ends.addAll(stateful);
      }
      if (start != null) {
        ends.add(start);
      }
      String done = flat.unique(scope + "done");
      NodeDef.Builder end = NodeDefs.node(done, "NoOp");
      ends.forEach(node -> end.addInput("^" + node));
      flat.add(end);
      return new Emitted(definition, values, outputs, done);
    }

    /** What a function returns waits for all that it does: the value itself need not. */
    private String withoutWaiting(String tensor) {
      NodeDef.Builder node = flat.producer(tensor);
      while (node != null
          && node.getOp().equals("Identity")
          && node.getInputList().stream().anyMatch(NodeDefs::isControl)) {
        tensor = node.getInput(0);
        node = flat.producer(tensor);
      }
      return tensor;
    }

    Emitted emitted(String node) {
      Emitted result = emitted.get(node);
      if (result == null) {
        throw new IllegalArgumentException(
            (scope.isEmpty() ? "it" : "the body of '" + scope + "'")
                + " has no node '"
                + node
                + "', which it refers to");
      }
      return result;
    }

    private String control(String name) {
      List<String> argument = arguments.get(name);
      return argument != null && !argument.isEmpty()
          ? NodeDefs.source(argument.get(0))
          : emitted(name).done();
    }

    /** What stands for an input, "argument", "node:output:index" or in the main graph "node:1". */
    List<String> tensors(String input) {
      String[] parts = input.split(":", -1);
      List<String> argument = arguments.get(parts[0]);
      if (argument != null) {
        return parts.length == 1 ? argument : List.of(at(argument, parts[1], input));
      }
      Emitted node = emitted(parts[0]);
      if (scope.isEmpty()) {
        return List.of(at(node.outputs(), parts.length == 1 ? "0" : parts[1], input));
      }
      if (parts.length == 1) {
        return List.of(at(node.outputs(), "0", input));
      }
      int start = 0;
      for (OpDef.ArgDef output : node.definition().getOutputArgList()) {
        int width = OpDefs.width(output, node.attributes(), parts[0]);
        if (output.getName().equals(parts[1])) {
          List<String> list = node.outputs().subList(start, start + width);
          return parts.length == 2 ? list : List.of(at(list, parts[2], input));
        }
        start += width;
      }
      throw noTensor(input);
    }

    private static String at(List<String> tensors, String index, String input) {
      try {
        return tensors.get(Integer.parseInt(index));
      } catch (NumberFormatException | IndexOutOfBoundsException e) {
        throw noTensor(input);
      }
    }

    private static IllegalArgumentException noTensor(String input) {
      return new IllegalArgumentException("it has no tensor '" + input + "', which it refers to");
    }
  }
}
