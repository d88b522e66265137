package io.github.tfwsam.savedmodel;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.tensorflow.proto.AssetFileDef;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.FunctionDefLibrary;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NameAttrList;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.NodeDefOrBuilder;
import org.tensorflow.proto.TensorInfo;
import org.tensorflow.proto.TensorProto;

/** Makes of a model one graph without calls of functions. Nothing native runs here. */
final class ModelFlattener {
  private static final String INIT = "__saved_model_init_op";
  private static final List<String> INIT_COLLECTIONS =
      List.of("saved_model_main_op", "legacy_init_op");

  private final SavedModelFiles files;
  private final MetaGraphDef model;
  private final OpDefs ops;
  private final Map<String, NodeDef> main = new LinkedHashMap<>();
  private final NodeMap nodes = new NodeMap();
  private FunctionInliner.FlatMain flat;

  /**
   * A flattener.
   *
   * @param files the model
   * @param added nodes to add to its main graph
   */
  ModelFlattener(SavedModelFiles files, Collection<NodeDef> added) {
    this.files = files;
    this.model = files.metaGraph();
    this.ops = new OpDefs(model);
    List<NodeDef> all = new ArrayList<>(model.getGraphDef().getNodeList());
    all.addAll(added);
    for (NodeDef node : all) {
      if (main.put(node.getName(), node) != null) {
        throw new IllegalArgumentException("it has two nodes '" + node.getName() + "'");
      }
    }
  }

  /** The nodes of the flat graph. */
  NodeMap nodes() {
    return nodes;
  }

  /**
   * Flattens what the endpoints and the initialization need.
   *
   * @param endpoints the endpoints
   * @param more names of other nodes that are needed
   */
  void flatten(Collection<Endpoint> endpoints, Collection<String> more) {
    Set<String> roots = new LinkedHashSet<>(more);
    Map<String, String> scopes = new HashMap<>();
    for (Endpoint endpoint : endpoints) {
      endpoint.inputs().values().forEach(input -> roots.add(node(endpoint, input)));
      for (TensorInfo output : endpoint.outputs().values()) {
        String node = node(endpoint, output);
        roots.add(node);
        scopes.putIfAbsent(node, endpoint.name());
      }
    }
    initNode().ifPresent(roots::add);
    Map<String, NodeDef> needed = new LinkedHashMap<>(main);
    placeAssets(needed);
    needed.keySet().retainAll(NodeMap.ancestors(roots, needed));
    flat = new FunctionInliner(ops, nodes).flatten(needed.values(), scopes);
  }

  private String node(Endpoint endpoint, TensorInfo tensor) {
    String node = NodeDefs.source(tensor.getName());
    if (!main.containsKey(node)) {
      throw new IllegalArgumentException(
          "its signature '" + endpoint.name() + "' speaks of a node '" + node + "' that it lacks");
    }
    return node;
  }

  /** The files that the graph reads are where the model is now. */
  private void placeAssets(Map<String, NodeDef> graph) {
    for (AssetFileDef asset : model.getAssetFileDefList()) {
      String name = NodeDefs.source(asset.getTensorInfo().getName());
      graph.computeIfPresent(
          name,
          (n, node) ->
              NodeDefs.constant(
                      n,
                      TensorProto.newBuilder()
                          .setDtype(DataType.DT_STRING)
                          .setTensorShape(NodeDefs.shapeOf())
                          .addStringVal(
                              com.google.protobuf.ByteString.copyFromUtf8(
                                  files.asset(asset.getFilename()).toString())))
                  .build());
    }
  }

  private Optional<String> initNode() {
    var signature = model.getSignatureDefMap().get(INIT);
    if (signature != null && signature.getOutputsMap().containsKey(INIT)) {
      return Optional.of(NodeDefs.source(signature.getOutputsOrThrow(INIT).getName()));
    }
    return INIT_COLLECTIONS.stream()
        .map(model.getCollectionDefMap()::get)
        .filter(collection -> collection != null && collection.getNodeList().getValueCount() == 1)
        .map(collection -> collection.getNodeList().getValue(0))
        .map(NodeDefs::source)
        .findFirst();
  }

  /** The flat operation that initializes tables; it may read the variables. */
  Optional<String> initializer() {
    return initNode().map(flat::done);
  }

