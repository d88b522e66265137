package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.Fused;
import io.github.tfwsam.StepMetrics;
import io.github.tfwsam.Wsam;
import io.github.tfwsam.examples.cli.BaseOptimizer;
import io.github.tfwsam.examples.run.TrainingStep;
import io.github.tfwsam.optimizers.Sgd;
import io.github.tfwsam.sharpness.Batches;
import io.github.tfwsam.sharpness.Hessian;
import io.github.tfwsam.sharpness.Sharpness;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.op.Op;

/**
 * A problem in a graph, what minimizes it, and what measures it. TensorFlow's own operations do all
 * the work, so that the bits do not depend on whether native ones load.
 *
 * @param problem what is minimized
 * @param step the operation that takes a step
 * @param metrics what is fetched of the batch that is fed
 * @param sharpness how much the loss rises, at the problem's rho
 * @param hessian the loss's
 */
record Descent(
    Problem problem, Op step, StepMetrics metrics, Sharpness sharpness, Hessian hessian) {
  private static final double MOMENTUM = 0.9;

  /** Steps up to the sharpness: where the gradient is all but 0, the first one leads nowhere. */
  private static final int ASCENT = 5;

  /**
   * Builds a problem and what minimizes it; the caller holds {@link Runner#GRAPHS}.
   *
   * @param graph an empty graph
   * @param setting what with
   * @param seed what everything random is drawn by
   * @param data the digits
   * @throws IOException if these cannot be read
   * @throws IllegalArgumentException if the setting cannot be run
   */
  static Descent in(Graph graph, Setting setting, long seed, DataSets data) throws IOException {
    var name = value(Problem.Name.values(), setting, "problem");
    var schedule = value(RhoSchedule.values(), setting, "rho_schedule");
    Problem problem = name.in(graph, setting, seed, data);
    var wsam =
        new Wsam(
            graph,
            base(graph, setting),
            Wsam.RHO_DEFAULT,
            setting.number("gamma"),
            Wsam.rho(schedule.of(setting.number("rho"))),
            Wsam.decoupled(!Boolean.parseBoolean(setting.get("coupled"))),
            Wsam.fused(Fused.OFF));
    Op step = wsam.minimize(problem.loss());
    return new Descent(
        problem,
        step,
        wsam.metrics(),
        new Sharpness(graph, problem.loss(), name.rho(), Sharpness.steps(ASCENT)),
        new Hessian(graph, problem.loss()));
  }

  private static Sgd base(Graph graph, Setting setting) {
    double rate = setting.number("lr");
    return switch (value(BaseOptimizer.values(), setting, "base")) {
      case SGD -> new Sgd(graph, rate);
      case MOMENTUM -> new Sgd(graph, rate, Sgd.momentum(MOMENTUM));
      default -> throw none(setting, "base", "[sgd, momentum]");
    };
  }

  private static <E extends Enum<E>> E value(E[] values, Setting setting, String column) {
    return Arrays.stream(values)
        .filter(value -> value.toString().equals(setting.get(column)))
        .findFirst()
        .orElseThrow(() -> none(setting, column, Arrays.toString(values)));
  }

  private static IllegalArgumentException none(Setting setting, String column, String values) {
    return new IllegalArgumentException(
        String.format(
            "the experiment has no %s '%s'; it is one of %s", column, setting.get(column), values));
  }

  /** Takes a step, numbered from 1. */
  void step(Session session, int number) {
    Map<Operand<?>, Tensor> feeds = problem.batch(number);
    Session.Runner runner = session.runner().addTarget(step);
    feeds.forEach(runner::feed);
    try (Result nothing = runner.run()) {
      // Nothing is fetched: a fetch costs a copy.
    } finally {
      feeds.values().forEach(Tensor::close);
    }
  }

  /** Measures the gradient of the whole loss, after so many steps. */
  GradientCurve.Point measure(Session session, int steps) {
    Map<Operand<?>, Tensor> feeds = problem.whole();
    Session.Runner runner = session.runner().fetch(metrics.gradientNorm()).fetch(metrics.loss());
    feeds.forEach(runner::feed);
    try (Result values = runner.run()) {
      return new GradientCurve.Point(
          steps, TrainingStep.number(values.get(0)), TrainingStep.number(values.get(1)));
    } finally {
      feeds.values().forEach(Tensor::close);
    }
  }

  /** Measures the place where it is now, by the names of the columns. */
  Map<String, Double> measures(Session session, long seed) {
    var whole = new Batches(1, (batch, feeds) -> problem.whole().forEach(feeds::add));
    Map<String, Double> measures = new LinkedHashMap<>(problem.measures(session));
    measures.put(Run.SHARPNESS, sharpness.estimate(session, whole).sharpness());
    measures.put(Run.HESSIAN_TOP, hessian.topEigenvalues(session, whole, 1, seed).values().get(0));
    return measures;
  }
}
