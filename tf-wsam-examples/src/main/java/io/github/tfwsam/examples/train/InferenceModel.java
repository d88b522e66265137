package io.github.tfwsam.examples.train;

import io.github.tfwsam.examples.cli.AtomicFolder;
import io.github.tfwsam.examples.cli.ErrorLine;
import io.github.tfwsam.examples.models.Layers;
import io.github.tfwsam.examples.models.Network;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operation;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Session;
import org.tensorflow.Signature;
import org.tensorflow.exceptions.TensorFlowException;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.family.TType;

/**
 * A trained network as a SavedModel, used for inference. Its graph is of its own, for that of the
 * training holds operations that only this project's programs have.
 */
final class InferenceModel {
  private static final String SIGNATURE = "serving_default";

  private InferenceModel() {}

  /**
   * Writes the SavedModel, whose signature {@code serving_default} makes {@code logits} of {@code
   * input}, any number of examples.
   *
   * @param network the network
   * @param trained the session that holds the weights, under the names that the network gives them
   * @param target the folder; replaced where it is there already
   * @throws IOException if it cannot be written
   */
  static <I extends TType> void write(Network<I> network, Session trained, Path target)
      throws IOException {
    try (var graph = new Graph();
        var session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      Placeholder<I> input =
          tf.withName("input")
              .placeholder(
                  network.inputType(), Placeholder.shape(network.exampleShape().prepend(-1)));
      // The seed does not matter: no weight that is drawn by it stays.
      Layers layers = Layers.training(tf, 0).inference(tf);
      Signature signature =
          Signature.builder(SIGNATURE)
              .input("input", input)
              .output("logits", network.logits(layers, input))
              .build();
      copyWeights(trained, session);
      AtomicFolder.write(
          target,
          folder ->
              SavedModelBundle.exporter(folder.toString())
                  .withSession(session)
                  .withSignature(signature)
                  .export());
    } catch (TensorFlowException e) {
      throw new IOException(target + ": cannot be written: " + ErrorLine.ofTensorFlow(e), e);
    }
  }

  /** Initializes each variable of a session by the value of that of the same name in another. */
  private static void copyWeights(Session from, Session to) {
    List<GraphOperation> assigns = assigns(to.graph());
    Session.Runner reading = from.runner();
    assigns.forEach(assign -> reading.fetch(assign.input(0).op().name()));
    try (Result values = reading.run()) {
      Session.Runner writing = to.runner();
      for (int i = 0; i < assigns.size(); i++) {
        writing.feed(assigns.get(i).input(1), values.get(i)).addTarget(assigns.get(i));
      }
      writing.run().close();
    }
  }

  private static List<GraphOperation> assigns(Graph graph) {
    List<GraphOperation> assigns = new ArrayList<>();
    for (Iterator<? extends Operation> all = graph.operations(); all.hasNext(); ) {
      if (all.next() instanceof GraphOperation operation && operation.type().equals("Assign")) {
        assigns.add(operation);
      }
    }
    return assigns;
  }
}
