package io.github.tfwsam.savedmodel;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.tensorflow.Graph;
import org.tensorflow.Output;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;

/**
 * A model as one graph without calls of functions, on paper: nothing native has run yet.
 *
 * @param directory the folder that it was read from
 * @param variables what the names of its variables' files begin with
 * @param graph the graph
 * @param endpoints the signatures by name
 * @param trainable the names of the variables that may be trained
 * @param initializers what to run, one after the other, before the graph is used
 * @param files what reads and writes the variables
 */
record LoadedModel(
    Path directory,
    Path variables,
    GraphDef graph,
    Map<String, FlatEndpoint> endpoints,
    List<String> trainable,
    List<String> initializers,
    VariableFiles files) {

  /**
   * A signature in the flat graph.
   *
   * @param inputs tensors by the signature's names
   * @param outputs tensors that wait for the side effects
   * @param values the same without
   */
  record FlatEndpoint(
      Map<String, String> inputs, Map<String, String> outputs, Map<String, String> values) {
    Signature in(Graph graph, String name) {
      return new Signature(name, in(graph, inputs), in(graph, outputs), in(graph, values));
    }

    private static Map<String, Output<?>> in(Graph graph, Map<String, String> names) {
      Map<String, Output<?>> tensors = new TreeMap<>();
      names.forEach((name, tensor) -> tensors.put(name, graph.outputOrThrow(tensor)));
      return Collections.unmodifiableMap(tensors);
    }
  }

  static LoadedModel read(Path directory, long seed) throws IOException {
    SavedModelFiles files = SavedModelFiles.read(directory);
    var objects = new ObjectGraph(files.metaGraph().getObjectGraphDef());
    var binding = new VariableBinding(files.metaGraph(), objects);
    Checkpoint checkpoint = Checkpoint.read(files.variables());
    Map<Integer, String> keys = objects.checkpointKeys(checkpoint.objectGraph());

    List<Endpoint> endpoints = new ArrayList<>();
    new TreeMap<>(files.metaGraph().getSignatureDefMap())
        .forEach(
            (name, signature) -> {
              if (!name.startsWith("__saved_model_")) {
                endpoints.add(Endpoint.of(name, signature));
              }
            });
    var flattener = new ModelFlattener(files, List.of());
    flattener.flatten(endpoints, List.of());
    NodeMap nodes = flattener.nodes();

    Map<String, Map<String, String>> values = new LinkedHashMap<>();
    Map<String, Map<String, String>> outputs = new LinkedHashMap<>();
    for (Endpoint endpoint : endpoints) {
      values.put(endpoint.name(), flattener.values(endpoint));
      outputs.put(endpoint.name(), flattener.outputs(endpoint, values.get(endpoint.name())));
    }
    List<String> initializers = RandomState.add(nodes, seed);
    var reads = new ReadRewriter(nodes);
    reads.readWhatIsGathered();

    Set<Integer> frozen = objects.frozen();
    Set<String> frozenHandles = new HashSet<>();
    List<VariableFiles.Stored> stored = new ArrayList<>();
    List<String> trainable = new ArrayList<>();
    Set<String> roots = new HashSet<>();
    for (Endpoint endpoint : endpoints) {
      flattener.inputs(endpoint).values().forEach(t -> roots.add(NodeDefs.source(t)));
      outputs.get(endpoint.name()).values().forEach(t -> roots.add(NodeDefs.source(t)));
    }
    flattener.initializer().ifPresent(roots::add);
    roots.addAll(initializers);
    nodes.retain(roots);
    for (NodeDef.Builder node : nodes.all()) {
      if (node.getOp().equals("VarHandleOp")) {
        Optional<Integer> object = binding.object(node.getName());
        if (object.isPresent() && keys.containsKey(object.get())) {
          stored.add(new VariableFiles.Stored(node.getName(), keys.get(object.get())));
          if (frozen.contains(object.get())) {
            frozenHandles.add(node.getName());
          } else if (ReadRewriter.isFloating(node.getAttrOrThrow("dtype").getType())) {
            trainable.add(node.getName());
          }
        }
      }
    }
    Map<String, String> stopped = reads.freeze(frozenHandles);
    VariableFiles variableFiles = VariableFiles.add(nodes, stored, Map.of(), checkpoint);
    roots.addAll(stopped.values().stream().map(NodeDefs::source).toList());
    List<String> order = new ArrayList<>();
    order.add(variableFiles.restore());
    order.addAll(initializers);
    flattener.initializer().ifPresent(order::add);
    roots.addAll(order);
    roots.add(variableFiles.save());
    roots.add(variableFiles.source());
    roots.add(variableFiles.target());

    Map<String, FlatEndpoint> flat = new TreeMap<>();
    for (Endpoint endpoint : endpoints) {
      String name = endpoint.name();
      flat.put(
          name,
          new FlatEndpoint(
              flattener.inputs(endpoint),
              replaced(outputs.get(name), stopped),
              replaced(values.get(name), stopped)));
    }
    return new LoadedModel(
        directory,
        files.variables(),
        flattener.graph(roots),
        flat,
        List.copyOf(trainable),
        List.copyOf(order),
        variableFiles);
  }

  private static Map<String, String> replaced(
      Map<String, String> tensors, Map<String, String> replacements) {
    Map<String, String> result = new TreeMap<>();
    tensors.forEach((name, tensor) -> result.put(name, replacements.getOrDefault(tensor, tensor)));
    return result;
  }
}
