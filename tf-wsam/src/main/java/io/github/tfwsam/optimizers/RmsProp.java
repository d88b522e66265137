package io.github.tfwsam.optimizers;

import static io.github.tfwsam.optimizers.Ranges.fraction;
import static io.github.tfwsam.optimizers.Ranges.nonNegative;
import static io.github.tfwsam.optimizers.Ranges.requireBelowOne;

import io.github.tfwsam.schedules.Schedule;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TNumber;
import org.tensorflow.types.family.TType;

/**
 * RMSProp: the gradient over the root of its mean square, with momentum if asked for.
 *
 * <pre>
 * v  = rho * v + (1 - rho) * g^2                     v is 0 before the first step
 * a  = rho * a + (1 - rho) * g                       if centered; a is 0 before the first step
 * b  = momentum * b + g / (sqrt(v - a^2) + epsilon)  b is 0 before the first step; sqrt(v) if not
 * w -= learningRate * b                              centered
 * </pre>
 *
 * <p>g is the gradient, with weight decay in it if asked for ({@link #weightDecay}, {@link
 * #decoupledWeightDecay}).
 *
 * <p>Source: Tieleman and Hinton, <a
 * href="https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf">Neural Networks
 * for Machine Learning, lecture 6.5</a>; centered: <a href="https://arxiv.org/abs/1308.0850">Graves
 * 2013</a>; {@code torch.optim.RMSprop}, whose alpha is rho. {@code tf.keras.optimizers.RMSprop}
 * has epsilon in another place ({@link EpsilonPlace}) and of another size, 1e-7, rho 0.9, and the
 * learning rate in the momentum buffer, as in {@link Sgd}.
 */
public final class RmsProp extends GraphOptimizer {
  /** The learning rate, if none is given. */
  public static final double LEARNING_RATE_DEFAULT = 0.01;

  /** The decay of the means, if none is given. */
  public static final double RHO_DEFAULT = 0.99;

  /** What keeps the divisor from 0, if nothing is given. */
  public static final double EPSILON_DEFAULT = 1e-8;

  /** The momentum, if none is given: none. */
  public static final double MOMENTUM_DEFAULT = 0;

  /** The form, if none is given: not centered. */
  public static final boolean CENTERED_DEFAULT = false;

  /** The name of the slot of the mean of squared gradients, v. */
  public static final String MEAN_SQUARE = "rms";

  /** The name of the slot of the mean of gradients, a. */
  public static final String MEAN_GRADIENT = "mg";

  private static final String NAME = "RMSProp";

  private final double rho;
  private final double momentum;
  private final double epsilon;
  private final EpsilonPlace epsilonPlace;
  private final boolean centered;

  /**
   * RmsProp with the learning rate 0.01.
   *
   * @param graph the graph of the variables
   * @param options options; of two that set the same, the later one holds
   */
  public RmsProp(Graph graph, Options... options) {
    this(graph, LEARNING_RATE_DEFAULT, options);
  }

  /**
   * RmsProp with a number for the learning rate.
   *
   * @param graph the graph of the variables
   * @param learningRate the learning rate, at least 0
   * @param options further options
   * @throws IllegalArgumentException if the number is out of its range
   */
  public RmsProp(Graph graph, double learningRate, Options... options) {
    this(graph, new LearningRate.Known(learningRate), options);
  }

  /**
   * RmsProp with a learning rate that changes from step to step.
   *
   * @param graph the graph of the variables
   * @param learningRate the learning rate; step t takes its value at t - 1
   * @param options further options
   */
  public RmsProp(Graph graph, Schedule learningRate, Options... options) {
    this(graph, new LearningRate.Scheduled(learningRate), options);
  }

  /**
   * RmsProp with a learning rate that the graph computes.
   *
   * @param graph the graph of the variables
   * @param learningRate the learning rate, a scalar
   * @param options further options
   * @throws IllegalArgumentException if it is known not to be a scalar
   */
  public RmsProp(Graph graph, Operand<? extends TNumber> learningRate, Options... options) {
    this(graph, new LearningRate.Computed(learningRate), options);
  }

