package io.github.tfwsam;

import io.github.tfwsam.Hyperparameter.Computed;
import io.github.tfwsam.Hyperparameter.Constant;
import io.github.tfwsam.Hyperparameter.Range;
import io.github.tfwsam.Hyperparameter.Scheduled;
import io.github.tfwsam.graph.ForwardSlice;
import io.github.tfwsam.graph.Gradients;
import io.github.tfwsam.graph.LossGraph;
import io.github.tfwsam.graph.PassCopy;
import io.github.tfwsam.graph.TrainableVariable;
import io.github.tfwsam.schedules.Schedule;
import io.github.tfwsam.update.BaseStep;
import io.github.tfwsam.update.Gate;
import io.github.tfwsam.update.LearningRates;
import io.github.tfwsam.update.TwoGradients;
import io.github.tfwsam.update.UpdateOps;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.framework.optimizers.Optimizer;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.NoOp;
import org.tensorflow.types.family.TNumber;
import org.tensorflow.types.family.TType;

/**
 * Weighted sharpness-aware minimization: trains to flat minima, which generalize better.
 *
 * <p>It minimizes the loss with its sharpness as a weighted regularizer,
 *
 * <pre>
 * L_WSAM(w) = L(w) + gamma / (1 - gamma) * (L(w + e) - L(w)),   e = rho * g1 / |g1|
 * </pre>
 *
 * <p>by two gradients a step, both built into the graph, so that one {@code Session.run} is one
 * step on one batch:
 *
 * <pre>
 * g1     = grad L(w)
 * e      = rho * g1 / (|g1| + 1e-12)            adaptive: rho * w^2 * g1 / (| |w| * g1 | + 1e-12)
 * g2     = grad L(w + e)                        same batch, same dropout masks
 * g1, g2   each clipped to maxNorm, if given    after e was computed
 * alpha  = gamma / (1 - gamma)
 * coupled    the base optimizer steps with (1 - alpha) * g1 + alpha * g2
 * decoupled  the base optimizer steps with g1, then w -= learning rate * alpha * (g2 - g1)
 * </pre>
 *
 * <p>|.| is the L2 norm over all perturbed variables together. gamma 0 is the base optimizer, to
 * the bit; gamma 0.5 is SAM in the coupled form (in the decoupled one only under plain gradient
 * descent, for a base optimizer's momentum does not reach the sharpness term); 0.8 to 0.95 is the
 * range that the paper advises. The variables themselves are never perturbed. What the forward pass
 * writes (batch-norm averages) it writes once, in the first pass.
 *
 * <p>It trains reference variables ({@code VariableV2}) and resource variables ({@code
 * VarHandleOp}), also mixed. The optimizers of tensorflow-framework step the former alone; those of
 * {@link io.github.tfwsam.optimizers} step both.
 *
 * <pre>{@code
 * var wsam = new Wsam(graph, new Momentum(graph, 0.1f, 0.9f), 0.05, 0.9);
 * Op step = wsam.minimize(loss);
 * session.run(step);
 * }</pre>
 *
 * <p>Source: Yue et al., <a href="https://arxiv.org/abs/2305.15817">Sharpness-Aware Minimization
 * Revisited: Weighted Sharpness as a Regularization Term</a>, KDD 2023, and the authors' optimizer
 * (class WeightedSAM of the Python package atorch 0.2.5, {@code atorch/optimizers/wsam.py}).
 */
public final class Wsam extends Optimizer {
  /** The radius of the perturbation, if none is given. */
  public static final double RHO_DEFAULT = 0.05;

  /** The weight of the sharpness, if none is given: alpha is 9. */
  public static final double GAMMA_DEFAULT = 0.9;

  private static final String NAME = "WSAM";

  private final Optimizer base;
  private final Settings settings = new Settings();
  private final UpdateOps update;
  private final List<StepGradients> steps = new ArrayList<>();

