package io.github.tfwsam.graph;

import io.github.tfwsam.gradients.MissingGradients;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.tensorflow.Graph;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TType;

/** The gradient of a loss with respect to values that a variable is read as. */
public final class Gradients {
  private Gradients() {}

  /**
   * Adds d loss / d x to the graph, for each x the sum over the outputs that stand for it.
   *
   * @param tf where a sum over several reads is built
   * @param loss a scalar whose path to the reads {@link GradientFlow} has followed
   * @param reads for each x the outputs that carry it into the loss
   * @param name the name scope of the gradient's operations, below that of {@code tf}
   * @return for each x its gradient, of its shape
   * @throws IllegalStateException if TensorFlow finds no gradient for one of them
   */
  public static List<Output<?>> add(
      Ops tf, Output<?> loss, List<List<Output<?>>> reads, String name) {
    return add(tf, loss, reads, name, Map.of());
  }

  /**
   * As {@link #add(Ops, Output, List, String)}, of a pass that was copied.
   *
   * @param tf where a sum over several reads is built
   * @param copy a pass whose original's path to the reads {@link GradientFlow} has followed
   * @param reads for each x the outputs that carry it into the copy's loss
   * @param name the name scope of the gradient's operations, below that of {@code tf}
   * @return for each x its gradient, of its shape
   * @throws IllegalStateException if TensorFlow finds no gradient for one of them
   */
  public static List<Output<?>> add(
      Ops tf, PassCopy copy, List<List<Output<?>>> reads, String name) {
    return add(tf, copy.loss(), reads, name, copy.originals());
  }

  /**
   * As {@link #add(Ops, Output, List, String)}, with all that TensorFlow's native code builds: it
   * then fuses nothing that it would not fuse for an optimizer of tensorflow-framework, and rounds
   * as for that.
   *
   * @param tf where a sum over several reads is built
   * @param loss a scalar whose path to the reads {@link GradientFlow} has followed
   * @param reads for each x the outputs that carry it into the loss
   * @param name the name scope of the gradient's operations, below that of {@code tf}
   * @return for each x its gradient, of its shape
   * @throws IllegalStateException if TensorFlow finds no gradient for one of them
   */
  public static List<Output<?>> addAsTensorFlow(
      Ops tf, Output<?> loss, List<List<Output<?>>> reads, String name) {
    Graph graph = (Graph) tf.scope().env();
    return sums(
        tf, loss, reads, addGradients(graph, tf.scope().makeOpName(name), loss, flat(reads)));
  }

  private static List<Output<?>> add(
      Ops tf,
      Output<?> loss,
      List<List<Output<?>>> reads,
      String name,
      Map<Output<?>, Output<?>> sameShape) {
    return sums(tf, loss, reads, ofEach(tf, loss, flat(reads), name, sameShape));
  }

  private static Output<?>[] flat(List<List<Output<?>>> reads) {
    return reads.stream().flatMap(List::stream).toArray(Output<?>[]::new);
  }

  private static List<Output<?>> sums(
      Ops tf, Output<?> loss, List<List<Output<?>>> reads, Output<?>[] gradients) {
    List<Output<?>> sums = new ArrayList<>();
    int next = 0;
    for (List<Output<?>> ofOne : reads) {
      List<Output<?>> parts = new ArrayList<>();
      for (Output<?> read : ofOne) {
        Output<?> part = gradients[next++];
        if (part.isClosed()) {
          throw new IllegalStateException(
              "TensorFlow finds no gradient of the loss "
                  + Operations.describe(Node.operation(loss))
                  + " with respect to "
                  + Operations.describe(Node.operation(read)));
        }
        parts.add(part);
      }
      sums.add(parts.size() == 1 ? parts.get(0) : sum(tf, parts));
    }
    return sums;
  }

  private static Output<?>[] ofEach(
      Ops tf, Output<?> loss, Output<?>[] reads, String name, Map<Output<?>, Output<?>> sameShape) {
    Graph graph = (Graph) tf.scope().env();
    var backward = new BackwardPass(loss, sameShape);
    String scope = tf.scope().makeOpName(name);
    if (!backward.mayDiffer()) {
      return addGradients(graph, scope, loss, reads);
    }
    String original = tf.scope().makeOpName(name + "_original");
    return backward.copy(graph, original, scope, addGradients(graph, original, loss, reads));
  }

  private static Output<?>[] addGradients(
      Graph graph, String prefix, Output<?> loss, Output<?>[] reads) {
    MissingGradients.register();
    try {
      return graph.addGradients(prefix, new Output<?>[] {loss}, reads, null);
    } catch (RuntimeException e) {
      throw MissingGradients.explain(e);
    }
  }

  @SuppressWarnings("unchecked") // All parts are of the variable's type.
  private static <T extends TType> Output<T> sum(Ops tf, List<Output<?>> parts) {
    List<Output<T>> typed = new ArrayList<>();
    parts.forEach(part -> typed.add((Output<T>) part));
    return tf.math.addN(new ArrayList<>(typed)).asOutput();
  }
}
