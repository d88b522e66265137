package io.github.tfwsam.savedmodel;

import com.google.protobuf.ByteString;
import io.github.tfwsam.savedmodel.LoadedModel.FlatEndpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
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
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.TensorInfo;
import org.tensorflow.proto.TensorProto;

/** Makes of a model one graph without calls of functions. Nothing native runs here. */
final class ModelFlattener {
  private static final String INIT = "__saved_model_init_op";
  private static final List<String> INIT_COLLECTIONS =
      List.of("saved_model_main_op", "legacy_init_op");

  /** Stateful without changing a state that the model keeps. */
  private static final Set<String> READS =
      Set.of("HashTableV2", "LookupTableFindV2", "Placeholder", "ReadVariableOp", "VarHandleOp");

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
   * @throws IOException if a file that the graph reads is missing
   */
  void flatten(Collection<Endpoint> endpoints, Collection<String> more) throws IOException {
    Set<String> roots = new LinkedHashSet<>(more);
    Map<String, String> scopes = new HashMap<>();
    for (Endpoint endpoint : endpoints) {
      endpoint.inputs().values().forEach(input -> roots.add(node(endpoint, input)));
      for (TensorInfo output : endpoint.outputs().values()) {
        String node = node(endpoint, output);
        roots.add(node);
        scopes.putIfAbsent(node, NodeDefs.legal(endpoint.name()));
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
  private void placeAssets(Map<String, NodeDef> graph) throws IOException {
    for (AssetFileDef asset : model.getAssetFileDefList()) {
      String name = NodeDefs.source(asset.getTensorInfo().getName());
      Path file = files.asset(asset.getFilename());
      if (!Files.exists(file)) {
        throw new NoSuchFileException(file.toString(), null, "the model reads it");
      }
      graph.computeIfPresent(
          name,
          (n, node) ->
              NodeDefs.constant(
                      n,
                      TensorProto.newBuilder()
                          .setDtype(DataType.DT_STRING)
                          .setTensorShape(NodeDefs.shapeOf())
                          .addStringVal(ByteString.copyFromUtf8(file.toString())))
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

  /** The variables that the initializer gives a value: the paths of the files of tables. */
  Set<String> initialized() {
    Set<String> names = new HashSet<>();
    for (String name : initializer().map(nodes::ancestors).orElse(Set.of())) {
      NodeDef.Builder node = nodes.get(name);
      if (node.getOp().equals("AssignVariableOp")) {
        names.add(NodeDefs.source(node.getInput(0)));
      }
    }
    return names;
  }

  /** The flat node that runs when a node of the main graph has run. */
  String done(String node) {
    return flat.done(node);
  }

  /** The flat tensor of a tensor of the main graph. */
  String tensor(String name) {
    return flat.tensor(name);
  }

  /**
   * An endpoint in the flat graph: each of its outputs waits for all that a call does besides.
   *
   * @param endpoint the endpoint
   * @param replaced what has taken the place of which tensor
   */
  FlatEndpoint flat(Endpoint endpoint, Map<String, String> replaced) {
    Map<String, String> inputs = new TreeMap<>();
    endpoint.inputs().forEach((name, info) -> inputs.put(name, tensor(info.getName())));
    Map<String, String> outputs = new TreeMap<>();
    Map<String, String> values = new TreeMap<>();
    endpoint
        .outputs()
        .forEach(
            (name, info) -> {
              String value = NodeMap.replaced(tensor(info.getName()), replaced);
              Set<String> effects = effects(done(NodeDefs.source(info.getName())));
              values.put(name, value);
              outputs.put(
                  name,
                  effects.isEmpty()
                      ? value
                      : waiting(
                          NodeDefs.legal(endpoint.name() + "/" + name), info, value, effects));
            });
    return new FlatEndpoint(endpoint.name(), inputs, outputs, values);
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

  /** The graph of what some nodes need, with the functions that are left. */
  GraphDef graph(Collection<String> roots) {
    nodes.retain(roots);
    GraphDef.Builder graph = GraphDef.newBuilder().setVersions(model.getGraphDef().getVersions());
    var library = new FunctionLibrary(ops);
    for (NodeDef.Builder node : nodes.all()) {
      graph.addNode(node);
      library.addCalledBy(node);
    }
    return graph.setLibrary(library.library()).build();
  }
}