  /**
   * WSAM with rho 0.05 and gamma 0.9, but for what the options say.
   *
   * @param graph the graph of the loss
   * @param base the optimizer that takes the steps
   * @param options options; of two that set the same, the later one holds
   */
  public Wsam(Graph graph, Optimizer base, Options... options) {
    this(graph, NAME, base, RHO_DEFAULT, GAMMA_DEFAULT, options);
  }

  /**
   * WSAM with numbers for rho and gamma.
   *
   * @param graph the graph of the loss
   * @param base the optimizer that takes the steps
   * @param rho the radius of the perturbation, at least 0
   * @param gamma the weight of the sharpness, at least 0 and less than 1
   * @param options further options
   * @throws IllegalArgumentException if a number is out of its range
   */
  public Wsam(Graph graph, Optimizer base, double rho, double gamma, Options... options) {
    this(graph, NAME, base, rho, gamma, options);
  }

  /**
   * WSAM with a name, and numbers for rho and gamma.
   *
   * @param graph the graph of the loss
   * @param name the name scope of the step's operations
   * @param base the optimizer that takes the steps
   * @param rho the radius of the perturbation, at least 0
   * @param gamma the weight of the sharpness, at least 0 and less than 1
   * @param options further options
   * @throws IllegalArgumentException if a number is out of its range
   * @throws IllegalStateException if native ops are asked for and cannot be had
   */
  public Wsam(
      Graph graph, String name, Optimizer base, double rho, double gamma, Options... options) {
    super(graph, name);
    this.base = base;
    settings.rho = new Constant(Range.RHO.checked(rho));
    settings.gamma = new Constant(Range.GAMMA.checked(gamma));
    for (Options option : options) {
      option.setting.accept(settings);
    }
    update = settings.fused.updateOps();
  }

  /**
   * Builds both passes (one, if gamma is the number 0).
   *
   * <p>The variables are found by walking back from the loss. What is returned is what the base
   * optimizer will step with, and may be replaced (clipped, scaled) before it goes to {@link
   * #applyGradients}: in the coupled form the blend of g1 and g2; in the decoupled form g1, while
   * the sharpness term is kept aside and applied as it is ({@link #maxNorm(double)} clips both).
   *
   * @param loss a real scalar
   * @return a pair of gradient and variable for each variable that is trained
   * @throws IllegalArgumentException if the loss is no real scalar of this graph, depends on no
   *     trainable variable, or cannot be differentiated or computed twice (it names the operation,
   *     its type, and a way out); or if a variable is a resource and the base optimizer is of
   *     tensorflow-framework (it names one to use)
   */
  @Override
  public <T extends TType> List<GradAndVar<?>> computeGradients(Operand<?> loss) {
    Ops tf = newScope();
    LossGraph lossGraph = LossGraph.of(graph, loss.asOutput()).differentiable(tf);
    List<TrainableVariable> variables = settings.trainedBy(lossGraph);
    ResourceSupport.require(base, variables);
    StepGradients step =
        settings.isPlain()
            ? onePass(tf, lossGraph, variables)
            : twoPasses(tf, lossGraph, variables);
    steps.add(step);
    return step.pairs();
  }

  private StepGradients onePass(Ops tf, LossGraph lossGraph, List<TrainableVariable> variables) {
    Output<? extends TNumber> loss = lossGraph.loss();
    List<List<Output<?>>> w = each(variables, TrainableVariable::reads);
    // To the bit the base optimizer: nothing is fused that is not fused for it.
    List<Output<?>> g1 = Gradients.addAsTensorFlow(tf, loss, w, "gradients");
    Operand<? extends TNumber> norm1 = update.globalNorm(tf, g1);

    List<Op> reading = all(settings.checks(tf), List.of(loss), g1);
    Optional<Skipping> skipping = settings.skipping(tf, List.of(loss, norm1), reading);
    List<Output<?>> gradients = update.clip(tf, g1, clipFactor(tf, norm1));
    return new StepGradients(
        tf,
        byHandle(variables, gradients),
        Optional.empty(),
        PerturbedSteps.none(tf),
        reading,
        skipping,
        StepMetrics.of(tf, loss, null, norm1, skipping));
  }

