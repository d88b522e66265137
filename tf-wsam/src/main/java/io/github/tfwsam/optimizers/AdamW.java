package io.github.tfwsam.optimizers;

import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.AssignSub;
import org.tensorflow.types.family.TType;

/**
 * AdamW: Adam with weight decay apart from the gradient.
 *
 * <pre>
 * w -= learningRate * weightDecay * w
 * m  = beta1 * m + (1 - beta1) * gradient            m is 0 before the first step
 * v  = beta2 * v + (1 - beta2) * gradient^2          v is 0 before the first step
 * w -= learningRate * m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)        in step t
 * </pre>
 *
 * <p>Source: <a href="https://arxiv.org/abs/1711.05101">Loshchilov and Hutter, Decoupled Weight
 * Decay Regularization</a>, and {@code torch.optim.AdamW}. The epsilon is added after the bias
 * correction, as in {@link Adam}, and the steps are counted as there.
 */
public final class AdamW extends AbstractAdam {
  /** The weight decay, if none is given. */
  public static final double WEIGHT_DECAY_DEFAULT = 0.01;

  private static final String NAME = "AdamW";

  /**
   * AdamW with the learning rate 0.001.
   *
   * @param graph the graph of the variables
   */
  public AdamW(Graph graph) {
    this(graph, LEARNING_RATE_DEFAULT);
  }

  /**
   * AdamW with a learning rate.
   *
   * @param graph the graph of the variables
   * @param learningRate the learning rate, at least 0
   * @throws IllegalArgumentException if the number is out of its range
   */
  public AdamW(Graph graph, double learningRate) {
    this(
        graph,
        learningRate,
        BETA_ONE_DEFAULT,
        BETA_TWO_DEFAULT,
        EPSILON_DEFAULT,
        WEIGHT_DECAY_DEFAULT);
  }

  /**
   * AdamW with all of its hyper-parameters.
   *
   * @param graph the graph of the variables
   * @param learningRate the learning rate, at least 0
   * @param betaOne the decay of the first moment, at least 0 and less than 1
   * @param betaTwo the decay of the second moment, at least 0 and less than 1
   * @param epsilon what keeps the divisor from 0, at least 0
   * @param weightDecay the weight decay, at least 0
   * @throws IllegalArgumentException if a number is out of its range
   */
  public AdamW(
      Graph graph,
      double learningRate,
      double betaOne,
      double betaTwo,
      double epsilon,
      double weightDecay) {
    this(graph, NAME, learningRate, betaOne, betaTwo, epsilon, weightDecay);
  }

  /**
   * AdamW with a name.
   *
   * @param graph the graph of the variables
   * @param name what the names of the operations begin with
   * @param learningRate the learning rate, at least 0
   * @param betaOne the decay of the first moment, at least 0 and less than 1
   * @param betaTwo the decay of the second moment, at least 0 and less than 1
   * @param epsilon what keeps the divisor from 0, at least 0
   * @param weightDecay the weight decay, at least 0
   * @throws IllegalArgumentException if a number is out of its range
   */
  public AdamW(
      Graph graph,
      String name,
      double learningRate,
      double betaOne,
      double betaTwo,
      double epsilon,
      double weightDecay) {
    super(graph, name, learningRate, betaOne, betaTwo, epsilon, weightDecay);
  }

  @Override
  protected <T extends TType> Op applyDense(Ops deps, Output<T> gradient, Output<T> variable) {
    if (weightDecay == 0) {
      return applyAdam(deps, gradient, variable);
    }
    Operand<T> rate =
        deps.math.mul(
            scalar(deps, learningRate, variable.type()),
            scalar(deps, weightDecay, variable.type()));
    // No Apply op, as those take the learning rate of the variable's own step.
    Op decay = deps.assignSub(variable, deps.math.mul(variable, rate), AssignSub.useLocking(true));
    return applyAdam(deps.withControlDependencies(decay), gradient, variable);
  }

  @Override
  public String getOptimizerName() {
    return NAME;
  }
}
