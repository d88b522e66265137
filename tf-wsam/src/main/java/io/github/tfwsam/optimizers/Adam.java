package io.github.tfwsam.optimizers;

import org.tensorflow.Graph;
import org.tensorflow.Output;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TType;

/**
 * Adam, with weight decay in the gradient if asked for.
 *
 * <pre>
 * g  = gradient + weightDecay * w
 * m  = beta1 * m + (1 - beta1) * g                   m is 0 before the first step
 * v  = beta2 * v + (1 - beta2) * g^2                 v is 0 before the first step
 * w -= learningRate * m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)        in step t
 * </pre>
 *
 * <p>Source: <a href="https://arxiv.org/abs/1412.6980">Kingma and Ba, Adam: A Method for Stochastic
 * Optimization</a>, Algorithm 1, and {@code torch.optim.Adam}. The epsilon is that of Algorithm 1,
 * added after the bias correction; the epsilon of TensorFlow's own Adam is added before it.
 *
 * <p>The steps are counted in the graph, in a variable of the name {@code Adam-steps} (the
 * optimizer's own name, if it has one): for each list of variables that is stepped together.
 */
public final class Adam extends AbstractAdam {
  /** The weight decay, if none is given: none. */
  public static final double WEIGHT_DECAY_DEFAULT = 0;

  private static final String NAME = "Adam";

  /**
   * Adam with the learning rate 0.001.
   *
   * @param graph the graph of the variables
   */
  public Adam(Graph graph) {
    this(graph, LEARNING_RATE_DEFAULT);
  }

  /**
   * Adam with a learning rate.
   *
   * @param graph the graph of the variables
   * @param learningRate the learning rate, at least 0
   * @throws IllegalArgumentException if the number is out of its range
   */
  public Adam(Graph graph, double learningRate) {
    this(graph, learningRate, BETA_ONE_DEFAULT, BETA_TWO_DEFAULT, EPSILON_DEFAULT);
  }

  /**
   * Adam without weight decay.
   *
   * @param graph the graph of the variables
   * @param learningRate the learning rate, at least 0
   * @param betaOne the decay of the first moment, at least 0 and less than 1
   * @param betaTwo the decay of the second moment, at least 0 and less than 1
   * @param epsilon what keeps the divisor from 0, at least 0
   * @throws IllegalArgumentException if a number is out of its range
   */
  public Adam(Graph graph, double learningRate, double betaOne, double betaTwo, double epsilon) {
    this(graph, learningRate, betaOne, betaTwo, epsilon, WEIGHT_DECAY_DEFAULT);
  }

  /**
   * Adam with weight decay in the gradient.
   *
   * @param graph the graph of the variables
   * @param learningRate the learning rate, at least 0
   * @param betaOne the decay of the first moment, at least 0 and less than 1
   * @param betaTwo the decay of the second moment, at least 0 and less than 1
   * @param epsilon what keeps the divisor from 0, at least 0
   * @param weightDecay the weight of the L2 penalty in the gradient, at least 0
   * @throws IllegalArgumentException if a number is out of its range
   */
  public Adam(
      Graph graph,
      double learningRate,
      double betaOne,
      double betaTwo,
      double epsilon,
      double weightDecay) {
    this(graph, NAME, learningRate, betaOne, betaTwo, epsilon, weightDecay);
  }

  /**
   * Adam with a name.
   *
   * @param graph the graph of the variables
   * @param name what the names of the operations begin with
   * @param learningRate the learning rate, at least 0
   * @param betaOne the decay of the first moment, at least 0 and less than 1
   * @param betaTwo the decay of the second moment, at least 0 and less than 1
   * @param epsilon what keeps the divisor from 0, at least 0
   * @param weightDecay the weight of the L2 penalty in the gradient, at least 0
   * @throws IllegalArgumentException if a number is out of its range
   */
  public Adam(
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
    return applyAdam(deps, withPenalty(deps, gradient, variable, weightDecay), variable);
  }

  @Override
  public String getOptimizerName() {
    return NAME;
  }
}