  /** The flat node that runs when a node of the main graph has run. */
  String done(String node) {
    return flat.done(node);
  }

  /** The flat tensor of a tensor of the main graph. */
  String tensor(String name) {
    return flat.tensor(name);
  }

  /** The outputs of an endpoint as they are, without what else a call of it does. */
  Map<String, String> values(Endpoint endpoint) {
    return tensors(endpoint.outputs());
  }

  /** The inputs of an endpoint. */
  Map<String, String> inputs(Endpoint endpoint) {
    return tensors(endpoint.inputs());
  }

  private Map<String, String> tensors(Map<String, TensorInfo> infos) {
    Map<String, String> tensors = new TreeMap<>();
    infos.forEach((name, info) -> tensors.put(name, tensor(info.getName())));
    return tensors;
  }

  /**
   * The outputs of an endpoint, each waiting for all that a call does besides.
   *
   * @param values its values
   */
  Map<String, String> outputs(Endpoint endpoint, Map<String, String> values) {
    Map<String, String> outputs = new TreeMap<>();
    endpoint
        .outputs()
        .forEach(
            (name, info) -> {
              Set<String> effects = effects(done(NodeDefs.source(info.getName())));
              outputs.put(
                  name,
                  effects.isEmpty()
                      ? values.get(name)
                      : waiting(endpoint.name() + "/" + name, info, values.get(name), effects));
            });
    return outputs;
  }

  private String waiting(String name, TensorInfo info, String value, Set<String> effects) {
    String unique = nodes.unique(name);
    NodeDef.Builder identity =
        NodeDefs.node(unique, "Identity", value).putAttr("T", NodeDefs.type(info.getDtype()));
    effects.forEach(effect -> identity.addInput("^" + effect));
    nodes.add(identity);
    return unique + ":0";
  }

  /** What writes among the nodes that one waits for without taking their values. */
  private Set<String> effects(String node) {
    Set<String> effects = new LinkedHashSet<>();
    Set<String> seen = new HashSet<>();
    Deque<String> open = new ArrayDeque<>(List.of(node));
    while (!open.isEmpty()) {
      String name = open.pop();
      if (!seen.add(name)) {
        continue;
      }
      NodeDef.Builder current = nodes.get(name);
      if (current.getOp().equals("NoOp") || current.getOp().equals("Identity")) {
        current.getInputList().stream()
            .filter(NodeDefs::isControl)
            .forEach(control -> open.push(NodeDefs.source(control)));
      } else if (ops.isStateful(current.getOp()) && !READS.contains(current.getOp())) {
        effects.add(name);
      }
    }
    return effects;
  }

  /** Stateful without changing a state that the model keeps. */
  private static final Set<String> READS =
      Set.of("ReadVariableOp", "ResourceGather", "ResourceGatherNd", "VarHandleOp", "Placeholder");

  /** The graph of what some nodes need, with the functions that are left. */
  GraphDef graph(Collection<String> roots) {
    nodes.retain(roots);
    GraphDef.Builder graph = GraphDef.newBuilder().setVersions(model.getGraphDef().getVersions());
    Set<String> functions = new LinkedHashSet<>();
    for (NodeDef.Builder node : nodes.all()) {
      graph.addNode(node);
      addFunctions(node, functions);
    }
    var library = FunctionDefLibrary.newBuilder();
    functions.forEach(name -> library.addFunction(ops.function(name)));
    return graph.setLibrary(library).build();
  }

  private void addFunctions(NodeDefOrBuilder start, Set<String> functions) {
    Deque<NodeDefOrBuilder> open = new ArrayDeque<>(List.of(start));
    while (!open.isEmpty()) {
      NodeDefOrBuilder node = open.pop();
      List<String> called = new ArrayList<>(List.of(node.getOp()));
      for (AttrValue value : node.getAttrMap().values()) {
        if (value.hasFunc()) {
          called.add(value.getFunc().getName());
        }
        value.getList().getFuncList().stream().map(NameAttrList::getName).forEach(called::add);
      }
      for (String name : called) {
        FunctionDef function = ops.function(name);
        if (function != null && functions.add(name)) {
          open.addAll(function.getNodeDefList());
        }
      }
    }
  }
}
