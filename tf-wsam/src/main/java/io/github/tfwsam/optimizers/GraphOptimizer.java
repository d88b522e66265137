package io.github.tfwsam.optimizers;

import static io.github.tfwsam.optimizers.Ranges.nonNegative;

import io.github.tfwsam.graph.GradientFlow;
import io.github.tfwsam.graph.Gradients;
import io.github.tfwsam.graph.LossGraph;
import io.github.tfwsam.graph.TrainableVariable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.framework.optimizers.Optimizer;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TType;

/**
 * What the optimizers of this package share: variables of both kinds, slots, the learning rate, the
 * count of steps, and weight decay.
 *
 * <pre>
 * g  = gradient + weightDecay * w                    weight decay in the gradient, an L2 penalty
 * w -= learningRate * weightDecay * w                decoupled weight decay, before the step
 * </pre>
 *
 * <p>The learning rate is a number, an operand, or a {@link io.github.tfwsam.schedules.Schedule}.
 * One that is computed is checked in each run: where it is negative or not finite, the run fails
 * and changes nothing.
 *
 * <p>Slots are of the kind of their variable, and named after it: {@code w-momentum}. A schedule,
 * and Adam, count the steps in the graph, in a variable of the name {@code Adam-steps} (the
 * optimizer's own name, if it has one): one for each list of variables that is stepped together, so
 * that one optimizer can minimize two losses with variables of their own.
 */
public abstract sealed class GraphOptimizer extends Optimizer permits Sgd, Adam, RmsProp, Adagrad {
  /** The weight decay, if none is given: none. */
  public static final double WEIGHT_DECAY_DEFAULT = 0;

  /** What the name of the variable that counts the steps ends with. */
  public static final String STEPS = "steps";

  /** The name of the slot of the momentum buffer, of those that have one. */
  public static final String MOMENTUM = "momentum";

  private final String name;
  private final LearningRate learningRate;
  private final double weightDecay;
  private final boolean decoupledWeightDecay;
  private final Predicate<String> decayed;

  private final Map<String, StateVariable<?>> slots = new HashMap<>();
  private final StepCounts stepCounts = new StepCounts(tf.withInitScope());

  // Of the step that is being built.
  private Variable<TInt64> steps;
  private Operand<TFloat64> rate;
  private Ops ready;

  GraphOptimizer(Graph graph, LearningRate learningRate, Settings settings) {
    super(graph, settings.name);
    this.name = settings.name;
    this.learningRate = learningRate;
    this.weightDecay = settings.weightDecay;
    this.decoupledWeightDecay = settings.decoupledWeightDecay;
    this.decayed = settings.decayed;
  }

