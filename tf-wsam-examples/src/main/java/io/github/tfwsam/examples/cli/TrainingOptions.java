package io.github.tfwsam.examples.cli;

import io.github.tfwsam.Wsam;
import io.github.tfwsam.optimizers.Adagrad;
import io.github.tfwsam.optimizers.Adam;
import io.github.tfwsam.optimizers.AdamW;
import io.github.tfwsam.optimizers.GraphOptimizer;
import io.github.tfwsam.optimizers.GraphOptimizer.CommonOptions;
import io.github.tfwsam.optimizers.RmsProp;
import io.github.tfwsam.optimizers.Sgd;
import io.github.tfwsam.schedules.Schedule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.Graph;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How weights are trained: options of every verb that trains. */
public final class TrainingOptions {
  @Option(
      names = "--base",
      paramLabel = "NAME",
      description = "The base optimizer, which takes the steps: ${COMPLETION-CANDIDATES}.")
  private BaseOptimizer base;

  @Option(
      names = "--lr",
      paramLabel = "X",
      defaultValue = "0.1",
      converter = Numbers.NonNegative.class,
      description = "The learning rate, >= 0.")
  private double learningRate;

  @Option(
      names = "--momentum",
      paramLabel = "X",
      defaultValue = "0.9",
      converter = Numbers.NonNegative.class,
      description = "The momentum of momentum and nesterov, >= 0.")
  private double momentum;

  @Option(
      names = "--beta1",
      paramLabel = "X",
      defaultValue = "0.9",
      converter = Numbers.Fraction.class,
      description = "The decay of the first moment of adam and adamw, >= 0 and < 1.")
  private double betaOne;

  @Option(
      names = "--beta2",
      paramLabel = "X",
      defaultValue = "0.999",
      converter = Numbers.Fraction.class,
      description = "The decay of the second moment of adam and adamw, >= 0 and < 1.")
  private double betaTwo;

  @Option(
      names = "--epsilon",
      paramLabel = "X",
      defaultValue = "1e-7",
      converter = Numbers.NonNegative.class,
      description =
          "What keeps the divisor of adam, adamw, rmsprop and adagrad from 0, >= 0. It is added last,"
              + " after Adam's bias correction and outside of the root, as in Adam's paper and in"
              + " PyTorch.")
  private double epsilon;

  @Option(
      names = "--weight-decay",
      paramLabel = "X",
      defaultValue = "0",
      converter = Numbers.NonNegative.class,
      description =
          "The weight of an L2 penalty in the gradient; of adamw that of the decoupled decay; >= 0.")
  private double weightDecay;

  @Option(
      names = "--schedule",
      paramLabel = "NAME",
      defaultValue = "constant",
      description =
          "The learning rate over all steps of the run: ${COMPLETION-CANDIDATES}. cosine: half a"
              + " cosine down to 0. step: divided by 10 after half of the steps, and again after three"
              + " quarters.")
  private RateSchedule schedule;

  @Option(
      names = "--rho",
      paramLabel = "X",
      defaultValue = "0.05",
      converter = Numbers.NonNegative.class,
      description = "The length of the perturbation, >= 0.")
  private double rho;

  @Option(
      names = "--gamma",
      paramLabel = "X",
      defaultValue = "0.9",
      converter = Numbers.Fraction.class,
      description =
          "The weight of the sharpness, >= 0 and < 1: 0 is the base optimizer alone, 0.5 is SAM.")
  private double gamma;

  @Option(
      names = "--every",
      paramLabel = "K",
      defaultValue = "1",
      converter = Numbers.Count.class,
      description =
          "One of K steps, the first to begin with, has a second pass; the others are the base"
              + " optimizer's, at half the cost.")
  private int every;

  @Option(
      names = "--coupled",
      description =
          "The base optimizer steps with the sharpness in its gradient; else the sharpness has a step"
              + " of its own.")
  private boolean coupled;

  @Option(
      names = "--adaptive",
      description = "The perturbation is scaled by the weights' sizes, as in ASAM.")
  private boolean adaptive;

  @Option(
      names = "--max-norm",
      paramLabel = "X",
      converter = Numbers.Positive.class,
      description = "The gradients are clipped to this norm, > 0; else they are not.")
  private Double maxNorm;

