package io.github.tfwsam;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.tfwsam.graph.Devices;
import io.github.tfwsam.graph.Node;
import io.github.tfwsam.nativeops.NativeOps;
import io.github.tfwsam.optimizers.Adam;
import io.github.tfwsam.optimizers.AdamW;
import io.github.tfwsam.optimizers.Sgd;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.DeviceSpec;
import org.tensorflow.DeviceSpec.DeviceType;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.framework.optimizers.Momentum;
import org.tensorflow.framework.optimizers.Optimizer;
import org.tensorflow.framework.optimizers.Optimizer.GradAndVar;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.family.TFloating;
import org.tensorflow.types.family.TType;

/** The step by native ops against the step by TensorFlow's. */
class FusedStepTest {

  private record Base(String name, boolean exact, Function<Graph, Optimizer> in) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static List<Base> bases() {
    List<Base> bases = new ArrayList<>();
    for (BaseOptimizer base : BaseOptimizer.values()) {
      bases.add(new Base(base.name(), base != BaseOptimizer.ADAM, base::in));
    }
    bases.add(new Base("Sgd", true, graph -> new Sgd(graph, 0.1)));
    bases.add(
        new Base(
            "Sgd, decayed",
            true,
            graph -> new Sgd(graph, 0.1, Sgd.momentum(0.9), Sgd.weightDecay(0.05))));
    bases.add(
        new Base(
            "Sgd, Nesterov",
            true,
            graph ->
                new Sgd(graph, 0.1, Sgd.momentum(0.9), Sgd.nesterov(true), Sgd.weightDecay(0.05))));
    bases.add(
        new Base(
            "Adam, decayed",
            false,
            graph ->
                new Adam(
                    graph, 0.01, Adam.betaTwo(0.99), Adam.epsilon(1e-7), Adam.weightDecay(0.05))));
    bases.add(
        new Base(
            "AdamW",
            false,
            graph ->
                new AdamW(
                    graph, 0.01, Adam.betaTwo(0.99), Adam.epsilon(1e-7), AdamW.weightDecay(0.05))));
    return bases;
  }

  private static Stream<Arguments> basesAndModes() {
    Map<String, List<Wsam.Options>> modes = new TreeMap<>();
    modes.put("decoupled", List.of());
    modes.put("coupled", List.of(Wsam.decoupled(false)));
    modes.put("decoupled, adaptive, clipped", List.of(Wsam.adaptive(true), Wsam.maxNorm(0.2)));
    modes.put(
        "coupled, clipped, some perturbed, skipping",
        List.of(
            Wsam.decoupled(false),
            Wsam.maxNorm(0.2),
            Wsam.perturbed(name -> name.endsWith("weight")),
            Wsam.skipNonFinite(true)));
    return bases().stream()
        .flatMap(
            base ->
                modes.entrySet().stream()
                    .map(mode -> Arguments.of(base, mode.getKey(), mode.getValue())));
  }

  private static Stream<Arguments> exactBasesAndModes() {
    return basesAndModes()
        .filter(setting -> ((Base) setting.get()[0]).exact)
        .filter(setting -> !((String) setting.get()[1]).startsWith("coupled, clipped"));
  }

