package io.github.tfwsam.optimizers;

import io.github.tfwsam.schedules.Schedule;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.types.family.TNumber;

/**
 * AdamW: {@link Adam} with decoupled weight decay.
 *
 * <pre>
 * w -= learningRate * weightDecay * w
 * m  = beta1 * m + (1 - beta1) * gradient            m is 0 before the first step
 * v  = beta2 * v + (1 - beta2) * gradient^2          v is 0 before the first step
 * w -= learningRate * m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)        in step t
 * </pre>
 *
 * <p>Source: <a href="https://arxiv.org/abs/1711.05101">Loshchilov and Hutter, Decoupled Weight
 * Decay Regularization</a>, and {@code torch.optim.AdamW}. {@code tf.keras.optimizers.AdamW} has
 * epsilon in another place ({@link EpsilonPlace}) and of another size, 1e-7, and decays by 0.004.
 */
public final class AdamW extends Adam {
  /** The weight decay, if none is given. */
  public static final double WEIGHT_DECAY_DEFAULT = 0.01;

  private static final String NAME = "AdamW";

  /**
   * AdamW with the learning rate 0.001.
   *
   * @param graph the graph of the variables
   * @param options options; of two that set the same, the later one holds
   */
  public AdamW(Graph graph, Options... options) {
    this(graph, LEARNING_RATE_DEFAULT, options);
  }

  /**
   * AdamW with a number for the learning rate.
   *
   * @param graph the graph of the variables
   * @param learningRate the learning rate, at least 0
   * @param options further options
   * @throws IllegalArgumentException if the number is out of its range
   */
  public AdamW(Graph graph, double learningRate, Options... options) {
    this(graph, new LearningRate.Known(learningRate), options);
  }

  /**
   * AdamW with a learning rate that changes from step to step.
   *
   * @param graph the graph of the variables
   * @param learningRate the learning rate; step t takes its value at t - 1
   * @param options further options
   */
  public AdamW(Graph graph, Schedule learningRate, Options... options) {
    this(graph, new LearningRate.Scheduled(learningRate), options);
  }

  /**
   * AdamW with a learning rate that the graph computes.
   *
   * @param graph the graph of the variables
   * @param learningRate the learning rate, a scalar
   * @param options further options
   * @throws IllegalArgumentException if it is known not to be a scalar
   */
  public AdamW(Graph graph, Operand<? extends TNumber> learningRate, Options... options) {
    this(graph, new LearningRate.Computed(learningRate), options);
  }

  private AdamW(Graph graph, LearningRate learningRate, Options[] options) {
    super(graph, learningRate, defaults().with(options));
  }

  private static Settings defaults() {
    Settings settings = defaults(NAME);
    settings.weightDecay = WEIGHT_DECAY_DEFAULT;
    settings.decoupledWeightDecay = true;
    return settings;
  }

  @Override
  public String getOptimizerName() {
    return NAME;
  }
}