  /**
   * {@inheritDoc}
   *
   * <p>Only variables that the loss depends on have a gradient: slots, batch-norm averages and the
   * variables of other losses are left alone. The gradients are there no sooner than the loss, so
   * that a loss fetched in the run of a step is that of the weights before it.
   *
   * @throws IllegalArgumentException if the loss is no real scalar of this graph, depends on no
   *     variable, or cannot be differentiated
   */
  @Override
  public <T extends TType> List<GradAndVar<?>> computeGradients(Operand<?> loss) {
    LossGraph lossGraph = LossGraph.of(graph, loss.asOutput()).differentiable(tf);
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
      pairs.add(pair(afterLoss, GraphOptimizer.<T>typed(gradients.get(i)), variables.get(i)));
    }
    return pairs;
  }

  private static <T extends TType> GradAndVar<T> pair(
      Ops afterLoss, Output<T> gradient, TrainableVariable variable) {
    return new GradAndVar<>(
        afterLoss.identity(gradient).asOutput(), GraphOptimizer.typed(variable.handle()));
  }

  @SuppressWarnings("unchecked") // A gradient is of its variable's type.
  private static <T extends TType> Output<T> typed(Output<?> output) {
    return (Output<T>) output;
  }

  /** True if the step depends on how many were taken, even where the learning rate does not. */
  boolean countsSteps() {
    return learningRate.countsSteps();
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if steps are counted, and some of the variables, but not all,
   *     were stepped together before: one number of steps would not be that of each
   */
  @Override
  protected final void createSlots(List<Output<? extends TType>> variables) {
    if (countsSteps()) {
      steps = stepCounts.of(variables, name + "-" + STEPS);
    }
  }

  @Override
  protected final Optional<Op> prepare(String scopeName) {
    rate = learningRate.in(tf, steps);
    ready = null;
    prepare(steps);
    return Optional.empty();
  }

  /** Computes once, in double precision, what is the same for all variables. */
  void prepare(Operand<TInt64> stepsBefore) {}

  @Override
  protected final <T extends TType> Op applyDense(
      Ops deps, Output<T> gradient, Output<T> variable) {
    if (ready == null) {
      ready = afterAll(deps);
    }
    StateVariable<T> w = StateVariable.of(variable, gradient);
    Operand<T> rateOfW = ready.dtypes.cast(rate, w.type());
    if (weightDecay == 0 || !decayed.test(w.name())) {
      return apply(ready, gradient, w, rateOfW);
    }
    Operand<T> decay = scalar(ready, weightDecay, w.type());
    if (!decoupledWeightDecay) {
      Operand<T> penalty = ready.math.mul(w.read(ready), decay);
      return apply(ready, ready.math.add(gradient, penalty), w, rateOfW);
    }
    // No Apply op, as those take the learning rate of the variable's own step.
    Operand<T> factor = ready.math.mul(rateOfW, decay);
    Op decayedFirst = w.assignSub(ready, ready.math.mul(w.read(ready), factor));
    return apply(ready.withControlDependencies(decayedFirst), gradient, w, rateOfW);
  }

  /** After the gradients and the check of the rate, for which one op waits instead of each. */
  private Ops afterAll(Ops afterGradients) {
    // Not an op with a value: Grappler forgets what a Cast to the same type waits for.
    Op all = tf.withControlDependencies(List.of(afterGradients.noOp(), rate)).noOp();
    return tf.withControlDependencies(all);
  }

  /**
   * The step of one variable, all of whose writes are done when the returned operation is.
   *
   * @param tf after the gradients, and decoupled weight decay
   * @param gradient the gradient, with weight decay in it if it is there
   * @param w the variable
   * @param learningRate the learning rate, in the variable's type
   */
  abstract <T extends TType> Op apply(
      Ops tf, Operand<T> gradient, StateVariable<T> w, Operand<T> learningRate);

  /** {@code w -= learningRate * g}, with momentum if it is not 0: what {@link Sgd} does. */
  final <T extends TType> Op descend(
      Ops tf,
      Operand<T> gradient,
      StateVariable<T> w,
      Operand<T> learningRate,
      double momentum,
      boolean nesterov) {
    if (momentum == 0) {
      return w.update(tf, "ApplyGradientDescent", List.of(learningRate, gradient), Map.of());
    }
    return w.update(
        tf,
        "ApplyMomentum",
        List.of(
            slot(w, MOMENTUM, 0).handle(), learningRate, gradient, scalar(tf, momentum, w.type())),
        Map.of("use_nesterov", nesterov));
  }

  /** Counts the step when all that was computed from the count is done. */
  @Override
  protected final Op finish(List<Op> updateOperations, String name) {
    List<Op> all = new ArrayList<>(updateOperations);
    if (countsSteps()) {
      all.add(tf.withControlDependencies(updateOperations).assignAdd(steps, tf.constant(1L)));
    }
    return super.finish(all, name);
  }

  /** A slot of a variable, which begins with a number if it is new. */
  @SuppressWarnings("unchecked") // A slot is of the type of its variable.
  final <T extends TType> StateVariable<T> slot(
      StateVariable<T> w, String slotName, double initial) {
    return (StateVariable<T>)
        slots.computeIfAbsent(
            createName(w.handle(), slotName), key -> w.like(tf.withInitScope(), key, initial));
  }

  /**
   * {@inheritDoc}
   *
   * <p>A slot of a resource variable is no {@code Variable}: it is found in the graph by its name.
   */
  @Override
  public final <T extends TType> Optional<Variable<T>> getSlot(
      Output<T> variable, String slotName) {
    return slots.get(createName(variable, slotName)) instanceof StateVariable.Reference<?> slot
        ? Optional.of(new Variable<>(slot.handle().op()))
        : Optional.empty();
  }

  /** A hyper-parameter in a variable's type, rounded once. */
  static <T extends TType> Operand<T> scalar(Ops tf, double value, Class<T> type) {
    return tf.dtypes.cast(tf.constant(value), type);
  }

  /** The hyper-parameters that the optimizer has besides those of all, as {@code momentum=0.9}. */
  abstract String describe();

  @Override
  public final String toString() {
    return getOptimizerName()
        + "{learningRate="
        + learningRate
        + ", "
        + describe()
        + ", weightDecay="
        + weightDecay
        + (decoupledWeightDecay ? " (decoupled)" : "")
        + '}';
  }

  /**
   * Names the optimizer.
   *
   * @param name what the names of its operations begin with; by default {@link #getOptimizerName()}
   * @return the option
   */
  public static CommonOptions name(String name) {
    return new Option(settings -> settings.name = name);
  }

  /**
   * Lets weights decay.
   *
   * @param weightDecay the weight of the L2 penalty, or of the decoupled decay; at least 0
   * @return the option
   * @throws IllegalArgumentException if the number is out of its range
   */
  public static CommonOptions weightDecay(double weightDecay) {
    nonNegative("weightDecay", weightDecay);
    return new Option(settings -> settings.weightDecay = weightDecay);
  }

  /**
   * Chooses the form of weight decay. In {@code torch.optim} it is in the gradient, but for AdamW;
   * in {@code tf.keras.optimizers} it is decoupled.
   *
   * @param decoupled true for {@code w -= learningRate * weightDecay * w} before the step, false
   *     for an L2 penalty in the gradient; by default true for {@link AdamW} and false for others
   * @return the option
   */
  public static CommonOptions decoupledWeightDecay(boolean decoupled) {
    return new Option(settings -> settings.decoupledWeightDecay = decoupled);
  }

  /**
   * Chooses the variables that decay. Biases and the scales of normalizations are often left out.
   *
   * @param decayed tells by a variable's name whether it decays; by default each does
   * @return the option
   */
  public static CommonOptions decayed(Predicate<String> decayed) {
    return new Option(settings -> settings.decayed = decayed);
  }

  /** An option of every optimizer of this package, made by its static methods. */
  public sealed interface CommonOptions
      extends Sgd.Options, Adam.Options, RmsProp.Options, Adagrad.Options permits Option {}
}
