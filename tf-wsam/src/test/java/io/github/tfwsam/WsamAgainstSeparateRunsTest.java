package io.github.tfwsam;

import static com.google.common.truth.Truth.assertWithMessage;

import io.github.tfwsam.update.BaseStep;
import io.github.tfwsam.update.StockUpdateOps;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.GraphOperation;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.framework.optimizers.Optimizer.GradAndVar;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TFloat32;

/**
 * One run of WSAM's step against the algorithm done by hand: a run for g1, weights assigned, a run
 * for g2, weights assigned back, the arithmetic in double-precision loops, the base optimizer fed.
 */
class WsamAgainstSeparateRunsTest {
  private static final double RHO = 0.1;
  private static final double GAMMA = 0.8;
  private static final int STEPS = 12;

  record Mode(boolean decoupled, boolean adaptive, double maxNorm, String perturbed) {
    boolean perturbs(String name) {
      return name.matches(perturbed);
    }
  }

  static Stream<Arguments> basesAndModes() {
    List<Mode> modes =
        List.of(
            new Mode(true, false, Double.POSITIVE_INFINITY, ".*"),
            new Mode(false, false, Double.POSITIVE_INFINITY, ".*weight"),
            new Mode(true, true, 0.2, ".*"),
            new Mode(false, true, 0.2, "output.*"));
    return Stream.of(BaseOptimizer.values())
        .flatMap(base -> modes.stream().map(mode -> Arguments.of(base, mode)));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("basesAndModes")
  void stepsAsByHand(BaseOptimizer base, Mode mode) {
    try (var inOneRun = new TestNetwork();
        var byHand = new ByHand(base, mode)) {
      List<Wsam.Options> options =
          new ArrayList<>(
              List.of(
                  Wsam.decoupled(mode.decoupled),
                  Wsam.adaptive(mode.adaptive),
                  Wsam.perturbed(mode::perturbs)));
      if (Double.isFinite(mode.maxNorm)) {
        options.add(Wsam.maxNorm(mode.maxNorm));
      }
      var wsam =
          new Wsam(
              inOneRun.graph,
              base.in(inOneRun.graph),
              RHO,
              GAMMA,
              options.toArray(new Wsam.Options[0]));
      Op step = wsam.minimize(inOneRun.loss);
      StepMetrics metrics = wsam.metrics();
      inOneRun.assertNoRace(
          step, metrics.perturbedLoss(), metrics.gradientNorm(), metrics.sharpness());
      for (int i = 0; i < STEPS; i++) {
        List<Double> fetched =
            inOneRun.run(
                i, step, List.of(metrics.loss(), metrics.perturbedLoss(), metrics.gradientNorm()));
        List<Double> expected = byHand.step(i);
        for (int j = 0; j < expected.size(); j++) {
          assertWithMessage("fetch %s of step %s", j, i)
              .that(fetched.get(j))
              .isWithin(2e-5)
              .of(expected.get(j));
        }
      }
      Map<String, double[]> weights = inOneRun.state();
      byHand.network.variables.forEach(
          (name, variable) ->
              assertWithMessage(name)
                  .that(weights.get(name))
                  .usingTolerance(5e-5)
                  .containsExactly(byHand.network.state().get(name))
                  .inOrder());
    }
  }

  /** The algorithm in separate runs. */
  private static final class ByHand implements AutoCloseable {
    final TestNetwork network = new TestNetwork();
    private final BaseOptimizer base;
    private final Mode mode;
    private final Output<?>[] gradients;
    private final Map<String, Placeholder<TFloat32>> fed = new LinkedHashMap<>();
    private final Map<String, Op> assigns = new LinkedHashMap<>();
    private final Op baseStep;

    ByHand(BaseOptimizer base, Mode mode) {
      this.base = base;
      this.mode = mode;
      Output<?>[] variables =
          network.variables.values().stream().map(Variable::asOutput).toArray(Output[]::new);
      gradients = network.graph.addGradients(network.loss.asOutput(), variables);
      List<GradAndVar<?>> pairs = new ArrayList<>();
      network.variables.forEach(
          (name, variable) -> {
            Placeholder<TFloat32> value =
                network.tf.placeholder(TFloat32.class, Placeholder.shape(variable.shape()));
            fed.put(name, value);
            assigns.put(name, network.tf.assign(variable, value));
            pairs.add(new GradAndVar<>(network.tf.identity(value).asOutput(), variable.asOutput()));
          });
      List<GraphOperation> writes =
          BaseStep.build(
                  network.tf,
                  base.in(network.graph),
                  pairs,
                  "base",
                  new StockUpdateOps(),
                  Optional.empty())
              .writes();
      baseStep = network.tf.withControlDependencyOps(new ArrayList<>(writes)).noOp();
    }

    List<Double> step(int i) {
      Map<String, double[]> w = weights();
      Map<String, double[]> g1 = gradients(i);
      double loss = network.run(i, null, List.of(network.loss)).get(0);
      double norm = Math.sqrt(sum(g1, (name, j, g) -> square(scale(name, w.get(name)[j]) * g)));
      run(
          assigns.values(),
          map(
              w,
              (name, j, v) -> v + RHO * square(scale(name, v)) * g1.get(name)[j] / (norm + 1e-12)));
      Map<String, double[]> g2 = gradients(i);
      double perturbedLoss = network.run(i, null, List.of(network.loss)).get(0);
      run(assigns.values(), w);

      double alpha = GAMMA / (1 - GAMMA);
      Map<String, double[]> clipped1 = clip(g1);
      Map<String, double[]> clipped2 = clip(g2);
      run(
          List.of(baseStep),
          mode.decoupled
              ? clipped1
              : map(clipped1, (name, j, g) -> (1 - alpha) * g + alpha * clipped2.get(name)[j]));
      if (mode.decoupled) {
        run(
            assigns.values(),
            map(
                weights(),
                (name, j, v) ->
                    v
                        - base.learningRate
                            * alpha
                            * (clipped2.get(name)[j] - clipped1.get(name)[j])));
      }
      return List.of(loss, perturbedLoss, Math.sqrt(sum(g1, (name, j, g) -> g * g)));
    }

    /** What the norm of a gradient's element is scaled with; the perturbation with its square. */
    private double scale(String name, double weight) {
      return !mode.perturbs(name) ? 0 : mode.adaptive ? Math.abs(weight) : 1;
    }

    private Map<String, double[]> clip(Map<String, double[]> g) {
      double norm = Math.sqrt(sum(g, (name, j, v) -> v * v));
      double factor = Math.min(1, mode.maxNorm / (norm + 1e-6));
      return map(g, (name, j, v) -> v * factor);
    }

    private Map<String, double[]> weights() {
      Map<String, double[]> state = network.state();
      state.keySet().retainAll(network.variables.keySet());
      return state;
    }

    private Map<String, double[]> gradients(int i) {
      Session.Runner runner = network.session().runner();
      for (Output<?> gradient : gradients) {
        runner.fetch(gradient);
      }
      Map<String, double[]> values = new LinkedHashMap<>();
      try (var feeds = network.feed(runner, TestNetwork.batch(i));
          Result result = runner.run()) {
        for (String name : network.variables.keySet()) {
          values.put(name, Tensors.toDoubles(result.get(values.size())));
        }
      }
      return values;
    }

    private void run(Iterable<Op> targets, Map<String, double[]> values) {
      List<TFloat32> tensors = new ArrayList<>();
      try {
        Session.Runner runner = network.session().runner();
        targets.forEach(runner::addTarget);
        fed.forEach(
            (name, placeholder) -> {
              Shape shape = network.variables.get(name).shape();
              TFloat32 tensor = TFloat32.tensorOf(shape);
              double[] value = values.get(name);
              int[] next = new int[1];
              tensor.scalars().forEach(s -> s.setFloat((float) value[next[0]++]));
              tensors.add(tensor);
              runner.feed(placeholder, tensor);
            });
        runner.run().close();
      } finally {
        tensors.forEach(TFloat32::close);
      }
    }

    @Override
    public void close() {
      network.close();
    }
  }

  private interface Element {
    double of(String name, int index, double value);
  }

  private static Map<String, double[]> map(Map<String, double[]> tensors, Element element) {
    Map<String, double[]> mapped = new LinkedHashMap<>();
    tensors.forEach(
        (name, values) -> {
          double[] result = new double[values.length];
          for (int j = 0; j < values.length; j++) {
            result[j] = element.of(name, j, values[j]);
          }
          mapped.put(name, result);
        });
    return mapped;
  }

  private static double sum(Map<String, double[]> tensors, Element element) {
    double sum = 0;
    for (double[] values : map(tensors, element).values()) {
      for (double value : values) {
        sum += value;
      }
    }
    return sum;
  }

  private static double square(double value) {
    return value * value;
  }
}
