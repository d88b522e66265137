package io.github.tfwsam.update;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.tfwsam.Tensors;
import io.github.tfwsam.graph.WriteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.framework.optimizers.AdaGradDA;
import org.tensorflow.framework.optimizers.Adam;
import org.tensorflow.framework.optimizers.Adamax;
import org.tensorflow.framework.optimizers.Momentum;
import org.tensorflow.framework.optimizers.Nadam;
import org.tensorflow.framework.optimizers.Optimizer;
import org.tensorflow.framework.optimizers.Optimizer.GradAndVar;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TType;

/** The optimizers whose own steps have races, against their formulas in double precision. */
class BaseStepTest {
  private static final double LEARNING_RATE = 0.125f;
  private static final double BETA_ONE = 0.75f;
  private static final double BETA_TWO = 0.875f;
  private static final double EPSILON = 0.0078125f;
  private static final int STEPS = 30;

  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);
  private final List<Variable<TFloat32>> variables = new ArrayList<>();
  private final List<Placeholder<TFloat32>> gradients = new ArrayList<>();

  BaseStepTest() {
    for (int i = 0; i < 3; i++) {
      variables.add(tf.withName("w" + i).variable(tf.constant(1f + i)));
      gradients.add(tf.placeholder(TFloat32.class));
    }
  }

  @AfterEach
  void close() {
    graph.close();
  }

  private List<GradAndVar<?>> pairs() {
    List<GradAndVar<?>> pairs = new ArrayList<>();
    for (int i = 0; i < variables.size(); i++) {
      pairs.add(
          new GradAndVar<>(tf.identity(gradients.get(i)).asOutput(), variables.get(i).asOutput()));
    }
    return pairs;
  }

  private List<GraphOperation> build(Function<Graph, Optimizer> base) {
    return BaseStep.build(
            tf, base.apply(graph), pairs(), "step", new StockUpdateOps(), Optional.empty())
        .writes();
  }

  private static double gradient(int variable, int step) {
    return (float) (Math.sin(step + variable) + 0.5);
  }

  /** Steps, and compares each variable with {@code formula(w, variable)}, an array of all steps. */
  private void assertSteps(List<GraphOperation> writes, Function<double[], double[]> formula) {
    assertThat(WriteOrder.violations(writes)).isEmpty();
    try (Session session = new Session(graph)) {
      double[][] actual = new double[variables.size()][STEPS];
      for (int t = 0; t < STEPS; t++) {
        Session.Runner runner = session.runner();
        writes.forEach(runner::addTarget);
        List<TFloat32> fed = new ArrayList<>();
        for (int i = 0; i < variables.size(); i++) {
          fed.add(TFloat32.scalarOf((float) gradient(i, t)));
          runner.feed(gradients.get(i), fed.get(i));
        }
        runner.run().close();
        fed.forEach(TFloat32::close);
        for (int i = 0; i < variables.size(); i++) {
          try (Result result = session.runner().fetch(variables.get(i)).run()) {
            actual[i][t] = Tensors.toDoubles(result.get(0))[0];
          }
        }
      }
      for (int i = 0; i < variables.size(); i++) {
        double[] g = new double[STEPS + 1];
        g[0] = 1 + i;
        for (int t = 0; t < STEPS; t++) {
          g[t + 1] = gradient(i, t);
        }
        double[] expected = formula.apply(g);
        for (int t = 0; t < STEPS; t++) {
          assertWithMessage("variable %s after step %s", i, t + 1)
              .that(actual[i][t])
              .isWithin(1e-5 * Math.max(1, Math.abs(expected[t])))
              .of(expected[t]);
        }
      }
    }
  }

  @Test
  void adamIsItsFormulaInEveryRun() {
    assertSteps(
        build(
            g ->
                new Adam(
                    g, (float) LEARNING_RATE, (float) BETA_ONE, (float) BETA_TWO, (float) EPSILON)),
        g -> {
          double[] w = new double[STEPS];
          double last = g[0];
          double m = 0;
          double v = 0;
          for (int t = 1; t <= STEPS; t++) {
            m = BETA_ONE * m + (1 - BETA_ONE) * g[t];
            v = BETA_TWO * v + (1 - BETA_TWO) * g[t] * g[t];
            double rate =
                LEARNING_RATE * Math.sqrt(1 - Math.pow(BETA_TWO, t)) / (1 - Math.pow(BETA_ONE, t));
            last -= rate * m / (Math.sqrt(v) + EPSILON);
            w[t - 1] = last;
          }
          return w;
        });
  }

  @Test
  void adamaxIsItsFormulaInEveryRun() {
    assertSteps(
        build(
            g ->
                new Adamax(
                    g, (float) LEARNING_RATE, (float) BETA_ONE, (float) BETA_TWO, (float) EPSILON)),
        g -> {
          double[] w = new double[STEPS];
          double last = g[0];
          double m = 0;
          double u = 0;
          for (int t = 1; t <= STEPS; t++) {
            m = BETA_ONE * m + (1 - BETA_ONE) * g[t];
            u = Math.max(BETA_TWO * u, Math.abs(g[t]));
            last -= LEARNING_RATE / (1 - Math.pow(BETA_ONE, t)) * m / (u + EPSILON);
            w[t - 1] = last;
          }
          return w;
        });
  }

  @Test
  void adaGradDaCountsItsStepsFromOne() {
    double l1 = 0.015625;
    double l2 = 0.03125;
    double initial = 0.125;
    assertSteps(
        build(
            g -> new AdaGradDA(g, (float) LEARNING_RATE, (float) initial, (float) l1, (float) l2)),
        g -> {
          double[] w = new double[STEPS];
          double sum = 0;
          double squares = initial;
          for (int t = 1; t <= STEPS; t++) {
            sum += g[t];
            squares += g[t] * g[t];
            double shrunk = Math.signum(-sum) * Math.max(Math.abs(sum) - l1 * t, 0);
            w[t - 1] = LEARNING_RATE * shrunk / (l2 * t * LEARNING_RATE + Math.sqrt(squares));
          }
          return w;
        });
  }

  @Test
  void nadamIsTheFormulaOfTheFrameworkInEveryRun() {
    assertSteps(
        build(
            g ->
                new Nadam(
                    g, (float) LEARNING_RATE, (float) BETA_ONE, (float) BETA_TWO, (float) EPSILON)),
        g -> {
          // The framework's step number is a constant of the graph: always 1.
          double mt = BETA_ONE * (1 - 0.5 * Math.pow(0.96, 0.004));
          double mt1 = BETA_ONE * (1 - 0.5 * Math.pow(0.96, 0.008));
          double[] w = new double[STEPS];
          double last = g[0];
          double m = 0;
          double v = 0;
          double schedule = 1;
          for (int t = 1; t <= STEPS; t++) {
            schedule *= mt;
            m = BETA_ONE * m + (1 - BETA_ONE) * g[t];
            v = BETA_TWO * v + (1 - BETA_TWO) * g[t] * g[t];
            double average = (1 - mt) * g[t] / (1 - schedule) + mt1 * m / (1 - schedule * mt1);
            last -= LEARNING_RATE * average / (Math.sqrt(v / (1 - BETA_TWO)) + EPSILON);
            w[t - 1] = last;
          }
          return w;
        });
  }

  @Test
  void theFrameworksOwnStepsHaveTheRacesThatAreMended() {
    for (Function<Graph, Optimizer> base :
        List.<Function<Graph, Optimizer>>of(Adam::new, Adamax::new, AdaGradDA::new)) {
      Op step = base.apply(graph).applyGradients(pairs(), "raw");
      assertThat(WriteOrder.violations(List.of((GraphOperation) step.op()))).isNotEmpty();
    }
    Op step = new Momentum(graph).applyGradients(pairs(), "raw");
    assertThat(WriteOrder.violations(List.of((GraphOperation) step.op()))).isEmpty();
  }

  @Test
  void eachUpdateWaitsForOneGradientNotForEach() {
    for (GraphOperation write : build(Momentum::new)) {
      assertThat(write.numControlInputs()).isEqualTo(1);
    }
  }

  @Test
  void aRaceThatCannotBeMendedIsRefusedByTheNameOfTheOptimizer() {
    var refusal = assertThrows(IllegalArgumentException.class, () -> build(Racing::new));
    assertThat(refusal).hasMessageThat().contains("Racing");
    assertThat(refusal).hasMessageThat().contains("w0");
  }

  /** Updates each variable twice, in no order. */
  private static final class Racing extends Optimizer {
    Racing(Graph graph) {
      super(graph);
    }

    @Override
    protected <T extends TType> Op applyDense(Ops deps, Output<T> gradient, Output<T> variable) {
      Op first = deps.assignSub(variable, gradient);
      Op second = deps.assign(variable, gradient);
      return deps.withControlDependencies(first, second).noOp();
    }

    @Override
    public String getOptimizerName() {
      return "Racing";
    }
  }
}