  private RmsProp(Graph graph, LearningRate learningRate, Options[] options) {
    this(graph, learningRate, new Settings(NAME, EPSILON_DEFAULT).with(options));
  }

  private RmsProp(Graph graph, LearningRate learningRate, Settings settings) {
    super(graph, learningRate, settings);
    rho = settings.rho;
    momentum = settings.momentum;
    epsilon = settings.epsilon;
    epsilonPlace = settings.epsilonPlace;
    centered = settings.centered;
  }

  @Override
  <T extends TType> Op apply(
      Ops tf, Operand<T> gradient, StateVariable<T> w, Operand<T> learningRate) {
    requireBelowOne("rho", rho, w);
    // Not ApplyRMSProp, which has epsilon where Keras has it.
    List<Op> means = new ArrayList<>();
    Operand<T> square = mean(tf, slot(w, MEAN_SQUARE, 0), tf.math.square(gradient), means);
    if (centered) {
      Operand<T> mean = mean(tf, slot(w, MEAN_GRADIENT, 0), gradient, means);
      square = tf.math.sub(square, tf.math.square(mean));
    }
    Operand<T> small = scalar(tf, epsilon, w.type());
    Operand<T> divisor =
        switch (epsilonPlace) {
          case PYTORCH -> tf.math.add(tf.math.sqrt(square), small);
          case KERAS -> tf.math.sqrt(tf.math.add(square, small));
        };
    Ops afterMeans = tf.withControlDependencies(means);
    return descend(afterMeans, tf.math.div(gradient, divisor), w, learningRate, momentum, false);
  }

  /** Advances a mean, and returns it. */
  private <T extends TType> Operand<T> mean(
      Ops tf, StateVariable<T> slot, Operand<T> value, List<Op> writes) {
    Operand<T> mean =
        tf.math.add(
            tf.math.mul(slot.read(tf), scalar(tf, rho, slot.type())),
            tf.math.mul(value, scalar(tf, 1 - rho, slot.type())));
    writes.add(slot.assign(tf, mean));
    return mean;
  }

  @Override
  String describe() {
    return "rho="
        + rho
        + ", momentum="
        + momentum
        + ", epsilon="
        + epsilon
        + epsilonPlace.suffix()
        + ", centered="
        + centered;
  }

  @Override
  public String getOptimizerName() {
    return NAME;
  }

  /**
   * Chooses the decay of the means.
   *
   * @param rho the decay, at least 0 and less than 1; 0.99 by default
   * @return the option
   * @throws IllegalArgumentException if the number is out of its range
   */
  public static Options rho(double rho) {
    fraction("rho", rho);
    return new Option(settings -> settings.rho = rho);
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
   * Chooses whether the square of the mean gradient is taken off the mean square.
   *
   * @param centered true to do so; false by default
   * @return the option
   */
  public static Options centered(boolean centered) {
    return new Option(settings -> settings.centered = centered);
  }

  /**
   * Chooses what keeps the divisor from 0, added where PyTorch adds it.
   *
   * @param epsilon the number, at least 0; 1e-8 by default
   * @return the option
   * @throws IllegalArgumentException if the number is out of its range
   */
  public static Options epsilon(double epsilon) {
    return epsilon(epsilon, EpsilonPlace.PYTORCH);
  }

  /**
   * Chooses what keeps the divisor from 0, and where it is added.
   *
   * @param epsilon the number, at least 0
   * @param place the place
   * @return the option
   * @throws IllegalArgumentException if the number is out of its range
   */
  public static Options epsilon(double epsilon, EpsilonPlace place) {
    nonNegative("epsilon", epsilon);
    return new Option(
        settings -> {
          settings.epsilon = epsilon;
          settings.epsilonPlace = place;
        });
  }

  /** An option of {@link RmsProp}, made by its static methods. */
  public sealed interface Options permits CommonOptions {}
}
