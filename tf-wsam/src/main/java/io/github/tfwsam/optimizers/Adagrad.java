package io.github.tfwsam.optimizers;

import static io.github.tfwsam.optimizers.Ranges.nonNegative;

import io.github.tfwsam.schedules.Schedule;
import java.util.List;
import java.util.Map;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TNumber;
import org.tensorflow.types.family.TType;

/**
 * Adagrad: the gradient over the root of the sum of its squares.
 *
 * <pre>
 * v += g^2                                           v is initialAccumulator before the first step
 * w -= learningRate * g / (sqrt(v) + epsilon)
 * </pre>
 *
 * <p>g is the gradient, with weight decay in it if asked for ({@link #weightDecay}, {@link
 * #decoupledWeightDecay}).
 *
 * <p>Source: <a href="https://jmlr.org/papers/v12/duchi11a.html">Duchi et al. 2011</a>, and {@code
 * torch.optim.Adagrad}, whose lr_decay is the schedule {@code (tf, t) -> rate / (1 + lr_decay t)}.
 * {@code tf.keras.optimizers.Adagrad} has epsilon in another place ({@link EpsilonPlace}) and of
 * another size, 1e-7, begins with the accumulator 0.1, and has the learning rate 0.001.
 */
public final class Adagrad extends GraphOptimizer {
  /** The learning rate, if none is given. */
  public static final double LEARNING_RATE_DEFAULT = 0.01;

  /** What the sum of squared gradients begins with, if nothing is given: 0. */
  public static final double INITIAL_ACCUMULATOR_DEFAULT = 0;

  /** What keeps the divisor from 0, if nothing is given. */
  public static final double EPSILON_DEFAULT = 1e-10;

  /** The name of the slot of the sum of squared gradients, v; with epsilon, where Keras has it. */
  public static final String ACCUMULATOR = "accumulator";

  private static final String NAME = "Adagrad";

  private final double initialAccumulator;
  private final double epsilon;
  private final EpsilonPlace epsilonPlace;

  /**
   * Adagrad with the learning rate 0.01.
   *
   * @param graph the graph of the variables
   * @param options options; of two that set the same, the later one holds
   */
  public Adagrad(Graph graph, Options... options) {
    this(graph, LEARNING_RATE_DEFAULT, options);
  }

  /**
   * Adagrad with a number for the learning rate.
   *
   * @param graph the graph of the variables
   * @param learningRate the learning rate, at least 0
   * @param options further options
   * @throws IllegalArgumentException if the number is out of its range
   */
  public Adagrad(Graph graph, double learningRate, Options... options) {
    this(graph, new LearningRate.Known(learningRate), options);
  }

  /**
   * Adagrad with a learning rate that changes from step to step.
   *
   * @param graph the graph of the variables
   * @param learningRate the learning rate; step t takes its value at t - 1
   * @param options further options
   */
  public Adagrad(Graph graph, Schedule learningRate, Options... options) {
    this(graph, new LearningRate.Scheduled(learningRate), options);
  }

  /**
   * Adagrad with a learning rate that the graph computes.
   *
   * @param graph the graph of the variables
   * @param learningRate the learning rate, a scalar
   * @param options further options
   * @throws IllegalArgumentException if it is known not to be a scalar
   */
  public Adagrad(Graph graph, Operand<? extends TNumber> learningRate, Options... options) {
    this(graph, new LearningRate.Computed(learningRate), options);
  }

  private Adagrad(Graph graph, LearningRate learningRate, Options[] options) {
    this(graph, learningRate, new Settings(NAME, EPSILON_DEFAULT).with(options));
  }

  private Adagrad(Graph graph, LearningRate learningRate, Settings settings) {
    super(graph, learningRate, settings);
    initialAccumulator = settings.initialAccumulator;
    epsilon = settings.epsilon;
    epsilonPlace = settings.epsilonPlace;
  }

  @Override
  <T extends TType> Op apply(
      Ops tf, Operand<T> gradient, StateVariable<T> w, Operand<T> learningRate) {
    boolean inRoot = epsilonPlace == EpsilonPlace.KERAS;
    // In the root, it may as well be there from the start: sqrt((a + g^2) + e) = sqrt((a + e) +
    // g^2).
    StateVariable<T> sum =
        slot(w, ACCUMULATOR, inRoot ? initialAccumulator + epsilon : initialAccumulator);
    return w.update(
        tf,
        "ApplyAdagradV2",
        List.of(sum.handle(), learningRate, scalar(tf, inRoot ? 0 : epsilon, w.type()), gradient),
        Map.of());
  }

  @Override
  String describe() {
    return "initialAccumulator="
        + initialAccumulator
        + ", epsilon="
        + epsilon
        + epsilonPlace.suffix();
  }

  @Override
  public String getOptimizerName() {
    return NAME;
  }

  /**
   * Chooses what the sum of squared gradients begins with.
   *
   * @param initialAccumulator the sum, at least 0; 0 by default
   * @return the option
   * @throws IllegalArgumentException if the number is out of its range
   */
  public static Options initialAccumulator(double initialAccumulator) {
    nonNegative("initialAccumulator", initialAccumulator);
    return new Option(settings -> settings.initialAccumulator = initialAccumulator);
  }

  /**
   * Chooses what keeps the divisor from 0, added where PyTorch adds it.
   *
   * @param epsilon the number, at least 0; 1e-10 by default
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

  /** An option of {@link Adagrad}, made by its static methods. */
  public sealed interface Options permits CommonOptions {}
}