  private StepGradients twoPasses(Ops tf, LossGraph lossGraph, List<TrainableVariable> variables) {
    Output<? extends TNumber> loss = lossGraph.loss();
    List<TrainableVariable> ascending = settings.perturbedAmong(variables);
    var slice = ForwardSlice.between(ascending, lossGraph);
    PerturbedSteps perturbedSteps = PerturbedSteps.of(tf, settings.every, settings.counter);

    List<List<Output<?>>> w = each(variables, TrainableVariable::reads);
    List<Output<?>> g1 = Gradients.add(tf, loss, w, "first_gradients");
    List<Output<?>> ascent = perturbedSteps.perturbed(g1);
    Operand<? extends TNumber> norm = update.globalNorm(tf, ascent);
    Map<Output<?>, Output<?>> perturbed =
        perturb(tf, perturbedSteps, ascending, byHandle(variables, ascent), norm);
    PassCopy secondPass = slice.copy(tf, perturbed, "second_pass");
    Output<? extends TNumber> perturbedLoss = secondPass.loss();
    List<List<Output<?>>> perturbedW =
        each(w, r -> perturbed.containsKey(r.get(0)) ? List.of(perturbed.get(r.get(0))) : r);
    List<Output<?>> g2 =
        perturbedSteps.perturbed(Gradients.add(tf, secondPass, perturbedW, "second_gradients"));
    Operand<? extends TNumber> norm1 =
        perturbedSteps.merge(norm, g1, plain -> update.globalNorm(tf, plain));
    Operand<? extends TNumber> norm2 = perturbedSteps.merge(update.globalNorm(tf, g2), norm1);

    Output<? extends TNumber> alpha = perturbedSteps.perturbed(settings.alpha(tf, norm1.type()));

    List<Op> first = all(List.of(loss), g1);
    List<Op> second = perturbedSteps.done(all(List.of(perturbedLoss), g2), first, alpha);
    List<Op> reading = all(settings.checks(tf), first, second);
    Optional<Skipping> skipping = settings.skipping(tf, List.of(loss, norm1, norm2), reading);
    var both =
        new TwoGradients(
            each(variables, TrainableVariable::handle),
            g1,
            perturbedSteps.merge(g2, g1, plain -> plain),
            clipFactor(tf, norm1),
            clipFactor(tf, norm2),
            perturbedSteps.merge(alpha, 0),
            settings.decoupled);
    List<Output<?>> gradients =
        settings.decoupled
            ? update.clip(tf, g1, both.firstFactor())
            : perturbedSteps.merge(
                update.blend(tf, perturbedSteps.perturbed(both)),
                g1,
                plain -> update.clip(tf, plain, both.firstFactor()));
    return new StepGradients(
        tf,
        byHandle(variables, gradients),
        Optional.of(both),
        perturbedSteps,
        reading,
        skipping,
        StepMetrics.of(tf, loss, perturbedSteps.merge(perturbedLoss, Float.NaN), norm1, skipping));
  }

  /** For each read of the perturbed variables the value w + e. */
  private Map<Output<?>, Output<?>> perturb(
      Ops tf,
      PerturbedSteps perturbedSteps,
      List<TrainableVariable> ascending,
      Map<Output<?>, Output<?>> gradients,
      Operand<? extends TNumber> gradientNorm) {
    List<Output<?>> w =
        perturbedSteps.perturbed(
            Wsam.<TrainableVariable, Output<?>>each(ascending, v -> v.reads().get(0)));
    List<Output<?>> g = each(ascending, variable -> gradients.get(variable.handle()));
    Operand<? extends TNumber> norm = gradientNorm;
    if (settings.adaptive) {
      norm = update.adaptiveNorm(tf, w, g);
    } else if (g.size() < gradients.size()) {
      norm = update.globalNorm(tf, g);
    }
    Operand<? extends TNumber> rho = settings.rho.in(tf, norm.type());
    List<Output<?>> values = update.perturb(tf, w, g, rho, norm, settings.adaptive);
    Map<Output<?>, Output<?>> perturbed = new HashMap<>();
    for (int i = 0; i < values.size(); i++) {
      // g2 is the gradient at w + e, not through e: a variable that is not perturbed feeds both.
      Output<?> value = tf.stopGradient(values.get(i)).asOutput();
      ascending.get(i).reads().forEach(read -> perturbed.put(read, value));
    }
    return perturbed;
  }

