package io.github.tfwsam;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.tfwsam.optimizers.Adagrad;
import io.github.tfwsam.optimizers.Adam;
import io.github.tfwsam.optimizers.AdamW;
import io.github.tfwsam.optimizers.RmsProp;
import io.github.tfwsam.optimizers.Sgd;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.framework.optimizers.Optimizer;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.VarHandleOp;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.family.TFloating;

/** All that holds for reference variables holds for resource variables. */
class ResourceVariablesTest {

  private static Map<String, Function<Graph, Optimizer>> bases() {
    Map<String, Function<Graph, Optimizer>> bases = new TreeMap<>();
    bases.put("Sgd", graph -> new Sgd(graph, 0.1));
    bases.put(
        "Sgd, Nesterov",
        graph -> new Sgd(graph, 0.1, Sgd.momentum(0.9), Sgd.nesterov(true), Sgd.weightDecay(0.05)));
    bases.put("Adam, decayed", graph -> new Adam(graph, 0.01, Adam.weightDecay(0.05)));
    bases.put("AdamW", graph -> new AdamW(graph, 0.01));
    bases.put("RmsProp", graph -> new RmsProp(graph, 0.01));
    bases.put("Adagrad", graph -> new Adagrad(graph, 0.1));
    return bases;
  }

  private static Stream<Arguments> settings() {
    Map<String, List<Wsam.Options>> modes = new TreeMap<>();
    modes.put("decoupled", List.of());
    modes.put("coupled, adaptive", List.of(Wsam.decoupled(false), Wsam.adaptive(true)));
    modes.put(
        "decoupled, clipped, some perturbed, skipping",
        List.of(
            Wsam.maxNorm(0.2),
            Wsam.perturbed(name -> name.endsWith("weight")),
            Wsam.skipNonFinite(true)));
    return bases().entrySet().stream()
        .flatMap(
            base ->
                modes.entrySet().stream()
                    .flatMap(
                        mode ->
                            Stream.of(Fused.AUTO, Fused.OFF)
                                .map(
                                    fused ->
                                        Arguments.of(
                                            base.getKey(),
                                            base.getValue(),
                                            mode.getKey(),
                                            mode.getValue(),
                                            fused))));
  }

  @ParameterizedTest(name = "{0} {2} {4}")
  @MethodSource("settings")
  void trainTheSameBitsAsReferenceVariables(
      String baseName,
      Function<Graph, Optimizer> base,
      String modeName,
      List<Wsam.Options> mode,
      Fused fused) {
    Map<String, double[]> references = train(base, mode, fused, name -> false);
    WsamOptionsTest.assertSameBits(train(base, mode, fused, name -> true), references);
    WsamOptionsTest.assertSameBits(
        train(base, mode, fused, name -> name.startsWith("hidden")), references);
  }

  private static Map<String, double[]> train(
      Function<Graph, Optimizer> base,
      List<Wsam.Options> mode,
      Fused fused,
      Predicate<String> resources) {
    try (var network = new TestNetwork(1, resources)) {
      List<Wsam.Options> options = new ArrayList<>(mode);
      options.add(Wsam.fused(fused));
      var wsam =
          new Wsam(
              network.graph,
              base.apply(network.graph),
              0.1,
              0.8,
              options.toArray(new Wsam.Options[0]));
      Op step = wsam.minimize(network.loss);
      network.assertNoRace(step, wsam.metrics().sharpness(), wsam.metrics().gradientNorm());
      for (int i = 0; i < 8; i++) {
        network.run(i, step, List.of());
      }
      return network.state();
    }
  }

  @Test
  void aNonFiniteStepChangesNoBit() {
    try (var network = new TestNetwork(1, name -> true)) {
      var wsam = new Wsam(network.graph, new AdamW(network.graph, 0.01), Wsam.skipNonFinite(true));
      Op step = wsam.minimize(network.loss);
      network.run(0, step, List.of());
      Map<String, double[]> before = network.state();
      float[][][] batch = TestNetwork.batch(1);
      batch[0][2][1] = Float.NaN;
      assertThat(network.run(batch, step, List.of(wsam.metrics().skipped()))).containsExactly(1.0);
      Map<String, double[]> after = network.state();
      before.keySet().removeIf(name -> name.contains("skipped_steps"));
      after.keySet().removeIf(name -> name.contains("skipped_steps"));
      WsamOptionsTest.assertSameBits(after, before);
    }
  }

