package io.github.tfwsam.optimizers;

import static io.github.tfwsam.optimizers.Ranges.nonNegative;

import java.util.List;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Variable;
import org.tensorflow.op.train.ApplyGradientDescent;
import org.tensorflow.op.train.ApplyMomentum;
import org.tensorflow.types.family.TType;

/**
 * Stochastic gradient descent, with momentum and weight decay if asked for.
 *
 * <pre>
 * g  = gradient + weightDecay * w
 * b  = momentum * b + g                              b is 0 before the first step
 * w -= learningRate * b                              Nesterov: learningRate * (g + momentum * b)
 * </pre>
 *
 * <p>Source: {@code torch.optim.SGD} with dampening 0; momentum in the form of <a
 * href="https://proceedings.mlr.press/v28/sutskever13.html">Sutskever et al. 2013</a>, whose
 * learning rate scales the step and not the momentum buffer.
 */
public final class Sgd extends DoublePrecisionOptimizer {
  /** The learning rate, if none is given. */
  public static final double LEARNING_RATE_DEFAULT = 0.01;

  /** The momentum, if none is given: none. */
  public static final double MOMENTUM_DEFAULT = 0;

  /** The form of the momentum, if none is given: not Nesterov's. */
  public static final boolean NESTEROV_DEFAULT = false;

  /** The weight decay, if none is given: none. */
  public static final double WEIGHT_DECAY_DEFAULT = 0;

  /** The name of the slot of the momentum buffer, b. */
  public static final String MOMENTUM = "momentum";

  private static final String NAME = "SGD";

  private final double learningRate;
  private final double momentum;
  private final boolean nesterov;
  private final double weightDecay;

  /**
   * Gradient descent with the learning rate 0.01.
   *
   * @param graph the graph of the variables
   */
  public Sgd(Graph graph) {
    this(graph, LEARNING_RATE_DEFAULT);
  }

  /**
   * Gradient descent without momentum.
   *
   * @param graph the graph of the variables
   * @param learningRate the learning rate, at least 0
   * @throws IllegalArgumentException if a number is out of its range
   */
  public Sgd(Graph graph, double learningRate) {
    this(graph, learningRate, MOMENTUM_DEFAULT, NESTEROV_DEFAULT);
  }

  /**
   * Gradient descent with momentum.
   *
   * @param graph the graph of the variables
   * @param learningRate the learning rate, at least 0
   * @param momentum the momentum, at least 0
   * @param nesterov whether the momentum is Nesterov's
   * @throws IllegalArgumentException if a number is out of its range, or the momentum is 0 and
   *     Nesterov's
   */
  public Sgd(Graph graph, double learningRate, double momentum, boolean nesterov) {
    this(graph, learningRate, momentum, nesterov, WEIGHT_DECAY_DEFAULT);
  }

  /**
   * Gradient descent with momentum and weight decay.
   *
   * @param graph the graph of the variables
   * @param learningRate the learning rate, at least 0
   * @param momentum the momentum, at least 0
   * @param nesterov whether the momentum is Nesterov's
   * @param weightDecay the weight of the L2 penalty in the gradient, at least 0
   * @throws IllegalArgumentException if a number is out of its range, or the momentum is 0 and
   *     Nesterov's
   */
  public Sgd(
      Graph graph, double learningRate, double momentum, boolean nesterov, double weightDecay) {
    this(graph, NAME, learningRate, momentum, nesterov, weightDecay);
  }

  /**
   * Gradient descent with a name.
   *
   * @param graph the graph of the variables
   * @param name what the names of the operations begin with
   * @param learningRate the learning rate, at least 0
   * @param momentum the momentum, at least 0
   * @param nesterov whether the momentum is Nesterov's
   * @param weightDecay the weight of the L2 penalty in the gradient, at least 0
   * @throws IllegalArgumentException if a number is out of its range, or the momentum is 0 and
   *     Nesterov's
   */
  public Sgd(
      Graph graph,
      String name,
      double learningRate,
      double momentum,
      boolean nesterov,
      double weightDecay) {
    super(graph, name);
    this.learningRate = nonNegative("learningRate", learningRate);
    this.momentum = nonNegative("momentum", momentum);
    this.nesterov = nesterov;
    this.weightDecay = nonNegative("weightDecay", weightDecay);
    if (nesterov && momentum == 0) {
      throw new IllegalArgumentException("momentum must be > 0 where it is Nesterov's; it is 0.");
    }
  }

  @Override
  protected void createSlots(List<Output<? extends TType>> variables) {
    if (momentum != 0) {
      variables.forEach(variable -> createZeroSlot(variable, MOMENTUM));
    }
  }

  @Override
  protected <T extends TType> Op applyDense(Ops deps, Output<T> gradient, Output<T> variable) {
    Operand<T> rate = scalar(deps, learningRate, variable.type());
    Operand<T> g = withPenalty(deps, gradient, variable, weightDecay);
    if (momentum == 0) {
      return deps.train.applyGradientDescent(
          variable, rate, g, ApplyGradientDescent.useLocking(true));
    }
    Variable<T> buffer = getSlot(variable, MOMENTUM).orElseThrow();
    return deps.train.applyMomentum(
        variable,
        buffer,
        rate,
        g,
        scalar(deps, momentum, variable.type()),
        ApplyMomentum.useNesterov(nesterov),
        ApplyMomentum.useLocking(true));
  }

  @Override
  public String getOptimizerName() {
    return NAME;
  }

  @Override
  public String toString() {
    return "SGD{learningRate="
        + learningRate
        + ", momentum="
        + momentum
        + ", nesterov="
        + nesterov
        + ", weightDecay="
        + weightDecay
        + '}';
  }
}
