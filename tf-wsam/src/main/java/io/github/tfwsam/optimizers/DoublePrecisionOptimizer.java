package io.github.tfwsam.optimizers;

import io.github.tfwsam.graph.GradientFlow;
import io.github.tfwsam.graph.Gradients;
import io.github.tfwsam.graph.LossGraph;
import io.github.tfwsam.graph.TrainableVariable;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.framework.optimizers.Optimizer;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TType;

/**
 * What the optimizers of this package share: hyper-parameters in double precision, the variables
 * found by walking back from the loss, and slots that outlive the building of one step.
 */
abstract class DoublePrecisionOptimizer extends Optimizer {
  private final String name;

  DoublePrecisionOptimizer(Graph graph, String name) {
    super(graph, name);
    this.name = name;
  }

  /** The name that this optimizer's operations, and its variables that are no slots, begin with. */
  final String name() {
    return name;
  }

  /**
   * {@inheritDoc}
   *
   * <p>Only variables that the loss depends on have a gradient: slots, batch-norm averages and the
   * variables of other losses are left alone. The gradients are there no sooner than the loss, so
   * that a loss fetched in the run of a step is that of the weights before it.
   *
   * @throws IllegalArgumentException if the loss is no real scalar of this graph, depends on no
   *     variable or on a resource variable, or cannot be differentiated
   */
  @Override
  public <T extends TType> List<GradAndVar<?>> computeGradients(Operand<?> loss) {
    var lossGraph = LossGraph.of(graph, loss.asOutput());
    List<TrainableVariable> variables = GradientFlow.trace(lossGraph, variable -> true);
    if (variables.isEmpty()) {
      throw new IllegalArgumentException(
          "The loss '" + loss.op().name() + "' depends on no variable that a gradient reaches.");
    }
    List<List<Output<?>>> reads = variables.stream().map(TrainableVariable::reads).toList();
    List<Output<?>> gradients = Gradients.add(tf, lossGraph.loss(), reads, "gradients");
    Ops afterLoss = tf.withControlDependencies(loss);
    List<GradAndVar<?>> pairs = new ArrayList<>();
    for (int i = 0; i < gradients.size(); i++) {
      pairs.add(
          pair(afterLoss, DoublePrecisionOptimizer.<T>typed(gradients.get(i)), variables.get(i)));
    }
    return pairs;
  }

  private static <T extends TType> GradAndVar<T> pair(
      Ops afterLoss, Output<T> gradient, TrainableVariable variable) {
    return new GradAndVar<>(
        afterLoss.identity(gradient).asOutput(), DoublePrecisionOptimizer.typed(variable.handle()));
  }

  @SuppressWarnings("unchecked") // A gradient is of its variable's type.
  private static <T extends TType> Output<T> typed(Output<?> output) {
    return (Output<T>) output;
  }

  /** A slot that starts at zero, where the variable has none of this name yet. */
  final <T extends TType> void createZeroSlot(Output<T> variable, String slotName) {
    if (getSlot(variable, slotName).isEmpty()) {
      // Of the static shape: an initializer must not read a variable that may not be initialized.
      Ops init = tf.withInitScope();
      createSlot(variable, slotName, init.zeros(init.constant(variable.shape()), variable.type()));
    }
  }

  /** A hyper-parameter in a variable's type, rounded once. */
  static <T extends TType> Operand<T> scalar(Ops tf, double value, Class<T> type) {
    return tf.dtypes.cast(tf.constant(value), type);
  }

  /** {@code g + weightDecay * w}, the gradient of the loss plus an L2 penalty. */
  static <T extends TType> Operand<T> withPenalty(
      Ops tf, Output<T> gradient, Output<T> variable, double weightDecay) {
    return weightDecay == 0
        ? gradient
        : tf.math.add(gradient, tf.math.mul(variable, scalar(tf, weightDecay, variable.type())));
  }
}