  private Optional<Operand<? extends TNumber>> clipFactor(Ops tf, Operand<? extends TNumber> norm) {
    return settings.maxNorm.map(
        maxNorm -> update.clipFactor(tf, norm, maxNorm.in(tf, norm.type())));
  }

  /**
   * Builds the step: the base optimizer's, with gradients of {@link #computeGradients} as they are
   * or transformed, for all of its variables or some of them; then, in the decoupled form, that of
   * the sharpness term. Nothing is written before both passes are done.
   *
   * @param gradsAndVars gradients and the variables they were computed for
   * @param name the name of the returned operation
   * @return the operation that takes the step
   * @throws IllegalArgumentException if a variable is not of a {@code computeGradients} of this
   *     optimizer, if the base optimizer's learning rate is needed and not found, or if the base
   *     optimizer has a race that cannot be mended
   */
  @Override
  public Op applyGradients(List<GradAndVar<? extends TType>> gradsAndVars, String name) {
    StepGradients step = StepGradients.of(gradsAndVars, steps);
    Ops tf = step.tf();
    Gate gate =
        Gate.build(
            tf,
            all(step.reading(), step.transformed(gradsAndVars)),
            step.skipping().map(Skipping::finite));

    List<GradAndVar<?>> behindGate = each(gradsAndVars, pair -> pass(gate, pair));
    Optional<TwoGradients> both = step.both().map(two -> two.behind(gate));
    BaseStep baseStep =
        BaseStep.build(
            tf,
            base,
            behindGate,
            name + "-base",
            update,
            both.map(two -> two.of(step.untransformed(gradsAndVars))));
    List<Operation> writes = new ArrayList<>(baseStep.writes());
    if (settings.decoupled && both.isPresent()) {
      List<Output<?>> w = each(gradsAndVars, GradAndVar::getVariable);
      List<Output<?>> remaining = w.stream().filter(v -> !baseStep.fused().contains(v)).toList();
      writes.addAll(decoupledStep(tf, step.perturbedSteps(), baseStep, both.get().of(remaining)));
    }
    if (settings.counter.isUsed()) {
      writes.add(settings.counter.count(tf.withControlDependencyOps(new ArrayList<>(writes))));
    }
    List<Op> end = new ArrayList<>(gate.end(writes));
    step.skipping().map(Skipping::count).ifPresent(end::add);
    // Not Optimizer.finish: it makes a new name scope, and reads the name of each op of the graph.
    return NoOp.create(graph.baseScope().withName(name).withControlDependencies(end));
  }

  private List<Operation> decoupledStep(
      Ops tf, PerturbedSteps perturbedSteps, BaseStep baseStep, TwoGradients gradients) {
    if (gradients.variables().isEmpty()) {
      return List.of();
    }
    Op taken =
        tf.withControlDependencyOps(new ArrayList<>(baseStep.writes()))
            .withName("base_step")
            .noOp();
    List<Operation> writes =
        update.decoupledStep(
            tf.withControlDependencies(taken),
            perturbedSteps.perturbed(gradients),
            LearningRates.find(base, baseStep.writes(), gradients.variables()));
    return each(perturbedSteps.done(each(writes, write -> () -> write), List.of(taken)), Op::op);
  }

  /**
   * What can be fetched of the step that was built last.
   *
   * @return the metrics; they stay those of that step when another is built
   * @throws IllegalStateException if none was built
   */
  public StepMetrics metrics() {
    if (steps.isEmpty()) {
      throw new IllegalStateException("There are metrics after minimize or computeGradients.");
    }
    return steps.get(steps.size() - 1).metrics();
  }

