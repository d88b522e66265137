package io.github.tfwsam.savedmodel;

import io.github.tfwsam.savedmodel.LoadedModel.FlatEndpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.TensorInfo;

/** Reads a model, flattens it, and finds the values of its variables. Nothing native runs here. */
final class ModelReader {
  private static final String TRAIN = "train";
  private static final String SERVING = "serving_default";

  /** Begins the names of signatures that are no functions of the model. */
  private static final String INTERNAL = "__saved_model_";

  private final SavedModelFiles files;
  private final MetaGraphDef model;
  private final ObjectGraph objects;
  private final VariableBinding binding;
  private final Map<String, Endpoint> endpoints = new TreeMap<>();
  private final Map<String, String> refused = new TreeMap<>();

  private ModelReader(SavedModelFiles files) {
    this.files = files;
    this.model = files.metaGraph();
    this.objects = new ObjectGraph(model.getObjectGraphDef());
    this.binding = new VariableBinding(model, objects);
    model.getSignatureDefMap().forEach((name, signature) -> sort(Endpoint.of(name, signature)));
  }

  private void sort(Endpoint endpoint) {
    Optional<String> nested =
        endpoint.inputs().entrySet().stream()
            .filter(input -> input.getValue().getEncodingCase() != TensorInfo.EncodingCase.NAME)
            .map(Map.Entry::getKey)
            .findFirst();
    if (nested.isPresent()) {
      refused.put(endpoint.name(), "takes as " + nested.get() + " a sparse or nested tensor");
    } else if (!endpoint.name().startsWith(INTERNAL)) {
      endpoints.put(endpoint.name(), endpoint);
    }
  }

  /**
   * Reads a model.
   *
   * @param directory its folder
   * @param seed what the keys of random ops depend on
   * @throws IOException if a file is missing or damaged
   * @throws IllegalArgumentException if the model cannot be loaded; the message is what stands in
   *     the way, "it" is the model
   */
  static LoadedModel read(Path directory, long seed) throws IOException {
    return new ModelReader(SavedModelFiles.read(directory)).read(seed);
  }

  private LoadedModel read(long seed) throws IOException {
    Optional<TrainingFunction> training =
        endpoints.containsKey(TRAIN) || !endpoints.containsKey(SERVING)
            ? Optional.empty()
            : TrainingFunction.find(model, objects, binding, endpoints.get(SERVING));
    List<Endpoint> all = new ArrayList<>(endpoints.values());
    training.ifPresent(
        function -> {
          function.handles().forEach(binding::bind);
          all.add(function.endpoint());
        });
    var variables = new ModelVariables(model, objects, binding);
    var flattener =
        new ModelFlattener(files, training.map(TrainingFunction::nodes).orElse(List.of()));
    flattener.flatten(all, variables.saverNodes());

    NodeMap nodes = flattener.nodes();
    var reads = new ReadRewriter(nodes);
    Map<String, String> replaced = new HashMap<>(CustomGradients.remove(nodes));
    reads.readWhatIsGathered();
    Set<String> frozen = variables.frozenHandles(nodes);
    replaced.putAll(reads.freeze(frozen));
    List<FlatEndpoint> flat =
        all.stream().map(endpoint -> flattener.flat(endpoint, replaced)).toList();
    List<String> trainable = variables.trainableHandles(nodes, frozen);
    VariableFiles variableFiles = variables.files(files.variables(), flattener);
    List<String> initializers = new ArrayList<>(List.of(variableFiles.restore()));
    initializers.addAll(RandomState.add(nodes, seed));
    flattener.initializer().ifPresent(initializers::add);

    Set<String> roots = new LinkedHashSet<>(initializers);
    roots.addAll(List.of(variableFiles.save(), variableFiles.source(), variableFiles.target()));
    Map<String, FlatEndpoint> byName = new TreeMap<>();
    for (FlatEndpoint endpoint : flat) {
      for (var tensors : List.of(endpoint.inputs(), endpoint.outputs(), endpoint.values())) {
        tensors.values().forEach(tensor -> roots.add(NodeDefs.source(tensor)));
      }
      if (endpoints.containsKey(endpoint.name())) {
        byName.put(endpoint.name(), endpoint);
      }
    }
    return new LoadedModel(
        files.directory(),
        files.variables(),
        flattener.graph(roots),
        byName,
        refused,
        training.map(function -> flat.get(flat.size() - 1)),
        trainable,
        initializers,
        variableFiles);
  }
}
