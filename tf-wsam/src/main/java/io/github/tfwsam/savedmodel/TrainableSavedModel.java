package io.github.tfwsam.savedmodel;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.tensorflow.Graph;
import org.tensorflow.Output;
import org.tensorflow.Session;

/** A SavedModel from Python that can be trained. */
@SuppressWarnings("DoNotCallSuggester") // A sketch.
public final class TrainableSavedModel implements AutoCloseable {
  private TrainableSavedModel() {}

  /**
   * Loads a model.
   *
   * @param directory the folder that holds {@code saved_model.pb}
   * @param seed what the random operations of the model (dropout) draw from
   * @return the model
   * @throws IOException if a file cannot be read
   * @throws IllegalArgumentException if the model cannot be loaded
   */
  public static TrainableSavedModel load(Path directory, long seed) throws IOException {
    throw new UnsupportedOperationException(directory + " " + seed);
  }

  /**
   * The graph of all signatures.
   *
   * @return the graph
   */
  public Graph graph() {
    throw new UnsupportedOperationException();
  }

  /**
   * The session that holds the variables.
   *
   * @return the session
   */
  public Session session() {
    throw new UnsupportedOperationException();
  }

  /**
   * The signatures of the model.
   *
   * @return the signatures by name
   */
  public Map<String, Signature> signatures() {
    throw new UnsupportedOperationException();
  }

  /**
   * What to train by: the signature {@code train} if there is one, else the function that the model
   * was saved with for training, else {@code serving_default} with a warning.
   *
   * @return the function
   */
  public Signature training() {
    throw new UnsupportedOperationException();
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
    throw new UnsupportedOperationException(signature + " " + output);
  }

  /**
   * Saves the model with the values that its variables have now.
   *
   * @param target a folder that does not exist yet
   * @throws IOException if it cannot be written
   */
  public void save(Path target) throws IOException {
    throw new UnsupportedOperationException(target.toString());
  }

  @Override
  public void close() {}
}
