package io.github.tfwsam;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.framework.optimizers.Adam;
import org.tensorflow.framework.optimizers.GradientDescent;
import org.tensorflow.framework.optimizers.Momentum;
import org.tensorflow.framework.optimizers.Optimizer.GradAndVar;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;

class WsamTest {

  @ParameterizedTest
  @EnumSource(BaseOptimizer.class)
  void twoRunsOfOneSeedHaveTheSameBits(BaseOptimizer base) {
    assertThat(trainedBits(base)).isEqualTo(trainedBits(base));
  }

  private static List<Object> trainedBits(BaseOptimizer base) {
    try (var network = new TestNetwork()) {
      var wsam = new Wsam(network.graph, base.in(network.graph), 0.1, 0.9);
      Op step = wsam.minimize(network.loss);
      List<Object> bits = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        bits.add(network.run(i, step, List.of(network.loss, wsam.metrics().sharpness())));
      }
      network.state().values().forEach(v -> bits.add(Arrays.stream(v).boxed().toList()));
      return bits;
    }
  }

  @ParameterizedTest
  @EnumSource(BaseOptimizer.class)
  void aRestoredSessionGoesOnWithTheSameBits(BaseOptimizer base, @TempDir Path folder) {
    try (var network = new TestNetwork()) {
      Op step =
          new Wsam(network.graph, base.in(network.graph), Wsam.skipNonFinite(true))
              .minimize(network.loss);
      for (int i = 0; i < 5; i++) {
        network.run(i, step, List.of());
      }
      String checkpoint = folder.resolve("checkpoint").toString();
      network.session().save(checkpoint);
      for (int i = 5; i < 10; i++) {
        network.run(i, step, List.of());
      }
      Map<String, double[]> neverStopped = network.state();
      network.session().restore(checkpoint);
      for (int i = 5; i < 10; i++) {
        network.run(i, step, List.of());
      }
      WsamOptionsTest.assertSameBits(network.state(), neverStopped);
    }
  }

  @Test
  void trains() {
    try (var network = new TestNetwork()) {
      Op step =
          new Wsam(network.graph, new Momentum(network.graph, 0.05f, 0.9f)).minimize(network.loss);
      double before = meanLoss(network);
      for (int i = 0; i < 200; i++) {
        network.run(i % 20, step, List.of());
      }
      assertThat(meanLoss(network)).isLessThan(before / 2);
    }
  }

  private static double meanLoss(TestNetwork network) {
    double sum = 0;
    for (int i = 0; i < 20; i++) {
      sum += network.run(i, null, List.of(network.loss)).get(0);
    }
    return sum / 20;
  }

  @Test
  void metricsAreOfTheWeightsBeforeTheStepAndFetchingThemChangesNothing() {
    try (var network = new TestNetwork()) {
      var wsam =
          new Wsam(
              network.graph, new Momentum(network.graph, 0.1f, 0.9f), Wsam.skipNonFinite(true));
      Op step = wsam.minimize(network.loss);
      StepMetrics metrics = wsam.metrics();
      List<Operand<?>> all =
          List.of(
              metrics.loss(),
              metrics.perturbedLoss(),
              metrics.gradientNorm(),
              metrics.sharpness(),
              metrics.skipped(),
              metrics.skippedSteps());
      network.assertNoRace(
          step,
          metrics.loss(),
          metrics.perturbedLoss(),
          metrics.gradientNorm(),
          metrics.sharpness(),
          metrics.skippedSteps());
      Map<String, double[]> before = network.state();
      List<Double> alone = network.run(3, null, all);
      WsamOptionsTest.assertSameBits(network.state(), before);
      assertThat(network.run(3, step, all)).isEqualTo(alone);
      assertThat(network.state().get("output_bias")).isNotEqualTo(before.get("output_bias"));
      assertThat(alone.get(1) - alone.get(0)).isWithin(1e-6).of(alone.get(3));
      // To first order L(w + e) - L(w) is rho |g1|.
      assertThat(alone.get(3)).isWithin(0.1 * alone.get(3)).of(0.05 * alone.get(2));
      assertThat(alone.get(4)).isEqualTo(0);
    }
  }

  @ParameterizedTest
  @EnumSource(BaseOptimizer.class)
  void aNonFiniteStepChangesNoBitAndIsCounted(BaseOptimizer base) {
    for (boolean decoupled : new boolean[] {true, false}) {
      try (var network = new TestNetwork()) {
        var wsam =
            new Wsam(
                network.graph,
                base.in(network.graph),
                0.05,
                0.9,
                Wsam.decoupled(decoupled),
                Wsam.skipNonFinite(true));
        Op step = wsam.minimize(network.loss);
        network.assertNoRace(step, network.loss);
        List<Operand<?>> fetches = List.of(wsam.metrics().skipped(), wsam.metrics().skippedSteps());
        assertThat(network.run(0, step, fetches)).containsExactly(0.0, 0.0).inOrder();
        for (float poison : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
          Map<String, double[]> before = network.state();
          float[][][] batch = TestNetwork.batch(1);
          batch[0][2][1] = poison;
          double skippedSteps = poison == Float.POSITIVE_INFINITY ? 2 : 1;
          assertThat(network.run(batch, step, fetches))
              .containsExactly(1.0, skippedSteps)
              .inOrder();
          Map<String, double[]> after = network.state();
          before.keySet().removeIf(name -> name.contains("skipped_steps"));
          after.keySet().removeIf(name -> name.contains("skipped_steps"));
          WsamOptionsTest.assertSameBits(after, before);
        }
        Map<String, double[]> before = network.state();
        assertThat(network.run(2, step, fetches)).containsExactly(0.0, 2.0).inOrder();
        assertThat(network.state().get("hidden_weight")).isNotEqualTo(before.get("hidden_weight"));
      }
    }
  }

  @Test
  void aLossThatAloneIsNotFiniteSkipsTheStep() {
    // The gradient is 1 whatever is added to the loss.
    assertThat(skips(w -> tf -> tf.math.add(w, tf.constant(Float.POSITIVE_INFINITY)))).isTrue();
    assertThat(skips(w -> tf -> tf.math.add(w, tf.constant(1f)))).isFalse();
  }

  @Test
  void aSecondPassThatAloneIsNotFiniteSkipsTheStep() {
    // w is 0.5 and w + e is 1.1, where the root has no value.
    assertThat(skips(w -> tf -> tf.math.neg(tf.math.sqrt(tf.math.sub(tf.constant(1f), w)))))
        .isTrue();
    assertThat(skips(w -> tf -> tf.math.neg(tf.math.sqrt(tf.math.sub(tf.constant(2f), w)))))
        .isFalse();
  }

  private static boolean skips(
      Function<Operand<TFloat32>, Function<Ops, Operand<TFloat32>>> lossOf) {
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      var w = tf.variable(tf.constant(0.5f));
      Operand<TFloat32> loss = lossOf.apply(tf.identity(w)).apply(tf);
      var wsam =
          new Wsam(graph, new GradientDescent(graph, 0.1f), 0.6, 0.9, Wsam.skipNonFinite(true));
      Op step = wsam.minimize(loss);
      try (Result result = session.runner().addTarget(step).fetch(wsam.metrics().skipped()).run()) {
        boolean skipped = Tensors.toDoubles(result.get(0))[0] == 1;
        try (Result after = session.runner().fetch(w).run()) {
          assertThat(Tensors.toDoubles(after.get(0))[0] == 0.5).isEqualTo(skipped);
        }
        return skipped;
      }
    }
  }

  @Test
  void aStepThatSkipsHasTheBitsOfOneThatDoesNotWhereAllIsFinite() {
    assertThat(weightsAfterTraining(Wsam.skipNonFinite(true)))
        .isEqualTo(weightsAfterTraining(Wsam.skipNonFinite(false)));
  }

  private static List<Double> weightsAfterTraining(Wsam.Options option) {
    try (var network = new TestNetwork()) {
      Op step =
          new Wsam(network.graph, new Adam(network.graph, 0.01f), option).minimize(network.loss);
      for (int i = 0; i < 20; i++) {
        network.run(i, step, List.of());
      }
      List<Double> weights = new ArrayList<>();
      for (String name : network.variables.keySet()) {
        for (double weight : network.state().get(name)) {
          weights.add(weight);
        }
      }
      return weights;
    }
  }

  @Test
  void aRunThatFailsChangesNoBit() {
    try (var network = new TestNetwork()) {
      Ops tf = network.tf;
      Placeholder<TFloat32> limit = tf.placeholder(TFloat32.class);
      Operand<TFloat32> checked =
          tf.withControlDependencies(
                  tf.assertThat(
                      tf.math.less(network.loss, limit), List.of(tf.constant("loss too large"))))
              .identity(network.loss);
      Op step = new Wsam(network.graph, new Adam(network.graph, 0.1f)).minimize(checked);
      Session.Runner good = network.session().runner().addTarget(step);
      try (var feeds = network.feed(good, TestNetwork.batch(0))) {
        feeds.scalar(limit, 100);
        good.run().close();
      }
      Map<String, double[]> before = network.state();
      Session.Runner bad = network.session().runner().addTarget(step);
      try (var feeds = network.feed(bad, TestNetwork.batch(1))) {
        feeds.scalar(limit, 0);
        assertThrows(RuntimeException.class, bad::run);
      }
      WsamOptionsTest.assertSameBits(network.state(), before);
    }
  }

  @Test
  void trainsAndPerturbsTheVariablesThatAreChosen() {
    try (var network = new TestNetwork()) {
      var wsam =
          new Wsam(
              network.graph,
              new GradientDescent(network.graph, 0.1f),
              0.05,
              0.9,
              Wsam.trainable(name -> name.startsWith("output")),
              Wsam.perturbed(name -> !name.endsWith("bias")));
      List<GradAndVar<?>> pairs = wsam.computeGradients(network.loss);
      assertThat(pairs.stream().map(pair -> pair.getVariable().op().name()).toList())
          .containsExactly("output_weight", "output_bias");
      Op step = wsam.applyGradients(pairs, "step");
      Map<String, double[]> before = network.state();
      network.run(0, step, List.of());
      Map<String, double[]> after = network.state();
      assertThat(after.get("hidden_weight")).isEqualTo(before.get("hidden_weight"));
      assertThat(after.get("hidden_bias")).isEqualTo(before.get("hidden_bias"));
      assertThat(after.get("output_weight")).isNotEqualTo(before.get("output_weight"));
      assertThat(after.get("output_bias")).isNotEqualTo(before.get("output_bias"));
      // The hidden layer does not change between the passes, so the second pass shares it.
      assertThat(network.graph.operation("WSAM/second_pass/Tanh")).isNull();
    }
  }

  @Test
  void choicesThatLeaveNothingAreRefused() {
    try (var network = new TestNetwork()) {
      var base = new GradientDescent(network.graph, 0.1f);
      var untrained = new Wsam(network.graph, base, Wsam.trainable(name -> false));
      assertThat(
              assertThrows(IllegalArgumentException.class, () -> untrained.minimize(network.loss)))
          .hasMessageThat()
          .contains("'loss' depends on no trainable variable");
      var unperturbed = new Wsam(network.graph, base, Wsam.perturbed(name -> false));
      assertThat(
              assertThrows(
                  IllegalArgumentException.class, () -> unperturbed.minimize(network.loss)))
          .hasMessageThat()
          .contains("Wsam.perturbed admits none");
    }
  }

  @Test
  void gradientsMayBeTransformedBetweenComputeAndApply() {
    try (var network = new TestNetwork();
        var untransformed = new TestNetwork()) {
      var wsam =
          new Wsam(
              network.graph,
              new GradientDescent(network.graph, 0.2f),
              0.05,
              0.9,
              Wsam.decoupled(false));
      List<GradAndVar<?>> halved = new ArrayList<>();
      for (GradAndVar<?> pair : wsam.computeGradients(network.loss)) {
        halved.add(half(network.tf, pair));
      }
      Op step = wsam.applyGradients(halved, "step");
      network.assertNoRace(step);
      Op fullStep =
          new Wsam(
                  untransformed.graph,
                  new GradientDescent(untransformed.graph, 0.1f),
                  0.05,
                  0.9,
                  Wsam.decoupled(false))
              .minimize(untransformed.loss);
      network.run(0, step, List.of());
      untransformed.run(0, fullStep, List.of());
      network
          .variables
          .keySet()
          .forEach(
              name ->
                  assertThat(network.state().get(name))
                      .usingTolerance(1e-7)
                      .containsExactly(untransformed.state().get(name))
                      .inOrder());
    }
  }

  @SuppressWarnings("unchecked")
  private static GradAndVar<TFloat32> half(Ops tf, GradAndVar<?> pair) {
    return new GradAndVar<>(
        tf.math.mul((Output<TFloat32>) pair.getGradient(), tf.constant(0.5f)).asOutput(),
        (Output<TFloat32>) pair.getVariable());
  }

  @Test
  void eachTransformedGradientFindsTheLossItCameFrom() {
    try (var network = new TestNetwork()) {
      var wsam = new Wsam(network.graph, new GradientDescent(network.graph, 0.1f), 0.05, 0.9);
      Operand<TFloat32> doubled = network.tf.math.mul(network.loss, network.tf.constant(2f));
      List<GradAndVar<?>> ofLoss = wsam.computeGradients(network.loss);
      List<GradAndVar<?>> ofDoubled = wsam.computeGradients(doubled);
      Op stepOfLoss =
          wsam.applyGradients(
              ofLoss.stream().<GradAndVar<?>>map(p -> half(network.tf, p)).toList(), "a");
      Op stepOfDoubled = wsam.applyGradients(ofDoubled, "b");
      network.assertNoRace(stepOfLoss);
      network.assertNoRace(stepOfDoubled);
      Map<String, double[]> start = network.state();
      network.run(0, stepOfLoss, List.of());
      Map<String, double[]> afterLoss = network.state();
      // w - lr (g/2 + a d) against w - lr (2g + 2 a d'): a step taken for the wrong loss would
      // differ.
      try (var expected = new TestNetwork()) {
        var single = new Wsam(expected.graph, new GradientDescent(expected.graph, 0.1f), 0.05, 0.9);
        List<GradAndVar<?>> pairs = new ArrayList<>();
        for (GradAndVar<?> pair : single.computeGradients(expected.loss)) {
          pairs.add(half(expected.tf, pair));
        }
        expected.run(0, single.applyGradients(pairs, "step"), List.of());
        network
            .variables
            .keySet()
            .forEach(name -> assertThat(afterLoss.get(name)).isEqualTo(expected.state().get(name)));
      }
      assertThat(afterLoss.get("hidden_bias")).isNotEqualTo(start.get("hidden_bias"));
    }
  }

  @Test
  void someOfTheGradientsMayBeApplied() {
    try (var network = new TestNetwork()) {
      var wsam = new Wsam(network.graph, new Adam(network.graph, 0.1f));
      List<GradAndVar<?>> pairs = wsam.computeGradients(network.loss);
      List<GradAndVar<?>> biases =
          pairs.stream().filter(p -> p.getVariable().op().name().endsWith("bias")).toList();
      Op step = wsam.applyGradients(biases, "biases");
      Map<String, double[]> before = network.state();
      network.run(0, step, List.of());
      assertThat(network.state().get("output_weight")).isEqualTo(before.get("output_weight"));
      assertThat(network.state().get("output_bias")).isNotEqualTo(before.get("output_bias"));
    }
  }

  @Test
  void gradientsOfAnotherOptimizerAreRefused() {
    try (var network = new TestNetwork()) {
      var wsam = new Wsam(network.graph, new GradientDescent(network.graph, 0.1f));
      List<GradAndVar<?>> pairs = wsam.computeGradients(network.loss);
      var other = new Wsam(network.graph, new GradientDescent(network.graph, 0.1f));
      var refusal =
          assertThrows(IllegalArgumentException.class, () -> other.applyGradients(pairs, "step"));
      assertThat(refusal).hasMessageThat().contains("hidden_weight");
    }
  }

  @Test
  void severalLossesAndVariableSetsTrainInOneGraph() {
    // A generator and a discriminator, each with its loss, its variables and its optimizer.
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      var noise = tf.constant(new float[][] {{0.3f}, {-0.7f}, {1.1f}});
      var real = tf.constant(new float[][] {{2f}, {2.2f}, {1.8f}});
      var generator = tf.withName("generator").variable(tf.constant(new float[][] {{0.5f}}));
      var discriminator =
          tf.withName("discriminator").variable(tf.constant(new float[][] {{0.4f}}));
      Operand<TFloat32> fake = tf.linalg.matMul(noise, generator);
      Operand<TFloat32> realScore = tf.math.sigmoid(tf.linalg.matMul(real, discriminator));
      Operand<TFloat32> fakeScore = tf.math.sigmoid(tf.linalg.matMul(fake, discriminator));
      var axes = tf.constant(new int[] {0, 1});
      Operand<TFloat32> discriminatorLoss =
          tf.math.mean(tf.math.sub(tf.math.square(fakeScore), tf.math.log(realScore)), axes);
      Operand<TFloat32> generatorLoss = tf.math.neg(tf.math.mean(tf.math.log(fakeScore), axes));
      var base = new Adam(graph, 0.01f);
      var wsamOfDiscriminator =
          new Wsam(graph, base, Wsam.trainable(name -> name.startsWith("discriminator")));
      Op discriminatorStep = wsamOfDiscriminator.minimize(discriminatorLoss);
      var wsamOfGenerator =
          new Wsam(graph, base, Wsam.trainable(name -> name.startsWith("generator")));
      Op generatorStep = wsamOfGenerator.minimize(generatorLoss);
      Op again = wsamOfGenerator.minimize(discriminatorLoss);
      assertThat(again.op().name()).isNotEqualTo(generatorStep.op().name());
      List<double[]> values = new ArrayList<>();
      for (Op step : List.of(discriminatorStep, generatorStep, again)) {
        session.run(step);
        try (Result result = session.runner().fetch(generator).fetch(discriminator).run()) {
          values.add(
              new double[] {
                Tensors.toDoubles(result.get(0))[0], Tensors.toDoubles(result.get(1))[0]
              });
        }
      }
      assertThat(values.get(0)[0]).isEqualTo(0.5);
      assertThat(values.get(0)[1]).isNotEqualTo(0.4f);
      assertThat(values.get(1)[0]).isNotEqualTo(0.5);
      assertThat(values.get(1)[1]).isEqualTo(values.get(0)[1]);
      assertThat(values.get(2)[0]).isNotEqualTo(values.get(1)[0]);
      assertThat(values.get(2)[1]).isEqualTo(values.get(0)[1]);
    }
  }

  @Test
  void namesReadWellAndDoNotClashWithThoseOfAnImportedStep() {
    try (var network = new TestNetwork();
        Graph imported = new Graph()) {
      new Wsam(network.graph, new GradientDescent(network.graph, 0.1f)).minimize(network.loss);
      assertThat(network.graph.operation("WSAM/second_pass/loss")).isNotNull();
      assertThat(network.graph.operation("WSAM/perturbed_loss")).isNotNull();
      assertThat(network.graph.operation("WSAM-minimize")).isNotNull();
      imported.importGraphDef(network.graph.toGraphDef());
      Op step =
          new Wsam(imported, new GradientDescent(imported, 0.1f))
              .minimize(imported.outputOrThrow("loss"));
      assertThat(imported.operation("WSAM_1/perturbed_loss")).isNotNull();
      assertThat(step.op().name()).isEqualTo("WSAM-minimize_1");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"vector", "integer", "variable", "constant", "other graph"})
  void whatIsNoLossIsRefusedByName(String kind) {
    try (var network = new TestNetwork();
        var other = new TestNetwork()) {
      Ops tf = network.tf.withName("offender");
      Operand<?> offender =
          switch (kind) {
            case "vector" ->
                tf.math.square(network.tf.identity(network.variables.get("hidden_bias")));
            case "integer" -> tf.dtypes.cast(network.loss, org.tensorflow.types.TInt32.class);
            case "variable" -> tf.variable(Shape.scalar(), TFloat32.class);
            case "constant" -> tf.constant(1f);
            default -> other.tf.withName("offender").identity(other.loss);
          };
      var wsam = new Wsam(network.graph, new GradientDescent(network.graph, 0.1f));
      var refusal = assertThrows(IllegalArgumentException.class, () -> wsam.minimize(offender));
      assertWithMessage(kind)
          .that(refusal)
          .hasMessageThat()
          .containsMatch("offender|different graph");
    }
  }
}