  private static Wsam wsam(Graph graph, Optimizer base, Fused fused, List<Wsam.Options> options) {
    List<Wsam.Options> all = new ArrayList<>(options);
    all.add(Wsam.fused(fused));
    return new Wsam(graph, base, 0.1, 0.8, all.toArray(new Wsam.Options[0]));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("basesAndModes")
  void trainsAsStockOpsDo(Base base, String mode, List<Wsam.Options> options) {
    assumeNative();
    Map<String, double[]> stock = train(base, Fused.OFF, options);
    Map<String, double[]> fused = train(base, Fused.ON, options);
    assertThat(fused.keySet()).isEqualTo(stock.keySet());
    stock.forEach(
        (name, values) ->
            assertWithMessage(name)
                .that(fused.get(name))
                .usingTolerance(2e-5)
                .containsExactly(values)
                .inOrder());
  }

  private static Map<String, double[]> train(Base base, Fused fused, List<Wsam.Options> options) {
    try (var network = new TestNetwork()) {
      Wsam wsam = wsam(network.graph, base.in.apply(network.graph), fused, options);
      Op step = wsam.minimize(network.loss);
      network.assertNoRace(step, wsam.metrics().gradientNorm(), wsam.metrics().sharpness());
      for (int i = 0; i < 12; i++) {
        network.run(i, step, List.of());
      }
      return network.state();
    }
  }

  /**
   * With one weight the norm is |g|, without rounding, so that all the rest must agree too. Left
   * out: Adam, whose square root TensorFlow approximates, and clipping before the blend, where
   * Grappler reorders the products of stock ops.
   */
  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("exactBasesAndModes")
  void hasTheBitsOfStockOps(Base base, String mode, List<Wsam.Options> options) {
    assumeNative();
    for (Class<? extends TFloating> type : List.of(TFloat32.class, TFloat64.class)) {
      double[] stock = path(base, Fused.OFF, options, type);
      double[] fused = path(base, Fused.ON, options, type);
      assertWithMessage(type.getSimpleName()).that(fused).isEqualTo(stock);
      assertThat(Arrays.stream(fused).distinct().count()).isGreaterThan(3);
    }
  }

  private static <T extends TFloating> double[] path(
      Base base, Fused fused, List<Wsam.Options> options, Class<T> type) {
    try (var graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Variable<T> w =
          tf.withName("weight").variable(tf.dtypes.cast(tf.constant(new float[] {1.3f}), type));
      Operand<T> x = tf.identity(w);
      Operand<T> loss = tf.reduceSum(tf.math.mul(tf.math.sin(x), tf.math.square(x)), tf.array(0));
      Op step = wsam(graph, base.in.apply(graph), fused, options).minimize(loss);
      try (var session = new Session(graph)) {
        session.initialize();
        double[] path = new double[20];
        for (int i = 0; i < path.length; i++) {
          session.run(step);
          try (var result = session.runner().fetch(w).run()) {
            path[i] = Tensors.toDoubles(result.get(0))[0];
          }
        }
        return path;
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void oneOpStepsAllVariables(boolean decoupled) {
    assumeNative();
    try (var network = new TestNetwork()) {
      Op step =
          wsam(
                  network.graph,
                  new Momentum(network.graph, 0.1f, 0.9f),
                  Fused.ON,
                  List.of(Wsam.decoupled(decoupled)))
              .minimize(network.loss);
      assertThat(network.variables.size()).isGreaterThan(1);
      assertThat(updates(step))
          .containsExactly("WsamGlobalNorm", "WsamPerturb", "WsamApplyMomentum");
    }
  }

  @Test
  void oneOpStepsAllResourcesOneAllReferences() {
    assumeNative();
    try (var network = new TestNetwork(1, name -> name.endsWith("weight"))) {
      Optimizer base = new AdamW(network.graph, 0.01);
      assertThat(updates(wsam(network.graph, base, Fused.ON, List.of()).minimize(network.loss)))
          .containsExactly(
              "WsamGlobalNorm", "WsamPerturb", "WsamResourceApplyAdam", "WsamApplyAdam");
    }
  }

  @Test
  void aBaseThatCannotBeFusedKeepsItsOwnOps() {
    assumeNative();
    try (var network = new TestNetwork()) {
      Optimizer base = BaseOptimizer.RMS_PROP.in(network.graph);
      List<String> coupled =
          updates(
              wsam(network.graph, base, Fused.ON, List.of(Wsam.decoupled(false)))
                  .minimize(network.loss));
      assertThat(coupled)
          .containsExactly(
              "WsamGlobalNorm",
              "WsamPerturb",
              "WsamBlend",
              "ApplyRMSProp",
              "ApplyRMSProp",
              "ApplyRMSProp",
              "ApplyRMSProp");
      List<String> decoupled =
          updates(wsam(network.graph, base, Fused.ON, List.of()).minimize(network.loss));
      assertThat(decoupled).contains("WsamApplyDecoupled");
      assertThat(decoupled).doesNotContain("ApplyGradientDescent");
    }
  }

  @Test
  void aTransformedGradientGoesToTheBaseItself() {
    assumeNative();
    try (var network = new TestNetwork()) {
      Wsam wsam = wsam(network.graph, new Momentum(network.graph, 0.1f, 0.9f), Fused.ON, List.of());
      List<GradAndVar<? extends TType>> pairs = new ArrayList<>();
      for (GradAndVar<?> pair : wsam.computeGradients(network.loss)) {
        pairs.add(pairs.isEmpty() ? halved(network.tf, pair) : pair);
      }
      assertThat(updates(wsam.applyGradients(pairs, "step")))
          .containsExactly(
              "WsamGlobalNorm",
              "WsamPerturb",
              "ApplyMomentum",
              "WsamApplyMomentum",
              "WsamApplyDecoupled");
    }
  }

  @SuppressWarnings("unchecked")
  private static <T extends TType> GradAndVar<TFloat32> halved(Ops tf, GradAndVar<T> pair) {
    var gradient = (GradAndVar<TFloat32>) pair;
    return new GradAndVar<>(
        tf.math.mul(gradient.getGradient(), tf.constant(0.5f)).asOutput(), gradient.getVariable());
  }

  @Test
  void variablesOnAGpuAreLeftToStockOps() {
    assumeNative();
    try (var graph = new Graph()) {
      Ops tf = Ops.create(graph);
      List<Operand<TFloat32>> squares = new ArrayList<>();
      for (DeviceType type : List.of(DeviceType.CPU, DeviceType.GPU)) {
        DeviceSpec device = DeviceSpec.newBuilder().deviceType(type).deviceIndex(0).build();
        Variable<TFloat32> w = tf.withDevice(device).variable(tf.constant(1f));
        squares.add(tf.math.square(tf.identity(w)));
      }
      Op step =
          wsam(graph, new Momentum(graph, 0.1f, 0.9f), Fused.AUTO, List.of())
              .minimize(tf.math.addN(squares));
      List<Node> nativeOps =
          Node.allAncestors(List.of((GraphOperation) step.op()), List.of()).stream()
              .filter(node -> node.type().matches("WsamApplyMomentum|WsamPerturb"))
              .toList();
      assertThat(nativeOps).hasSize(2);
      for (Node node : nativeOps) {
        assertThat(node.operation().device()).contains("CPU");
        assertThat(Devices.of(Node.operation(node.inputs().get(0))).deviceType())
            .isEqualTo(DeviceType.CPU);
      }
      assertThat(updates(step)).contains("ApplyMomentum");
    }
  }

  @Test
  void whereNativeOpsDoNotLoadStockOpsRun() {
    assumeFalse(NativeOps.load(), "native ops load");
    try (var network = new TestNetwork()) {
      Optimizer base = new Momentum(network.graph, 0.1f, 0.9f);
      assertThat(updates(wsam(network.graph, base, Fused.AUTO, List.of()).minimize(network.loss)))
          .doesNotContain("WsamPerturb");
      Exception e =
          assertThrows(
              IllegalStateException.class, () -> wsam(network.graph, base, Fused.ON, List.of()));
      assertThat(e).hasMessageThat().contains(NativeOps.failure().orElseThrow());
    }
  }

  private static void assumeNative() {
    assumeTrue(NativeOps.load(), "native ops do not load");
  }

  /** The types of the ops that a step runs to write variables, and of the native ones. */
  private static List<String> updates(Op step) {
    return Node.allAncestors(List.of((GraphOperation) step.op()), List.of()).stream()
        .map(Node::type)
        .filter(type -> type.matches("Wsam.*|(Resource)?Apply.*|AssignSub(VariableOp)?"))
        .toList();
  }
}
