package io.github.tfwsam.savedmodel;

import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.tensorflow.Graph;
import org.tensorflow.Output;
import org.tensorflow.proto.GraphDef;

/**
 * A model as one graph without calls of functions, on paper: nothing native has run yet.
 *
 * @param directory the folder that it was read from
 * @param variables what the names of its variables' files begin with
 * @param graph the graph
 * @param endpoints the signatures by name
 * @param refused why a signature is none of these, by name
 * @param training the function that the model was saved with for training
 * @param trainable the names of the variables that may be trained
 * @param initializers what to run, one after the other, before the graph is used
 * @param files what reads and writes the variables
 */
record LoadedModel(
    Path directory,
    Path variables,
    GraphDef graph,
    Map<String, FlatEndpoint> endpoints,
    Map<String, String> refused,
    Optional<FlatEndpoint> training,
    List<String> trainable,
    List<String> initializers,
    VariableFiles files) {

  /**
   * A signature in the flat graph.
   *
   * @param name the signature's name
   * @param inputs tensors by the signature's names
   * @param outputs tensors that wait for the side effects
   * @param values the same without
   */
  record FlatEndpoint(
      String name,
      Map<String, String> inputs,
      Map<String, String> outputs,
      Map<String, String> values) {

    Signature in(Graph graph) {
      return new Signature(name, in(graph, inputs), in(graph, outputs), in(graph, values));
    }

    private static Map<String, Output<?>> in(Graph graph, Map<String, String> names) {
      Map<String, Output<?>> tensors = new TreeMap<>();
      names.forEach((name, tensor) -> tensors.put(name, graph.outputOrThrow(tensor)));
      return Collections.unmodifiableMap(tensors);
    }
  }
}
