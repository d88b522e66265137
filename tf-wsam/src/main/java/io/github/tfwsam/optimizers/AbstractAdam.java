package io.github.tfwsam.optimizers;

import static io.github.tfwsam.optimizers.Ranges.fraction;
import static io.github.tfwsam.optimizers.Ranges.nonNegative;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Variable;
import org.tensorflow.op.train.ApplyAdam;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TType;

/**
 * What {@link Adam} and {@link AdamW} share: the moments, the count of steps, and the step by
 * TensorFlow's {@code ApplyAdam}.
 *
 * <p>Steps are counted for each list of variables that is stepped together, so that two losses with
 * variables of their own can be minimized by one optimizer.
 */
abstract class AbstractAdam extends DoublePrecisionOptimizer {
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

  /** What the name of the variable that counts the steps ends with. */
  public static final String STEPS = "steps";

  final double learningRate;
  final double weightDecay;
  private final double betaOne;
  private final double betaTwo;
  private final double epsilon;

  private final Map<Set<String>, Variable<TInt64>> stepsOf = new HashMap<>();

  // Of the step that is being built.
  private Variable<TInt64> steps;
  private Operand<TFloat64> betaOnePower;
  private Operand<TFloat64> betaTwoPower;
  private Operand<TFloat64> scaledEpsilon;

  AbstractAdam(
      Graph graph,
      String name,
      double learningRate,
      double betaOne,
      double betaTwo,
      double epsilon,
      double weightDecay) {
    super(graph, name);
    this.learningRate = nonNegative("learningRate", learningRate);
    this.betaOne = fraction("betaOne", betaOne);
    this.betaTwo = fraction("betaTwo", betaTwo);
    this.epsilon = nonNegative("epsilon", epsilon);
    this.weightDecay = nonNegative("weightDecay", weightDecay);
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if some of the variables, but not all, were stepped together
   *     before: one number of steps would not be that of all their moments
   */
  @Override
  protected void createSlots(List<Output<? extends TType>> variables) {
    Set<String> names = new TreeSet<>();
    variables.forEach(variable -> names.add(variable.op().name()));
    steps = stepsOf.get(names);
    if (steps != null) {
      return;
    }
    variables.stream()
        .filter(variable -> getSlot(variable, FIRST_MOMENT).isPresent())
        .findFirst()
        .ifPresent(
            variable -> {
              throw new IllegalArgumentException(
                  "The variable '"
                      + variable.op().name()
                      + "' was stepped together with others before, and "
                      + getOptimizerName()
                      + " counts the steps of all that it steps together: it cannot step "
                      + names
                      + ". Use an optimizer of its own for each list of variables.");
            });
    for (Output<? extends TType> variable : variables) {
      createZeroSlot(variable, FIRST_MOMENT);
      createZeroSlot(variable, SECOND_MOMENT);
    }
    Ops init = tf.withInitScope();
    steps = init.withName(name() + "-" + STEPS).variable(Shape.scalar(), TInt64.class);
    init.assign(steps, init.constant(0L));
    stepsOf.put(names, steps);
  }

  /** Computes once what is the same for all variables, in double precision. */
  @Override
  protected Optional<Op> prepare(String scopeName) {
    Operand<TFloat64> step = tf.math.add(tf.dtypes.cast(steps, TFloat64.class), tf.constant(1.0));
    betaOnePower = tf.math.pow(tf.constant(betaOne), step);
    betaTwoPower = tf.math.pow(tf.constant(betaTwo), step);
    // The kernel steps by learningRate * sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + its
    // epsilon): its epsilon is to be added to a sqrt(v) without bias correction.
    scaledEpsilon =
        tf.math.mul(
            tf.constant(epsilon), tf.math.sqrt(tf.math.sub(tf.constant(1.0), betaTwoPower)));
    return Optional.empty();
  }

  final <T extends TType> Op applyAdam(Ops deps, Operand<T> gradient, Output<T> variable) {
    Class<T> type = variable.type();
    Variable<T> firstMoment = getSlot(variable, FIRST_MOMENT).orElseThrow();
    Variable<T> secondMoment = getSlot(variable, SECOND_MOMENT).orElseThrow();
    return deps.train.applyAdam(
        variable,
        firstMoment,
        secondMoment,
        deps.dtypes.cast(betaOnePower, type),
        deps.dtypes.cast(betaTwoPower, type),
        scalar(deps, learningRate, type),
        scalar(deps, betaOne, type),
        scalar(deps, betaTwo, type),
        deps.dtypes.cast(scaledEpsilon, type),
        gradient,
        ApplyAdam.useLocking(true));
  }

  /** Counts the step when all that was computed from the count is done. */
  @Override
  protected Op finish(List<Op> updateOperations, String name) {
    List<Op> all = new ArrayList<>(updateOperations);
    all.add(tf.withControlDependencies(updateOperations).assignAdd(steps, tf.constant(1L)));
    return super.finish(all, name);
  }

  @Override
  public String toString() {
    return getOptimizerName()
        + "{learningRate="
        + learningRate
        + ", betaOne="
        + betaOne
        + ", betaTwo="
        + betaTwo
        + ", epsilon="
        + epsilon
        + ", weightDecay="
        + weightDecay
        + '}';
  }
}
