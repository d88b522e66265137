package io.github.tfwsam.optimizers;

import static io.github.tfwsam.optimizers.Ranges.nonNegative;

import io.github.tfwsam.schedules.Schedule;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TNumber;
import org.tensorflow.types.family.TType;

/**
 * Stochastic gradient descent, with momentum if asked for.
 *
 * <pre>
 * b  = momentum * b + g                              b is 0 before the first step
 * w -= learningRate * b                              Nesterov: learningRate * (g + momentum * b)
 * </pre>
 *
 * <p>g is the gradient, with weight decay in it if asked for ({@link #weightDecay}, {@link
 * #decoupledWeightDecay}).
 *
 * <p>Source: {@code torch.optim.SGD} with dampening 0; momentum in the form of <a
 * href="https://proceedings.mlr.press/v28/sutskever13.html">Sutskever et al. 2013</a>, whose
 * learning rate scales the step and not the momentum buffer. {@code tf.keras.optimizers.SGD} has it
 * in the buffer: that is the same while the rate is, and where the rate changes, Keras takes old
 * gradients at their old rates.
 */
public final class Sgd extends GraphOptimizer {
  /** The learning rate, if none is given. */
  public static final double LEARNING_RATE_DEFAULT = 0.01;

  /** The momentum, if none is given: none. */
  public static final double MOMENTUM_DEFAULT = 0;

  /** The form of the momentum, if none is given: not Nesterov's. */
  public static final boolean NESTEROV_DEFAULT = false;

  private static final String NAME = "SGD";

  private final double momentum;
  private final boolean nesterov;

  /**
   * Sgd with the learning rate 0.01.
   *
   * @param graph the graph of the variables
   * @param options options; of two that set the same, the later one holds
   */
  public Sgd(Graph graph, Options... options) {
    this(graph, LEARNING_RATE_DEFAULT, options);
  }

  /**
   * Sgd with a number for the learning rate.
   *
   * @param graph the graph of the variables
   * @param learningRate the learning rate, at least 0
   * @param options further options
   * @throws IllegalArgumentException if the number is out of its range
   */
  public Sgd(Graph graph, double learningRate, Options... options) {
    this(graph, new LearningRate.Known(learningRate), options);
  }

  /**
   * Sgd with a learning rate that changes from step to step.
   *
   * @param graph the graph of the variables
   * @param learningRate the learning rate; step t takes its value at t - 1
   * @param options further options
   */
  public Sgd(Graph graph, Schedule learningRate, Options... options) {
    this(graph, new LearningRate.Scheduled(learningRate), options);
  }

  /**
   * Sgd with a learning rate that the graph computes.
   *
   * @param graph the graph of the variables
   * @param learningRate the learning rate, a scalar
   * @param options further options
   * @throws IllegalArgumentException if it is known not to be a scalar
   */
  public Sgd(Graph graph, Operand<? extends TNumber> learningRate, Options... options) {
    this(graph, new LearningRate.Computed(learningRate), options);
  }

  private Sgd(Graph graph, LearningRate learningRate, Options[] options) {
    this(graph, learningRate, new Settings(NAME, 0).with(options));
  }

  private Sgd(Graph graph, LearningRate learningRate, Settings settings) {
    super(graph, learningRate, settings);
    momentum = settings.momentum;
    nesterov = settings.nesterov;
    if (nesterov && momentum == 0) {
      throw new IllegalArgumentException("momentum must be > 0 where it is Nesterov's; it is 0.");
    }
  }

  @Override
  <T extends TType> Op apply(
      Ops tf, Operand<T> gradient, StateVariable<T> w, Operand<T> learningRate) {
    return descend(tf, gradient, w, learningRate, momentum, nesterov);
  }

  @Override
  String describe() {
    return "momentum=" + momentum + ", nesterov=" + nesterov;
  }

  @Override
  public String getOptimizerName() {
    return NAME;
  }

  /**
   * Adds momentum.
   *
   * @param momentum the momentum, at least 0; 0 by default
   * @return the option
   * @throws IllegalArgumentException if the number is out of its range
   */
  public static Options momentum(double momentum) {
    nonNegative("momentum", momentum);
    return new Option(settings -> settings.momentum = momentum);
  }

  /**
   * Chooses the form of the momentum, which must then be greater than 0.
   *
   * @param nesterov true for Nesterov's; false by default
   * @return the option
   */
  public static Options nesterov(boolean nesterov) {
    return new Option(settings -> settings.nesterov = nesterov);
  }

  /** An option of {@link Sgd}, made by its static methods. */
  public sealed interface Options permits CommonOptions {}
}