  @Override
  protected <T extends TType> Op applyDense(Ops deps, Output<T> gradient, Output<T> variable) {
    throw new UnsupportedOperationException("The base optimizer applies gradients.");
  }

  @Override
  public String getOptimizerName() {
    return NAME;
  }

  @Override
  public String toString() {
    return "WSAM{base=" + base + ", " + settings + '}';
  }

  /** A name scope that nothing in the graph uses, not even what was imported into it. */
  private Ops newScope() {
    while (true) {
      Ops scope = tf.withSubScope(NAME);
      String any = scope.scope().makeOpName("any");
      String metric = any.substring(0, any.length() - "any".length()) + StepMetrics.GRADIENT_NORM;
      if (graph.operation(metric) == null) {
        return scope;
      }
    }
  }

  private static <T extends TType> GradAndVar<T> pass(Gate gate, GradAndVar<T> pair) {
    return new GradAndVar<>(gate.pass(pair.getGradient()), pair.getVariable());
  }

  private static <A, B> List<B> each(List<A> list, Function<? super A, ? extends B> function) {
    return list.stream().<B>map(function).toList();
  }

  @SafeVarargs
  private static List<Op> all(List<? extends Op>... lists) {
    List<Op> all = new ArrayList<>();
    for (List<? extends Op> list : lists) {
      all.addAll(list);
    }
    return all;
  }

  private static Map<Output<?>, Output<?>> byHandle(
      List<TrainableVariable> variables, List<Output<?>> tensors) {
    Map<Output<?>, Output<?>> byHandle = new LinkedHashMap<>();
    for (int i = 0; i < variables.size(); i++) {
      byHandle.put(variables.get(i).handle(), tensors.get(i));
    }
    return byHandle;
  }

  /**
   * Drives rho from the graph: by a placeholder, or what is computed of one. A run in which it is
   * negative or not finite fails, and changes nothing.
   *
   * @param rho the radius of the perturbation, a scalar
   * @return the option; it takes the place of the number
   * @throws IllegalArgumentException if it is known not to be a scalar
   */
  public static Options rho(Operand<? extends TNumber> rho) {
    var computed = new Computed(rho);
    return new Options(settings -> settings.rho = computed);
  }

  /**
   * Lets rho change from step to step. The steps that this optimizer has taken are counted in a
   * variable of the graph, {@code WSAM/steps}; skipped ones do not count. A run in which rho is
   * negative or not finite fails, and changes nothing.
   *
   * @param rho the radius of the perturbation
   * @return the option; it takes the place of the number
   */
  public static Options rho(Schedule rho) {
    return new Options(settings -> settings.rho = new Scheduled(rho, settings.counter));
  }

  /**
   * Drives gamma from the graph: by a placeholder, or what is computed of one. A run in which it is
   * negative, 1 or more, or not a number fails, and changes nothing. There are always two passes
   * (in a step that {@link #every} perturbs), also where it is 0.
   *
   * @param gamma the weight of the sharpness, a scalar
   * @return the option; it takes the place of the number
   * @throws IllegalArgumentException if it is known not to be a scalar
   */
  public static Options gamma(Operand<? extends TNumber> gamma) {
    var computed = new Computed(gamma);
    return new Options(settings -> settings.gamma = computed);
  }

  /**
   * Lets gamma change from step to step, counted as for {@link #rho(Schedule)}. A run in which it
   * is negative, 1 or more, or not a number fails, and changes nothing. There are always two passes
   * (in a step that {@link #every} perturbs), also where it is 0.
   *
   * @param gamma the weight of the sharpness
   * @return the option; it takes the place of the number
   */
  public static Options gamma(Schedule gamma) {
    return new Options(settings -> settings.gamma = new Scheduled(gamma, settings.counter));
  }

  /**
   * Chooses the form.
   *
   * @param decoupled true (the default) for a sharpness term that the base optimizer does not
   *     precondition, false for one blended into its gradient
   * @return the option
   */
  public static Options decoupled(boolean decoupled) {
    return new Options(settings -> settings.decoupled = decoupled);
  }

