package io.github.tfwsam;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.framework.optimizers.Momentum;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt64;

class WsamOptionsTest {

  @ParameterizedTest
  @ValueSource(doubles = {1, 1.5, -0.1, Double.NaN, Double.POSITIVE_INFINITY})
  void gammaOutOfRangeIsRefusedWithTheRange(double gamma) {
    try (var network = new TestNetwork()) {
      var base = new Momentum(network.graph, 0.1f);
      var refusal =
          assertThrows(
              IllegalArgumentException.class, () -> new Wsam(network.graph, base, 0.05, gamma));
      assertThat(refusal).hasMessageThat().contains("gamma must be at least 0 and less than 1");
      assertThat(refusal).hasMessageThat().contains(Double.toString(gamma));
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, Double.NaN, Double.POSITIVE_INFINITY})
  void rhoOutOfRangeIsRefusedWithTheRange(double rho) {
    try (var network = new TestNetwork()) {
      var base = new Momentum(network.graph, 0.1f);
      var refusal =
          assertThrows(
              IllegalArgumentException.class, () -> new Wsam(network.graph, base, rho, 0.5));
      assertThat(refusal).hasMessageThat().contains("rho must be finite and at least 0");
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
  void maxNormOutOfRangeIsRefusedWithTheRange(double maxNorm) {
    var refusal = assertThrows(IllegalArgumentException.class, () -> Wsam.maxNorm(maxNorm));
    assertThat(refusal).hasMessageThat().contains("maxNorm must be finite and greater than 0");
  }

  @ParameterizedTest
  @EnumSource(BaseOptimizer.class)
  void gammaZeroIsTheBaseOptimizerToTheBit(BaseOptimizer base) {
    if (base.isRacy()) {
      return; // The base alone has no bits to compare with; BaseStepTest holds it to its formula.
    }
    try (var plain = new TestNetwork();
        var wrapped = new TestNetwork()) {
      Op baseStep = base.in(plain.graph).minimize(plain.loss);
      Op step = new Wsam(wrapped.graph, base.in(wrapped.graph), 0.05, 0).minimize(wrapped.loss);
      for (int i = 0; i < 20; i++) {
        assertThat(wrapped.run(i, step, List.of(wrapped.loss)))
            .isEqualTo(plain.run(i, baseStep, List.of(plain.loss)));
      }
      assertSameBits(wrapped.state(), plain.state());
    }
  }

  @Test
  void gammaZeroBuildsOnePass() {
    try (var network = new TestNetwork()) {
      var wsam = new Wsam(network.graph, new Momentum(network.graph, 0.1f), 0.05, 0);
      wsam.minimize(network.loss);
      network
          .graph
          .operations()
          .forEachRemaining(op -> assertThat(op.name()).doesNotContain("second_pass"));
      assertThrows(IllegalStateException.class, wsam.metrics()::perturbedLoss);
      assertThrows(IllegalStateException.class, wsam.metrics()::sharpness);
    }
  }

  @Test
  void schedulesDriveRhoAndGammaByTheNumberOfStepsTaken() {
    try (var scheduled = new TestNetwork();
        var driven = new TestNetwork()) {
      var wsam =
          new Wsam(
              scheduled.graph,
              new Momentum(scheduled.graph, 0.1f, 0.9f),
              Wsam.rho((tf, step) -> tf.math.mul(tenths(tf, step), tf.constant(0.3))),
              Wsam.gamma(WsamOptionsTest::tenths),
              Wsam.skipNonFinite(true));
      Op scheduledStep = wsam.minimize(scheduled.loss);
      scheduled.assertNoRace(scheduledStep, wsam.metrics().sharpness());
      Placeholder<TFloat64> rho = driven.tf.placeholder(TFloat64.class);
      Placeholder<TFloat64> gamma = driven.tf.placeholder(TFloat64.class);
      Op drivenStep =
          new Wsam(
                  driven.graph,
                  new Momentum(driven.graph, 0.1f, 0.9f),
                  Wsam.rho(rho),
                  Wsam.gamma(gamma))
              .minimize(driven.loss);
      for (int i = 0; i < 8; i++) {
        scheduled.run(i, scheduledStep, List.of());
        runDriven(driven, drivenStep, i, Map.of(rho, i * 0.1 * 0.3, gamma, i * 0.1));
        float[][][] poisoned = TestNetwork.batch(i);
        poisoned[0][0][0] = Float.NaN;
        scheduled.run(poisoned, scheduledStep, List.of());
      }
      Map<String, double[]> state = scheduled.state();
      assertThat(state.get("WSAM/steps")).isEqualTo(new double[] {8});
      // Grappler reorders products of constants, so that stock ops have not quite the same bits.
      driven
          .state()
          .forEach(
              (name, values) ->
                  assertThat(state.get(name))
                      .usingTolerance(1e-6)
                      .containsExactly(values)
                      .inOrder());
      for (int i = 0; i < 2; i++) {
        scheduled.run(i, scheduledStep, List.of());
      }
      // gamma has come to 1.
      Map<String, double[]> before = scheduled.state();
      var failure =
          assertThrows(RuntimeException.class, () -> scheduled.run(0, scheduledStep, List.of()));
      assertThat(failure).hasMessageThat().contains("gamma must be at least 0 and less than 1");
      assertSameBits(scheduled.state(), before);
    }
  }

  private static Operand<TFloat64> tenths(Ops tf, Operand<TInt64> step) {
    return tf.math.mul(tf.dtypes.cast(step, TFloat64.class), tf.constant(0.1));
  }

  @Test
  void operandsDriveRhoGammaAndMaxNorm() {
    try (var driven = new TestNetwork();
        var built = new TestNetwork()) {
      Placeholder<TFloat64> rho = driven.tf.placeholder(TFloat64.class);
      Placeholder<TFloat32> gamma = driven.tf.placeholder(TFloat32.class);
      Placeholder<TFloat32> maxNorm = driven.tf.placeholder(TFloat32.class);
      var wsam =
          new Wsam(
              driven.graph,
              new Momentum(driven.graph, 0.1f, 0.9f),
              Wsam.rho(rho),
              Wsam.gamma(gamma),
              Wsam.maxNorm(maxNorm));
      Op drivenStep = wsam.minimize(driven.loss);
      Op builtStep =
          new Wsam(
                  built.graph,
                  new Momentum(built.graph, 0.1f, 0.9f),
                  0.07,
                  0.75,
                  Wsam.maxNorm(0.25))
              .minimize(built.loss);
      for (int i = 0; i < 10; i++) {
        runDriven(driven, drivenStep, i, Map.of(rho, 0.07, gamma, 0.75, maxNorm, 0.25));
        built.run(i, builtStep, List.of());
      }
      built
          .variables
          .keySet()
          .forEach(
              name ->
                  assertThat(driven.state().get(name))
                      .usingTolerance(1e-6)
                      .containsExactly(built.state().get(name))
                      .inOrder());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"rho -0.1", "rho NaN", "gamma 1", "gamma -0.5", "gamma NaN", "maxNorm 0"})
  void anOperandOutOfRangeFailsTheRunAndChangesNothing(String bad) {
    String name = bad.substring(0, bad.indexOf(' '));
    double value = Double.parseDouble(bad.substring(bad.indexOf(' ') + 1));
    try (var network = new TestNetwork()) {
      Placeholder<TFloat32> driver = network.tf.placeholder(TFloat32.class);
      Wsam.Options option =
          switch (name) {
            case "rho" -> Wsam.rho(driver);
            case "gamma" -> Wsam.gamma(driver);
            default -> Wsam.maxNorm(driver);
          };
      Op step =
          new Wsam(network.graph, new Momentum(network.graph, 0.1f, 0.9f), option)
              .minimize(network.loss);
      runDriven(network, step, 0, Map.of(driver, 0.5));
      Map<String, double[]> before = network.state();
      var failure =
          assertThrows(
              RuntimeException.class, () -> runDriven(network, step, 1, Map.of(driver, value)));
      assertThat(failure).hasMessageThat().contains(name + " must be");
      assertSameBits(network.state(), before);
      runDriven(network, step, 1, Map.of(driver, 0.5));
      assertThat(network.state().get("hidden_bias")).isNotEqualTo(before.get("hidden_bias"));
    }
  }

  @Test
  void anOperandThatIsNoScalarIsRefusedByName() {
    try (var network = new TestNetwork()) {
      Operand<TFloat32> vector = network.tf.withName("radii").constant(new float[] {1, 2});
      var refusal = assertThrows(IllegalArgumentException.class, () -> Wsam.rho(vector));
      assertThat(refusal).hasMessageThat().contains("'radii'");
    }
  }

  @Test
  void describesItself() {
    try (var network = new TestNetwork()) {
      var wsam =
          new Wsam(network.graph, new Momentum(network.graph, 0.5f), 0.05, 0.9, Wsam.maxNorm(2));
      assertThat(wsam.getOptimizerName()).isEqualTo("WSAM");
      assertThat(wsam.toString())
          .isEqualTo(
              "WSAM{base=Momentum{learningRate=0.5, momentum=0.0, useNesterov=false}, rho=0.05,"
                  + " gamma=0.9, decoupled=true, adaptive=false, maxNorm=2.0,"
                  + " every=1, skipNonFinite=false}");
      assertThrows(IllegalStateException.class, wsam::metrics);
    }
  }

  static void assertSameBits(Map<String, double[]> actual, Map<String, double[]> expected) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    actual.forEach((name, values) -> assertThat(values).isEqualTo(expected.get(name)));
  }

  private static void runDriven(
      TestNetwork network, Op step, int i, Map<Operand<?>, Double> drivers) {
    Session.Runner runner = network.session().runner().addTarget(step);
    try (var feeds = network.feed(runner, TestNetwork.batch(i))) {
      drivers.forEach((operand, value) -> feeds.scalar(operand, value));
      runner.run().close();
    }
  }
}