  /** A variable that is read twice, through an identity, and by a second handle of its name. */
  @Test
  void everyReadOfAVariableIsPerturbedAndDifferentiated() {
    List<Double> paths = new ArrayList<>();
    for (boolean often : new boolean[] {false, true}) {
      try (var graph = new Graph();
          var session = new Session(graph)) {
        Ops tf = Ops.create(graph);
        VarHandleOp w = handle(tf, "w", TFloat64.class);
        tf.withInitScope().assignVariableOp(w, tf.constant(0.7));
        Operand<TFloat64> once = tf.readVariableOp(w, TFloat64.class);
        Operand<TFloat64> again = often ? tf.readVariableOp(w, TFloat64.class) : once;
        Operand<TFloat64> other =
            often ? tf.readVariableOp(handle(tf, "w", TFloat64.class), TFloat64.class) : once;
        Operand<TFloat64> loss =
            tf.math.mul(tf.math.sin(once), tf.math.mul(tf.math.exp(again), other));
        Op step = new Wsam(graph, new Sgd(graph, 0.1), 0.1, 0.9).minimize(loss);
        session.initialize();
        for (int i = 0; i < 5; i++) {
          session.run(step);
        }
        try (var result = session.runner().fetch(once).run()) {
          paths.add(((TFloat64) result.get(0)).getDouble());
        }
      }
    }
    assertThat(paths.get(1)).isWithin(1e-14).of(paths.get(0));
    assertThat(paths.get(0)).isNotWithin(1e-3).of(0.7);
  }

  private static VarHandleOp handle(Ops tf, String name, Class<? extends TFloating> type) {
    return tf.withName(name).varHandleOp(type, Shape.scalar(), VarHandleOp.sharedName(name));
  }

  @Test
  void variablesOfOneNameInTwoContainersAreTwo() {
    try (var graph = new Graph();
        var session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      List<Operand<TFloat64>> reads = new ArrayList<>();
      for (String container : List.of("a", "b")) {
        VarHandleOp w =
            tf.varHandleOp(
                TFloat64.class,
                Shape.scalar(),
                VarHandleOp.sharedName("w"),
                VarHandleOp.container(container));
        tf.withInitScope().assignVariableOp(w, tf.constant(1.0));
        reads.add(tf.readVariableOp(w, TFloat64.class));
      }
      var wsam = new Wsam(graph, new Sgd(graph, 0.1));
      assertThat(wsam.computeGradients(tf.math.mul(reads.get(0), reads.get(1)))).hasSize(2);
      session.initialize();
    }
  }

  @Test
  void aSmallPerturbationOfSixteenBitsIsNotRoundedAway() {
    for (Class<? extends TFloating> type : List.of(TFloat16.class, TBfloat16.class)) {
      assertThat(sharpness(type)).isWithin(1e-5).of(1e-4);
    }
  }

  /** L(w + e) - L(w) of L = w at w = 1 with rho 1e-4. */
  private static <T extends TFloating> double sharpness(Class<T> type) {
    try (var graph = new Graph();
        var session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      VarHandleOp w = handle(tf, "w", type);
      tf.withInitScope().assignVariableOp(w, tf.dtypes.cast(tf.constant(1f), type));
      Operand<T> loss = tf.identity(tf.readVariableOp(w, type));
      var wsam = new Wsam(graph, new Sgd(graph, 0.5), 1e-4, 0.5);
      Op step = wsam.minimize(loss);
      Operand<TFloat32> sharpness = tf.dtypes.cast(wsam.metrics().sharpness(), TFloat32.class);
      try (var result = session.runner().addTarget(step).fetch(sharpness).run()) {
        return ((TFloat32) result.get(0)).getFloat();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(BaseOptimizer.class)
  void aBaseOfTheFrameworkIsRefusedWithOneToUse(BaseOptimizer base) {
    try (var network = new TestNetwork(1, name -> name.equals("output_bias"))) {
      var wsam = new Wsam(network.graph, base.in(network.graph));
      var refusal = assertThrows(IllegalArgumentException.class, () -> wsam.minimize(network.loss));
      assertThat(refusal).hasMessageThat().contains("'output_bias' is a resource");
      assertThat(refusal).hasMessageThat().containsMatch("Sgd|Adam|RmsProp|Adagrad");
    }
  }
}