  /**
   * Adapts the perturbation to the size of each weight, as ASAM does.
   *
   * @param adaptive true for the adaptive form; false by default
   * @return the option
   */
  public static Options adaptive(boolean adaptive) {
    return new Options(settings -> settings.adaptive = adaptive);
  }

  /**
   * Scales g1 and g2 down, each where its L2 norm over all trained variables is larger than this.
   * The perturbation is that of the unclipped g1.
   *
   * @param maxNorm the largest norm, greater than 0; by default there is none
   * @return the option
   * @throws IllegalArgumentException if the number is out of its range
   */
  public static Options maxNorm(double maxNorm) {
    var constant = new Constant(Range.MAX_NORM.checked(maxNorm));
    return new Options(settings -> settings.maxNorm = Optional.of(constant));
  }

  /**
   * As {@link #maxNorm(double)}, computed by the graph. A run in which it is not greater than 0 and
   * finite fails, and changes nothing.
   *
   * @param maxNorm the largest norm, a scalar
   * @return the option
   * @throws IllegalArgumentException if it is known not to be a scalar
   */
  public static Options maxNorm(Operand<? extends TNumber> maxNorm) {
    var computed = new Computed(maxNorm);
    return new Options(settings -> settings.maxNorm = Optional.of(computed));
  }

  /**
   * Chooses the variables that are trained.
   *
   * @param trainable tells by a variable's name whether it is; by default each that the loss
   *     reaches
   * @return the option
   */
  public static Options trainable(Predicate<String> trainable) {
    return new Options(settings -> settings.trainable = trainable);
  }

  /**
   * Chooses the trained variables that are perturbed; the norm in e is over these. Biases and the
   * scales of normalizations are often left out.
   *
   * @param perturbed tells by a variable's name whether it is; by default each that is trained
   * @return the option
   */
  public static Options perturbed(Predicate<String> perturbed) {
    return new Options(settings -> settings.perturbed = perturbed);
  }

  /**
   * Skips a step whose loss, g1 or g2 is not finite: no bit of a variable or a slot changes, and
   * the step is counted ({@link StepMetrics#skippedSteps()}).
   *
   * @param skipNonFinite true to skip; false by default
   * @return the option
   */
  public static Options skipNonFinite(boolean skipNonFinite) {
    return new Options(settings -> settings.skipNonFinite = skipNonFinite);
  }

  /**
   * Perturbs each k-th step only, the first one to begin with: the others are plain steps of the
   * base optimizer, of gamma 0, at the cost of one pass.
   *
   * <p>Over many steps the sharpness weighs a k-th of what it does otherwise. A plain step has no
   * perturbed loss and no sharpness: as metrics they are NaN. The steps that this optimizer has
   * taken are counted in a variable of the graph, {@code WSAM/steps}; skipped ones do not count. It
   * counts the steps of all losses that it minimizes: where they take turns, let each have an
   * optimizer of its own, or some might never be perturbed.
   *
   * @param k 1, the default, perturbs each step, 2 every other one, and so on
   * @return the option; without effect if gamma is the number 0
   * @throws IllegalArgumentException if k is less than 1
   */
  public static Options every(int k) {
    if (k < 1) {
      throw new IllegalArgumentException(
          "every must be at least 1: of so many steps one is perturbed; it is " + k + ".");
    }
    return new Options(settings -> settings.every = k);
  }

  /**
   * Chooses what does the optimizer's own work: native ops, which do it for all variables in one
   * sweep over their memory, or TensorFlow's.
   *
   * @param fused {@link Fused#AUTO} by default
   * @return the option
   */
  public static Options fused(Fused fused) {
    return new Options(settings -> settings.fused = fused);
  }

  /** An option of {@link Wsam}, made by its static methods. */
  public static final class Options {
    private final Consumer<Settings> setting;

    private Options(Consumer<Settings> setting) {
      this.setting = setting;
    }
  }
}
