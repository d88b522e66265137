package io.github.tfwsam;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.tfwsam.nativeops.NativeOps;
import io.github.tfwsam.optimizers.Adam;
import io.github.tfwsam.optimizers.RmsProp;
import io.github.tfwsam.optimizers.Sgd;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.framework.optimizers.Momentum;
import org.tensorflow.framework.optimizers.Optimizer;
import org.tensorflow.framework.optimizers.Optimizer.GradAndVar;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt64;

/** Steps of which each k-th is perturbed, against steps of two graphs that take turns. */
class EveryTest {
  private static final int K = 3;
  private static final int STEPS = 8;

  private record Base(
      String name, boolean exact, Predicate<String> resources, Function<Graph, Optimizer> in) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static final List<Base> BASES =
      List.of(
          new Base("Momentum", true, w -> false, graph -> new Momentum(graph, 0.1f, 0.9f)),
          new Base("Adam", false, w -> false, BaseOptimizer.ADAM::in),
          new Base(
              "our Sgd",
              true,
              w -> true,
              graph -> new Sgd(graph, 0.1, Sgd.momentum(0.9), Sgd.nesterov(true))),
          new Base("AdamW", false, w -> w.startsWith("hidden"), graph -> new io.github.tfwsam.optimizers.AdamW(graph, 0.01)),
          new Base("RmsProp", false, w -> true, graph -> new RmsProp(graph, 0.01)));

  private static Stream<Arguments> basesAndForms() {
    Map<String, List<Wsam.Options>> forms = new TreeMap<>();
    forms.put("decoupled", List.of());
    forms.put("coupled, adaptive", List.of(Wsam.decoupled(false), Wsam.adaptive(true)));
    forms.put(
        "decoupled, adaptive, clipped, some perturbed, skipping",
        List.of(
            Wsam.adaptive(true),
            Wsam.maxNorm(0.2),
            Wsam.perturbed(name -> name.endsWith("weight")),
            Wsam.skipNonFinite(true)));
    forms.put(
        "coupled, clipped, some perturbed, skipping",
        List.of(
            Wsam.decoupled(false),
            Wsam.maxNorm(0.2),
            Wsam.perturbed(name -> name.endsWith("weight")),
            Wsam.skipNonFinite(true)));
    return BASES.stream()
        .flatMap(
            base ->
                forms.entrySet().stream()
                    .flatMap(
                        form ->
                            Stream.of(Fused.ON, Fused.OFF)
                                .map(
                                    fused ->
                                        Arguments.of(
                                            base, fused, form.getKey(), form.getValue()))));
  }

  /** A network with its step. */
  private record Trained(TestNetwork network, Op step, StepMetrics metrics)
      implements AutoCloseable {

    static Trained of(Base base, double gamma, List<Wsam.Options> options, Wsam.Options... more) {
      return of(base, gamma, options, (tf, pairs) -> pairs, more);
    }

    static Trained of(
        Base base,
        double gamma,
        List<Wsam.Options> options,
        Transformation transformation,
        Wsam.Options... more) {
      var network = new TestNetwork(1, base.resources);
      List<Wsam.Options> all = new ArrayList<>(options);
      all.addAll(List.of(more));
      var wsam =
          new Wsam(
              network.graph,
              base.in.apply(network.graph),
              0.1,
              gamma,
              all.toArray(new Wsam.Options[0]));
      Op step =
          wsam.applyGradients(
              transformation.of(network.tf, wsam.computeGradients(network.loss)), "step");
      network.assertNoRace(step, wsam.metrics().loss(), wsam.metrics().gradientNorm());
      return new Trained(network, step, wsam.metrics());
    }

    List<Double> run(float[][][] batch, boolean withSecondPass) {
      List<Operand<?>> fetches = new ArrayList<>(List.of(metrics.loss(), metrics.gradientNorm()));
      if (withSecondPass) {
        fetches.addAll(List.of(metrics.perturbedLoss(), metrics.sharpness()));
      }
      return network.run(batch, step, fetches);
    }

    @Override
    public void close() {
      network.close();
    }
  }

  private interface Transformation {
    List<GradAndVar<?>> of(Ops tf, List<GradAndVar<?>> pairs);
  }

  /** Takes the steps of one network, and of two that hand their variables to and fro. */
  private static void assertTakesTurns(Trained every, Trained perturbed, Trained plain) {
    boolean skips = every.network.state().keySet().stream().anyMatch(n -> n.contains("skipped"));
    for (int i = 0; i < STEPS; i++) {
      boolean isPerturbed = i % K == 0;
      if (!isPerturbed) {
        copyVariables(perturbed.network, plain.network);
      }
      Trained inTurn = isPerturbed ? perturbed : plain;
      if (skips && i % 2 == 1) {
        float[][][] poisoned = TestNetwork.batch(i);
        poisoned[0][0][0] = Float.NaN;
        every.run(poisoned, true);
        inTurn.run(poisoned, false);
      }
      float[][][] batch = TestNetwork.batch(i);
      List<Double> metrics = every.run(batch, true);
      List<Double> expected = inTurn.run(batch, isPerturbed);
      if (!isPerturbed) {
        expected.addAll(List.of(Double.NaN, Double.NaN));
        copyVariables(plain.network, perturbed.network);
      }
      assertWithMessage("metrics of step %s", i).that(metrics).isEqualTo(expected);
      Map<String, double[]> state = every.network.state();
      assertThat(state.remove("WSAM/steps")).isEqualTo(new double[] {i + 1});
      Map<String, double[]> expectedState = perturbed.network.state();
      expectedState.remove("WSAM/steps");
      assertThat(state.keySet()).isEqualTo(expectedState.keySet());
      for (String name : state.keySet()) {
        assertWithMessage("%s after step %s", name, i)
            .that(state.get(name))
            .isEqualTo(expectedState.get(name));
      }
    }
  }

  private static void copyVariables(TestNetwork from, TestNetwork to) {
    Tensors.copyState(from.graph, from.session(), to.graph, to.session());
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("basesAndForms")
  void plainStepsAreTheBasesAndTheOthersThoseOfEachStep(
      Base base, Fused fused, String form, List<Wsam.Options> options) {
    assumeTrue(fused == Fused.OFF || NativeOps.load(), "native ops do not load");
    Wsam.Options ops = Wsam.fused(fused);
    Wsam.Options gamma = Wsam.gamma(EveryTest::hiddenGamma);
    try (var every = Trained.of(base, 0.8, options, ops, Wsam.every(K));
        var perturbed = Trained.of(base, 0.8, options, ops);
        var plain = plain(base, fused, options)) {
      assertTakesTurns(every, perturbed, plain);
    }
  }

  /** A number that Grappler does not know: it reorders products with those that it knows. */
  private static Operand<TFloat64> hiddenGamma(Ops tf, Operand<TInt64> step) {
    Operand<TFloat64> gamma = tf.constant(0.8);
    return tf.math.minimum(gamma, tf.math.add(gamma, tf.dtypes.cast(step, TFloat64.class)));
  }

  /** The base alone; where its fused step has other bits, that one. */
  private static Trained plain(Base base, Fused fused, List<Wsam.Options> options) {
    return fused == Fused.OFF || base.exact
        ? Trained.of(base, 0, options, Wsam.fused(fused))
        : Trained.of(
            base, 0.8, options, Wsam.fused(fused), Wsam.gamma((tf, step) -> tf.constant(0.0)));
  }
}
