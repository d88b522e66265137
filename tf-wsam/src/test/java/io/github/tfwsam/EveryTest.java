package io.github.tfwsam;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.common.truth.Correspondence;
import io.github.tfwsam.checkpoint.CheckpointFolder;
import io.github.tfwsam.graph.WriteOrder;
import io.github.tfwsam.nativeops.NativeOps;
import io.github.tfwsam.optimizers.AdamW;
import io.github.tfwsam.optimizers.RmsProp;
import io.github.tfwsam.optimizers.Sgd;
import io.github.tfwsam.schedules.Schedule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.framework.optimizers.GradientDescent;
import org.tensorflow.framework.optimizers.Momentum;
import org.tensorflow.framework.optimizers.Optimizer;
import org.tensorflow.framework.optimizers.Optimizer.GradAndVar;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.Variable;
import org.tensorflow.op.random.RandomUniform;
import org.tensorflow.proto.NodeExecStats;
import org.tensorflow.proto.RunOptions;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TFloating;

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
          new Base("AdamW", false, w -> w.startsWith("hidden"), graph -> new AdamW(graph, 0.01)),
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
      StepMetrics metrics = wsam.metrics();
      network.assertNoRace(step, metrics.loss(), metrics.gradientNorm(), metrics.skippedSteps());
      return new Trained(network, step, metrics);
    }

    List<Double> run(float[][][] batch, boolean withSecondPass) {
      List<Operand<?>> fetches = new ArrayList<>(List.of(metrics.loss(), metrics.gradientNorm()));
      if (withSecondPass) {
        fetches.addAll(List.of(metrics.perturbedLoss(), metrics.sharpness()));
      }
      return network.run(batch, step, fetches);
    }

    /** How many operations of each type a step runs, but for those that work on scalars. */
    Map<String, Integer> work(int i) {
      Session.Runner runner =
          network
              .session()
              .runner()
              .addTarget(step)
              .setOptions(
                  RunOptions.newBuilder().setTraceLevel(RunOptions.TraceLevel.FULL_TRACE).build());
      Map<String, Integer> counts = new TreeMap<>();
      try (var feeds = network.feed(runner, TestNetwork.batch(i));
          Result result = runner.runAndFetchMetadata()) {
        for (var device : result.getMetadata().orElseThrow().getStepStats().getDevStatsList()) {
          for (NodeExecStats node : device.getNodeStatsList()) {
            String type = node.getTimelineLabel().replaceFirst(".* = (\\w+)[(].*", "$1");
            boolean scalars =
                node.getOutputList().stream()
                    .allMatch(o -> o.getTensorDescription().getShape().getDimCount() == 0);
            if (type.matches("Wsam.*|L2Loss")
                || !(scalars || type.matches("Switch|Merge|Identity|Const|Variable.*"))) {
              counts.merge(type, 1, Integer::sum);
            }
          }
        }
      }
      return counts;
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
      // What is fetched comes of graphs that Grappler rewrites in several ways.
      assertThat(metrics.subList(0, 2))
          .comparingElementsUsing(Correspondence.tolerance(1e-6))
          .containsExactlyElementsIn(expected.subList(0, 2))
          .inOrder();
      assertThat(metrics.subList(2, 4)).isEqualTo(expected.subList(2, 4));
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
    try (var every = Trained.of(base, 0.8, options, ops, Wsam.every(K));
        var perturbed = Trained.of(base, 0.8, options, ops);
        var plain = plain(base, fused, options)) {
      assertTakesTurns(every, perturbed, plain);
    }
  }

  /** The base alone; where its fused step has other bits, that one. */
  private static Trained plain(Base base, Fused fused, List<Wsam.Options> options) {
    return fused == Fused.OFF || base.exact
        ? Trained.of(base, 0, options, Wsam.fused(fused))
        : Trained.of(
            base, 0.8, options, Wsam.fused(fused), Wsam.gamma((tf, step) -> tf.constant(0.0)));
  }

  @Test
  void schedulesCountPlainStepsToo() {
    Schedule rho = (tf, step) -> tf.math.mul(tenths(tf, step), tf.constant(0.3));
    // Of the network that takes the perturbed steps alone.
    Schedule rhoOfThose = (tf, step) -> rho.at(tf, tf.math.mul(step, tf.constant((long) K)));
    Schedule gammaOfThose = (tf, step) -> tenths(tf, tf.math.mul(step, tf.constant((long) K)));
    for (Base base : BASES) {
      try (var every =
              Trained.of(
                  base,
                  0.5,
                  List.of(),
                  Wsam.rho(rho),
                  Wsam.gamma(EveryTest::tenths),
                  Wsam.every(K),
                  Wsam.fused(Fused.OFF));
          var perturbed =
              Trained.of(
                  base,
                  0.5,
                  List.of(),
                  Wsam.rho(rhoOfThose),
                  Wsam.gamma(gammaOfThose),
                  Wsam.fused(Fused.OFF));
          var plain = plain(base, Fused.OFF, List.of())) {
        assertTakesTurns(every, perturbed, plain);
      }
    }
  }

  private static Operand<TFloat64> tenths(Ops tf, Operand<TInt64> step) {
    return tf.math.mul(tf.dtypes.cast(step, TFloat64.class), tf.constant(0.1));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void gradientsMayBeTransformedBetweenComputeAndApply(boolean decoupled) {
    Transformation firstHalved =
        (tf, pairs) -> {
          List<GradAndVar<?>> transformed = new ArrayList<>(pairs);
          transformed.set(0, halved(tf, pairs.get(0)));
          return transformed;
        };
    List<Wsam.Options> options = List.of(Wsam.decoupled(decoupled));
    Base base = BASES.get(0);
    try (var every = Trained.of(base, 0.8, options, firstHalved, Wsam.every(K));
        var perturbed = Trained.of(base, 0.8, options, firstHalved);
        var plain = Trained.of(base, 0, options, firstHalved)) {
      assertTakesTurns(every, perturbed, plain);
    }
  }

  @SuppressWarnings("unchecked")
  private static GradAndVar<TFloat32> halved(Ops tf, GradAndVar<?> pair) {
    return new GradAndVar<>(
        tf.math.mul((Output<TFloat32>) pair.getGradient(), tf.constant(0.5f)).asOutput(),
        (Output<TFloat32>) pair.getVariable());
  }

  private static Stream<Arguments> someBasesAndForms() {
    return basesAndForms()
        .filter(setting -> setting.get()[0].toString().matches("Momentum|RmsProp"));
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("someBasesAndForms")
  void aPlainStepRunsNothingOfTheSecondPass(
      Base base, Fused fused, String form, List<Wsam.Options> options) {
    assumeTrue(fused == Fused.OFF || NativeOps.load(), "native ops do not load");
    Wsam.Options ops = Wsam.fused(fused);
    try (var every = Trained.of(base, 0.8, options, ops, Wsam.every(K));
        var plain = Trained.of(base, 0, options, ops)) {
      Map<String, Integer> ofPerturbed = every.work(0);
      Map<String, Integer> ofPlain = every.work(1);
      Map<String, Integer> ofBase = plain.work(1);
      // A fused step is one op, the base's own steps are several.
      ofPlain.keySet().removeIf(type -> type.matches("Wsam(Resource)?Apply.*"));
      ofPlain.forEach(
          (type, count) ->
              assertWithMessage(type).that(count).isAtMost(ofBase.getOrDefault(type, 0)));
      assertThat(ofPerturbed.get("TanhGrad")).isEqualTo(2);
      assertThat(ofPlain.get("TanhGrad")).isEqualTo(1);
    }
  }

  @Test
  void bothKindsOfStepsAreFused() {
    assumeTrue(NativeOps.load(), "native ops do not load");
    for (boolean decoupled : new boolean[] {true, false}) {
      try (var every =
          Trained.of(BASES.get(0), 0.8, List.of(), Wsam.every(K), Wsam.decoupled(decoupled))) {
        for (int i = 0; i < 2; i++) {
          Map<String, Integer> work = every.work(i);
          assertThat(work).containsEntry("WsamApplyMomentum", 1);
          assertThat(work).doesNotContainKey("ApplyMomentum");
          assertThat(work).doesNotContainKey("WsamBlend");
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Fused.class,
      names = {"ON", "OFF"})
  void aPlainStepHasTheBasesBitsOfAnyGradient(Fused fused) {
    assumeTrue(fused == Fused.OFF || NativeOps.load(), "native ops do not load");
    for (boolean decoupled : new boolean[] {true, false}) {
      double[] base = steppedBySpecialGradients(0, fused, decoupled);
      assertThat(steppedBySpecialGradients(0.8, fused, decoupled)).isEqualTo(base);
      assertThat(base[1]).isEqualTo(Double.NEGATIVE_INFINITY);
    }
  }

  /** The weights and slots after a perturbed step at rest, and a plain one. */
  private static double[] steppedBySpecialGradients(double gamma, Fused fused, boolean decoupled) {
    float[] gradients = {
      -0f, Float.POSITIVE_INFINITY, Float.NaN, 1e-40f, Float.MAX_VALUE, 0.3f, 0f, -1e-30f
    };
    try (var graph = new Graph();
        var session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      Variable<TFloat32> w =
          tf.withName("w").variable(tf.constant(new float[] {-0f, 1, 1, 1, 1, 1, -0f, 1e-30f}));
      Placeholder<TFloat32> gradient = tf.placeholder(TFloat32.class);
      Operand<TFloat32> loss = tf.reduceSum(tf.math.mul(tf.identity(w), gradient), tf.array(0));
      Op step =
          new Wsam(
                  graph,
                  new Momentum(graph, 0.1f, 0.9f),
                  0.05,
                  gamma,
                  Wsam.every(2),
                  Wsam.decoupled(decoupled),
                  Wsam.fused(fused))
              .minimize(loss);
      for (float[] values : List.of(new float[gradients.length], gradients)) {
        try (TFloat32 fed = TFloat32.vectorOf(values)) {
          session.runner().addTarget(step).feed(gradient, fed).run().close();
        }
      }
      Map<String, double[]> state = Tensors.state(graph, session);
      state.remove("WSAM/steps");
      return state.values().stream().flatMapToDouble(Arrays::stream).toArray();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Fused.class,
      names = {"ON", "OFF"})
  void sixteenBitVariablesTakeTurnsToo(Fused fused) {
    assumeTrue(fused == Fused.OFF || NativeOps.load(), "native ops do not load");
    for (Class<? extends TFloating> type : List.of(TFloat16.class, TBfloat16.class)) {
      for (boolean decoupled : new boolean[] {true, false}) {
        Wsam.Options form = Wsam.decoupled(decoupled);
        try (var every = new Curve(type, 0.8, form, Wsam.fused(fused), Wsam.every(2));
            var perturbed = new Curve(type, 0.8, form, Wsam.fused(fused));
            // A fused step computes in float32, and the base in 16 bits.
            var plain =
                fused == Fused.OFF
                    ? new Curve(type, 0, form, Wsam.fused(fused))
                    : new Curve(
                        type,
                        0.8,
                        form,
                        Wsam.fused(fused),
                        Wsam.gamma((tf, step) -> tf.constant(0.0)))) {
          for (int i = 0; i < 6; i++) {
            every.session.run(every.step);
            (i % 2 == 0 ? perturbed : plain).copyAfterStep(i % 2 == 0 ? plain : perturbed);
            assertWithMessage("%s after step %s", type.getSimpleName(), i)
                .that(every.weights())
                .isEqualTo(perturbed.weights());
          }
        }
      }
    }
  }

  /** Weights of a type on a curved loss. */
  private static final class Curve implements AutoCloseable {
    final Graph graph = new Graph();
    final Session session = new Session(graph);
    final Op step;

    <T extends TFloating> Curve(Class<T> type, double gamma, Wsam.Options... options) {
      Ops tf = Ops.create(graph);
      float[] start = {0.9f, -1.3f, 0.4f, 2.1f, -0.7f};
      Variable<T> w = tf.withName("w").variable(tf.dtypes.cast(tf.constant(start), type));
      Operand<T> x = tf.identity(w);
      Operand<T> loss = tf.reduceSum(tf.math.mul(tf.math.sin(x), tf.math.square(x)), tf.array(0));
      step =
          new Wsam(graph, new Sgd(graph, 0.05, Sgd.momentum(0.5)), 0.1, gamma, options)
              .minimize(loss);
    }

    void copyAfterStep(Curve other) {
      session.run(step);
      Tensors.copyState(graph, session, other.graph, other.session);
    }

    double[] weights() {
      return Tensors.state(graph, session).get("w");
    }

    @Override
    public void close() {
      session.close();
      graph.close();
    }
  }

  /** The gradient of a sign is zero, whatever comes back to it: g2 is there in plain steps too. */
  @Test
  void aSecondGradientThatNeedsNoSecondPassIsLeftOutOfPlainSteps() {
    try (var graph = new Graph();
        var session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      Variable<TFloat32> w = tf.withName("w").variable(tf.constant(1f));
      Variable<TFloat32> v = tf.withName("v").variable(tf.constant(2f));
      Operand<TFloat32> loss =
          tf.math.add(tf.math.square(tf.identity(w)), tf.math.sign(tf.identity(v)));
      Op step =
          new Wsam(
                  graph,
                  new GradientDescent(graph, 0.1f),
                  0.5,
                  0.5,
                  Wsam.every(2),
                  Wsam.perturbed(name -> name.equals("w")))
              .minimize(loss);
      for (double expected : new double[] {0.7, 0.56, 0.348}) {
        session.run(step);
        Map<String, double[]> state = Tensors.state(graph, session);
        assertThat(state.get("w")[0]).isWithin(1e-6).of(expected);
        assertThat(state.get("v")[0]).isEqualTo(2);
      }
    }
  }

  /** By a loss whose g2 is g1, so that both kinds of step are known. */
  @Test
  void eachStepDrawsOneMaskAndWritesAveragesOnce() {
    try (var graph = new Graph();
        var session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      Variable<TFloat32> w =
          tf.withName("w").variable(tf.constant(new float[] {0.5f, -1f, 2f, 0.25f}));
      Operand<TFloat32> uniform =
          tf.random.randomUniform(tf.shape(w), TFloat32.class, RandomUniform.seed(3L));
      Operand<TFloat32> mask =
          tf.dtypes.cast(tf.math.greaterEqual(uniform, tf.constant(0.5f)), TFloat32.class);
      Variable<TFloat32> updates = tf.withName("updates").variable(tf.constant(0f));
      Operand<TFloat32> update = tf.assignAdd(updates, tf.constant(1f));
      Operand<TFloat32> loss =
          tf.withControlDependencies(update)
              .reduceSum(tf.math.mul(tf.math.mul(w, mask), tf.constant(3f)), tf.array(0));
      Op step = new Wsam(graph, new GradientDescent(graph, 0.1f), Wsam.every(K)).minimize(loss);
      for (int i = 0; i < STEPS; i++) {
        double[] before = Tensors.state(graph, session).get("w");
        try (Result result = session.runner().addTarget(step).fetch(mask).run()) {
          double[] drawn = Tensors.toDoubles(result.get(0));
          Map<String, double[]> after = Tensors.state(graph, session);
          for (int j = 0; j < drawn.length; j++) {
            double expected = before[j] - 0.1 * 3 * drawn[j];
            assertThat(after.get("w")[j]).isWithin(1e-6).of(expected);
          }
          assertThat(after.get("updates")).isEqualTo(new double[] {i + 1});
        }
      }
    }
  }

  @Test
  void aResumedRunPerturbsTheSameSteps(@TempDir Path folder) throws IOException {
    for (Base base : BASES) {
      Path ofBase = folder.resolve(base.name);
      Map<String, double[]> neverStopped;
      try (var run = Trained.of(base, 0.8, List.of(), Wsam.every(K))) {
        var checkpoints = new CheckpointFolder(ofBase, run.network.session());
        for (int i = 0; i < STEPS; i++) {
          if (i == 2) {
            checkpoints.save(i, Map.of());
          }
          run.run(TestNetwork.batch(i), false);
        }
        neverStopped = run.network.state();
      }
      try (var resumed = Trained.of(base, 0.8, List.of(), Wsam.every(K))) {
        var checkpoints = new CheckpointFolder(ofBase, resumed.network.session());
        checkpoints.restoreNewest((step, properties) -> {});
        for (int i = 2; i < STEPS; i++) {
          double sharpness = resumed.run(TestNetwork.batch(i), true).get(3);
          assertThat(Double.isNaN(sharpness)).isEqualTo(i % K != 0);
        }
        WsamOptionsTest.assertSameBits(resumed.network.state(), neverStopped);
      }
    }
  }

  @Test
  void fetchingMetricsAloneChangesNothing() {
    try (var run = Trained.of(BASES.get(0), 0.8, List.of(), Wsam.every(K))) {
      List<Operand<?>> metrics =
          List.of(run.metrics.perturbedLoss(), run.metrics.sharpness(), run.metrics.gradientNorm());
      for (int i = 0; i < 4; i++) {
        Map<String, double[]> before = run.network.state();
        boolean isPlain = i % K != 0;
        assertThat(run.network.run(i, null, metrics).get(1).isNaN()).isEqualTo(isPlain);
        WsamOptionsTest.assertSameBits(run.network.state(), before);
        assertThat(run.network.run(i, run.step, metrics).get(1).isNaN()).isEqualTo(isPlain);
      }
    }
  }

  @Test
  void everyStepIsTheDefaultToTheGraph() {
    for (Base base : BASES) {
      try (var one = Trained.of(base, 0.8, List.of(), Wsam.every(1));
          var none = Trained.of(base, 0.8, List.of());
          var withoutSharpness = Trained.of(base, 0, List.of(), Wsam.every(K));
          var alone = Trained.of(base, 0, List.of())) {
        assertThat(one.network.graph.toGraphDef()).isEqualTo(none.network.graph.toGraphDef());
        assertThat(withoutSharpness.network.graph.toGraphDef())
            .isEqualTo(alone.network.graph.toGraphDef());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, Integer.MIN_VALUE})
  void lessThanEachStepIsRefused(int k) {
    Exception e = assertThrows(IllegalArgumentException.class, () -> Wsam.every(k));
    assertThat(e).hasMessageThat().contains("every must be at least 1");
    assertThat(e).hasMessageThat().contains(Integer.toString(k));
  }

  @Test
  void plainStepsReadNoVariableWhileItIsWritten() {
    try (var graph = new Graph()) {
      Ops tf = Ops.create(graph);
      var perturbed = tf.withName("perturbed").variable(tf.constant(2f));
      var other = tf.withName("other").variable(tf.constant(3f));
      // Its gradient has a product with the variable itself, of which no part is perturbed.
      Operand<TFloat32> loss = tf.math.mul(tf.math.square(tf.identity(other)), perturbed);
      Op step =
          new Wsam(
                  graph,
                  new Momentum(graph, 0.1f, 0.9f),
                  0.05,
                  0.9,
                  Wsam.every(K),
                  Wsam.perturbed(name -> name.equals("perturbed")))
              .minimize(loss);
      assertThat(WriteOrder.violations(List.of((GraphOperation) step.op()))).isEmpty();
    }
  }
}
