package io.github.tfwsam.savedmodel;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.logging.Logger;
import org.tensorflow.Graph;
import org.tensorflow.Output;
import org.tensorflow.Session;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.types.TString;

/**
 * A SavedModel from Python that can be trained.
 *
 * <p>The functions of the model are flattened into one graph, so that a loss can be differentiated;
 * its variables are resource variables, {@code VarHandleOp}s by the names that they have in the
 * file. Variables that Python does not train (the averages of batch norm, frozen layers) are read
 * through {@code StopGradient}, so that nothing trains them here either.
 *
 * <pre>{@code
 * try (var model = TrainableSavedModel.load(Path.of("model"), 1)) {
 *   var loss = model.training().outputs().get("loss");
 *   ...
 *   model.save(Path.of("finetuned"));
 * }
 * }</pre>
 */
public final class TrainableSavedModel implements AutoCloseable {
  /** What random operations draw from, if no seed is given. */
  public static final long SEED_DEFAULT = 0;

  private static final Logger LOG = Logger.getLogger(TrainableSavedModel.class.getName());
  private static final String TRAIN = "train";
  private static final String SERVING = "serving_default";

  private final LoadedModel loaded;
  private final Graph graph;
  private final Session session;
  private final Map<String, Signature> signatures;
  private final Optional<Signature> training;
  private boolean warned;

  private TrainableSavedModel(
      LoadedModel loaded,
      Graph graph,
      Session session,
      Map<String, Signature> signatures,
      Optional<Signature> training) {
    this.loaded = loaded;
    this.graph = graph;
    this.session = session;
    this.signatures = signatures;
    this.training = training;
  }

  /**
   * Loads a model, whose random operations draw from the seed 0.
   *
   * @param directory the folder that holds {@code saved_model.pb}
   * @return the model
   * @throws IOException if a file is missing, cannot be read, or is damaged
   * @throws IllegalArgumentException if the model cannot be loaded: it names what stands in the way
   */
  public static TrainableSavedModel load(Path directory) throws IOException {
    return load(directory, SEED_DEFAULT);
  }

  /**
   * Loads a model.
   *
   * @param directory the folder that holds {@code saved_model.pb}
   * @param seed what the random operations of the model (dropout) draw from
   * @return the model
   * @throws IOException if a file is missing, cannot be read, or is damaged
   * @throws IllegalArgumentException if the model cannot be loaded: it names what stands in the way
   */
  public static TrainableSavedModel load(Path directory, long seed) throws IOException {
    try {
      return open(ModelReader.read(directory, seed));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "The SavedModel " + directory + " cannot be loaded: " + e.getMessage(), e);
    }
  }

  private static TrainableSavedModel open(LoadedModel loaded) {
    var graph = new Graph();
    Session session = null;
    try {
      graph.importGraphDef(loaded.graph());
      Map<String, Signature> signatures = new TreeMap<>();
      loaded.endpoints().forEach((name, endpoint) -> signatures.put(name, endpoint.in(graph)));
      Optional<Signature> training = loaded.training().map(endpoint -> endpoint.in(graph));
      session = new Session(graph, ConfigProto.newBuilder().setAllowSoftPlacement(true).build());
      try (TString source = TString.scalarOf(loaded.variables().toString())) {
        for (String operation : loaded.initializers()) {
          session.runner().feed(loaded.files().source(), source).addTarget(operation).run().close();
        }
      }
      return new TrainableSavedModel(
          loaded, graph, session, Collections.unmodifiableMap(signatures), training);
    } catch (RuntimeException | Error e) {
      if (session != null) {
        session.close();
      }
      graph.close();
      throw e;
    }
  }

  /**
   * The graph of all signatures.
   *
   * @return the graph
   */
  public Graph graph() {
    return graph;
  }

  /**
   * The session that holds the variables.
   *
   * @return the session
   */
  public Session session() {
    return session;
  }

  /**
   * The folder that the model was loaded from.
   *
   * @return the folder
   */
  public Path source() {
    return loaded.directory();
  }

  /**
   * The signatures of the model.
   *
   * @return the signatures by name
   */
  public Map<String, Signature> signatures() {
    return signatures;
  }

  /**
   * The variables that may be trained, in the order of the graph.
   *
   * @return the names of their {@code VarHandleOp}s
   */
  public List<String> trainableVariables() {
    return loaded.trainable();
  }

  /**
   * What to train by: the signature {@code train} if there is one, else the function that the model
   * was saved with for training, else {@code serving_default} with a warning.
   *
   * @return the function
   * @throws IllegalArgumentException if the model has neither
   */
  public Signature training() {
    if (signatures.containsKey(TRAIN) || loaded.refused().containsKey(TRAIN)) {
      return signature(TRAIN);
    }
    if (training.isPresent()) {
      return training.get();
    }
    Signature serving = signature(SERVING);
    if (!warned) {
      warned = true;
      LOG.warning(
          () ->
              "The SavedModel "
                  + source()
                  + " has no function for training: by 'serving_default' it trains with dropout off"
                  + " and batch norm frozen, if it has these. Export it with a signature 'train'.");
    }
    return serving;
  }

  /**
   * An output of a signature.
   *
   * @param signature the name of the signature
   * @param output the name of the output
   * @return the output
   * @throws IllegalArgumentException if there is none such; it names those that are
   */
  public Output<?> output(String signature, String output) {
    Signature chosen = signature(signature);
    Output<?> result = chosen.outputs().get(output);
    if (result == null) {
      throw new IllegalArgumentException(
          "The signature '"
              + signature
              + "' of the SavedModel "
              + source()
              + " has no output '"
              + output
              + "'; it has "
              + chosen.outputs().keySet());
    }
    return result;
  }

  private Signature signature(String name) {
    Signature signature = signatures.get(name);
    if (signature == null) {
      throw new IllegalArgumentException(
          "The SavedModel "
              + source()
              + (loaded.refused().containsKey(name)
                  ? " has a signature '" + name + "' that " + loaded.refused().get(name)
                  : " has no signature '" + name + "'")
              + "; it has "
              + signatures.keySet());
    }
    return signature;
  }

  /**
   * Saves the model with the values that its variables have now.
   *
   * <p>The folder is written beside the target and renamed when it is whole. What an interrupted
   * save has left is removed by the next one to the same target.
   *
   * @param target a folder that does not exist yet
   * @throws IOException if it cannot be written
   * @throws IllegalArgumentException if the target exists, or lies in the folder that the model was
   *     loaded from
   */
  public void save(Path target) throws IOException {
    ModelWriter.write(source(), target, this::writeVariables);
  }

  private void writeVariables(Path prefix) {
    VariableFiles files = loaded.files();
    Session.Runner runner = session.runner().addTarget(files.save());
    try (TString from = TString.scalarOf(loaded.variables().toString());
        TString to = TString.scalarOf(prefix.toString())) {
      if (!files.source().equals(files.target())) {
        runner.feed(files.source(), from);
      }
      runner.feed(files.target(), to).run().close();
    }
  }

  @Override
  public void close() {
    session.close();
    graph.close();
  }
}