  @Mixin private FusedOption fused;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "The same seed, options and number of threads give the same bits.")
  private long seed;

  /**
   * Options for the command line to fill in.
   *
   * @param base the base optimizer, if none is given
   */
  public TrainingOptions(BaseOptimizer base) {
    this.base = base;
  }

  /**
   * What everything random is drawn by.
   *
   * @return the seed
   */
  public long seed() {
    return seed;
  }

  /**
   * Whether a step has a second pass.
   *
   * @param step its number, from 1
   * @return false if gamma is 0, or if it is a plain step between perturbed ones
   */
  public boolean hasSecondPass(long step) {
    return gamma != 0 && (step - 1) % every == 0;
  }

  /**
   * The optimizer: WSAM on the base optimizer, or with gamma 0 the base optimizer's steps alone.
   *
   * @param graph the graph of the loss
   * @param steps how many steps the run has, for the schedule
   * @param more further options of WSAM
   * @return the optimizer
   * @throws IllegalArgumentException if the numbers do not fit one another
   * @throws IllegalStateException if native ops are asked for and do not load
   */
  public Wsam optimizer(Graph graph, long steps, Wsam.Options... more) {
    List<Wsam.Options> options = new ArrayList<>(List.of(more));
    options.add(Wsam.decoupled(!coupled));
    options.add(Wsam.adaptive(adaptive));
    options.add(Wsam.every(every));
    options.add(Wsam.fused(fused.choice()));
    if (maxNorm != null) {
      options.add(Wsam.maxNorm(maxNorm));
    }
    return new Wsam(
        graph, baseOptimizer(graph, steps), rho, gamma, options.toArray(new Wsam.Options[0]));
  }

  /**
   * What measures the sharpness, L(w + e) - L(w), of any loss: an optimizer that is not to take a
   * step, for its metrics alone. It perturbs as {@link #optimizer} does, also where gamma is 0.
   *
   * @param graph the graph of the loss
   * @param more further options of WSAM
   * @return the optimizer
   */
  public Wsam probe(Graph graph, Wsam.Options... more) {
    List<Wsam.Options> options = new ArrayList<>(List.of(more));
    options.add(Wsam.adaptive(adaptive));
    options.add(Wsam.fused(fused.choice()));
    return new Wsam(
        graph,
        new Sgd(graph, Schedule.constant(0)),
        rho,
        Wsam.GAMMA_DEFAULT,
        options.toArray(new Wsam.Options[0]));
  }

  private GraphOptimizer baseOptimizer(Graph graph, long steps) {
    Schedule rate = schedule.over(learningRate, steps);
    CommonOptions decay = GraphOptimizer.weightDecay(weightDecay);
    return switch (base) {
      case SGD -> new Sgd(graph, rate, decay);
      case MOMENTUM -> new Sgd(graph, rate, decay, Sgd.momentum(momentum));
      case NESTEROV -> new Sgd(graph, rate, decay, Sgd.momentum(momentum), Sgd.nesterov(true));
      case ADAM ->
          new Adam(
              graph,
              rate,
              decay,
              Adam.betaOne(betaOne),
              Adam.betaTwo(betaTwo),
              Adam.epsilon(epsilon));
      case ADAMW ->
          new AdamW(
              graph,
              rate,
              decay,
              Adam.betaOne(betaOne),
              Adam.betaTwo(betaTwo),
              Adam.epsilon(epsilon));
      case RMSPROP -> new RmsProp(graph, rate, decay, RmsProp.epsilon(epsilon));
      case ADAGRAD -> new Adagrad(graph, rate, decay, Adagrad.epsilon(epsilon));
    };
  }

  /**
   * What must be the same where a run is resumed: whatever has a bearing on the weights.
   *
   * @param steps how many steps the run has
   * @return for each option what was chosen
   */
  public Map<String, String> settings(long steps) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("--base", base.toString());
    settings.put("--lr", Numbers.plain(learningRate));
    settings.put("--momentum", Numbers.plain(momentum));
    settings.put("--beta1", Numbers.plain(betaOne));
    settings.put("--beta2", Numbers.plain(betaTwo));
    settings.put("--epsilon", Numbers.plain(epsilon));
    settings.put("--weight-decay", Numbers.plain(weightDecay));
    settings.put("--schedule", schedule.toString());
    if (schedule != RateSchedule.CONSTANT) {
      settings.put("the number of steps, which --schedule depends on,", Long.toString(steps));
    }
    settings.put("--rho", Numbers.plain(rho));
    settings.put("--gamma", Numbers.plain(gamma));
    settings.put("--every", Integer.toString(every));
    settings.put("--coupled", Boolean.toString(coupled));
    settings.put("--adaptive", Boolean.toString(adaptive));
    settings.put("--max-norm", maxNorm == null ? "none" : Numbers.plain(maxNorm));
    settings.put("--fused", fused.isNative() ? "on" : "off");
    settings.put("--seed", Long.toString(seed));
    return settings;
  }
}
