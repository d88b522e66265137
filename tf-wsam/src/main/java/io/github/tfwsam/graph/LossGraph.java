package io.github.tfwsam.graph;

import java.util.List;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TNumber;

/**
 * The operations that a loss depends on through data, in topological order: found by walking back
 * from the loss, so its size is that of the network and not that of the graph.
 */
public final class LossGraph {
  private final Output<? extends TNumber> loss;
  private final List<Node> nodes;
  private final ElementTypes types;

  private LossGraph(Output<? extends TNumber> loss, List<Node> nodes) {
    this.loss = loss;
    this.nodes = nodes;
    this.types = new ElementTypes(nodes);
  }

  /**
   * Walks back from a loss.
   *
   * @param graph the graph of the loss
   * @param loss a real scalar
   * @return the operations that it depends on
   * @throws IllegalArgumentException if the loss is of another graph, not of a real floating-point
   *     type, known not to be a scalar, or itself a variable
   */
  public static LossGraph of(Graph graph, Output<?> loss) {
    graph.checkInput(loss.op());
    GraphOperation operation = Node.operation(loss);
    if (!Operations.isRealFloating(Operations.valueType(loss))) {
      throw new IllegalArgumentException(
          "The loss "
              + Operations.describe(operation)
              + " is of type "
              + loss.dataType()
              + ", but only a real floating-point number can be minimized: cast it to float.");
    }
    Shape shape = loss.shape();
    if (!shape.isUnknown() && shape.numDimensions() != 0) {
      throw new IllegalArgumentException(
          "The loss "
              + Operations.describe(operation)
              + " has the shape "
              + shape
              + ", but a loss is a scalar: reduce it, with tf.math.mean for example.");
    }
    if (Operations.isVariable(operation.type())) {
      throw new IllegalArgumentException(
          "The loss "
              + Operations.describe(operation)
              + " is itself a variable: minimize tf.identity of it.");
    }
    return new LossGraph(number(loss), Node.dataAncestors(operation));
  }

  /**
   * The loss in a form whose gradient is right: operations that are registered with a gradient that
   * fails or is wrong, or whose read of a variable cannot be replaced, give way to others that
   * compute the same.
   *
   * @param tf where the other operations are built
   * @return the loss on copies of all that depends on these operations; this, if there are none
   */
  public LossGraph differentiable(Ops tf) {
    Rewriting rewriting = Rewriting.of(tf, List.of(Node.operation(loss)));
    return rewriting.isEmpty() ? this : of((Graph) tf.scope().env(), rewriting.output(loss));
  }

  @SuppressWarnings("unchecked") // Checked above: its type is real.
  private static Output<? extends TNumber> number(Output<?> loss) {
    return (Output<? extends TNumber>) loss;
  }

  /**
   * The loss that was walked back from.
   *
   * @return the loss
   */
  public Output<? extends TNumber> loss() {
    return loss;
  }

  /** The operations, each after those that feed it (but for the back edges of v1 loops). */
  List<Node> nodes() {
    return nodes;
  }

  /** The types of what the operations take. */
  ElementTypes types() {
    return types;
  }
}
