package io.github.tfwsam.optimizers;

import static io.github.tfwsam.optimizers.Ranges.fraction;
import static io.github.tfwsam.optimizers.Ranges.nonNegative;
import static io.github.tfwsam.optimizers.Ranges.requireBelowOne;

import io.github.tfwsam.schedules.Schedule;
import java.util.List;
import java.util.Map;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TNumber;
import org.tensorflow.types.family.TType;

/**
 * Adam.
 *
 * <pre>
 * m  = beta1 * m + (1 - beta1) * g                   m is 0 before the first step
 * v  = beta2 * v + (1 - beta2) * g^2                 v is 0 before the first step
 * w -= learningRate * m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)        in step t
 * </pre>
 *
 * <p>g is the gradient, with weight decay in it if asked for ({@link #weightDecay}, {@link
 * #decoupledWeightDecay}; {@link AdamW}). The steps are counted in the graph.
 *
 * <p>Source: <a href="https://arxiv.org/abs/1412.6980">Kingma and Ba, Adam: A Method for Stochastic
 * Optimization</a>, Algorithm 1, and {@code torch.optim.Adam}. {@code tf.keras.optimizers.Adam} has
 * epsilon in another place ({@link EpsilonPlace}) and of another size, 1e-7.
 */
public sealed class Adam extends GraphOptimizer permits AdamW {
  /** The learning rate, if none is given. */
  public static final double LEARNING_RATE_DEFAULT = 0.001;

  /** The decay of the first moment, if none is given. */
  public static final double BETA_ONE_DEFAULT = 0.9;

  /** The decay of the second moment, if none is given. */
  public static final double BETA_TWO_DEFAULT = 0.999;

  /** What keeps the divisor from 0, if nothing is given. */
  public static final double EPSILON_DEFAULT = 1e-8;

  /** The name of the slot of the first moment, m. */
  public static final String FIRST_MOMENT = "m";

  /** The name of the slot of the second moment, v. */
  public static final String SECOND_MOMENT = "v";

  private static final String NAME = "Adam";

  private final double betaOne;
  private final double betaTwo;
  private final double epsilon;
  private final EpsilonPlace epsilonPlace;

  // Of the step that is being built.
  private Operand<TFloat64> betaOnePower;
  private Operand<TFloat64> betaTwoPower;
  private Operand<TFloat64> kernelEpsilon;

  /**
   * Adam with the learning rate 0.001.
   *
   * @param graph the graph of the variables
   * @param options options; of two that set the same, the later one holds
   */
  public Adam(Graph graph, Options... options) {
    this(graph, LEARNING_RATE_DEFAULT, options);
  }

  /**
   * Adam with a number for the learning rate.
   *
   * @param graph the graph of the variables
   * @param learningRate the learning rate, at least 0
   * @param options further options
   * @throws IllegalArgumentException if the number is out of its range
   */
  public Adam(Graph graph, double learningRate, Options... options) {
    this(graph, new LearningRate.Known(learningRate), options);
  }

  /**
   * Adam with a learning rate that changes from step to step.
   *
   * @param graph the graph of the variables
   * @param learningRate the learning rate; step t takes its value at t - 1
   * @param options further options
   */
  public Adam(Graph graph, Schedule learningRate, Options... options) {
    this(graph, new LearningRate.Scheduled(learningRate), options);
  }

  /**
   * Adam with a learning rate that the graph computes.
   *
   * @param graph the graph of the variables
   * @param learningRate the learning rate, a scalar
   * @param options further options
   * @throws IllegalArgumentException if it is known not to be a scalar
   */
  public Adam(Graph graph, Operand<? extends TNumber> learningRate, Options... options) {
    this(graph, new LearningRate.Computed(learningRate), options);
  }

  private Adam(Graph graph, LearningRate learningRate, Options[] options) {
    this(graph, learningRate, defaults(NAME).with(options));
  }

  Adam(Graph graph, LearningRate learningRate, Settings settings) {
    super(graph, learningRate, settings);
    betaOne = settings.betaOne;
    betaTwo = settings.betaTwo;
    epsilon = settings.epsilon;
    epsilonPlace = settings.epsilonPlace;
  }

  static Settings defaults(String name) {
    return new Settings(name, EPSILON_DEFAULT);
  }

  @Override
  final boolean countsSteps() {
    return true;
  }

  @Override
  final void prepare(Operand<TInt64> stepsBefore) {
    Operand<TFloat64> one = tf.constant(1.0);
    Operand<TFloat64> step = tf.math.add(tf.dtypes.cast(stepsBefore, TFloat64.class), one);
    betaOnePower = tf.math.pow(tf.constant(betaOne), step);
    betaTwoPower = tf.math.pow(tf.constant(betaTwo), step);
    // The kernel steps by learningRate * sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + its
    // epsilon): its epsilon is added to a sqrt(v) without bias correction.
    kernelEpsilon =
        switch (epsilonPlace) {
          case KERAS -> tf.constant(epsilon);
          case PYTORCH ->
              tf.math.mul(tf.constant(epsilon), tf.math.sqrt(tf.math.sub(one, betaTwoPower)));
        };
  }

  @Override
  final <T extends TType> Op apply(
      Ops tf, Operand<T> gradient, StateVariable<T> w, Operand<T> learningRate) {
    requireBelowOne("betaOne", betaOne, w);
    requireBelowOne("betaTwo", betaTwo, w);
    Class<T> type = w.type();
    return w.update(
        tf,
        "ApplyAdam",
        List.of(
            slot(w, FIRST_MOMENT, 0).handle(),
            slot(w, SECOND_MOMENT, 0).handle(),
            tf.dtypes.cast(betaOnePower, type),
            tf.dtypes.cast(betaTwoPower, type),
            learningRate,
            scalar(tf, betaOne, type),
            scalar(tf, betaTwo, type),
            tf.dtypes.cast(kernelEpsilon, type),
            gradient),
        Map.of());
  }

  @Override
  final String describe() {
    return "betaOne="
        + betaOne
        + ", betaTwo="
        + betaTwo
        + ", epsilon="
        + epsilon
        + epsilonPlace.suffix();
  }

  @Override
  public String getOptimizerName() {
    return NAME;
  }

  /**
   * Chooses the decay of the first moment.
   *
   * @param betaOne the decay, at least 0 and less than 1; 0.9 by default
   * @return the option
   * @throws IllegalArgumentException if the number is out of its range
   */
  public static Options betaOne(double betaOne) {
    fraction("betaOne", betaOne);
    return new Option(settings -> settings.betaOne = betaOne);
  }

  /**
   * Chooses the decay of the second moment.
   *
   * @param betaTwo the decay, at least 0 and less than 1; 0.999 by default
   * @return the option
   * @throws IllegalArgumentException if the number is out of its range
   */
  public static Options betaTwo(double betaTwo) {
    fraction("betaTwo", betaTwo);
    return new Option(settings -> settings.betaTwo = betaTwo);
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

  /** An option of {@link Adam} and {@link AdamW}, made by their static methods. */
  public sealed interface Options permits CommonOptions {}
}
