package io.github.tfwsam.optimizers;

import static com.google.common.truth.Truth.assertThat;

import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat64;

class WeightDecayTest {
  static Stream<Arguments> kindsAndForms() {
    return Stream.of(Kind.values())
        .flatMap(kind -> Stream.of(Arguments.of(kind, true), Arguments.of(kind, false)));
  }

  /** Two steps of gradient descent at 0.1 on the gradients 2 and -1, of which one decays by 0.5. */
  @ParameterizedTest(name = "{0}, decoupled: {1}")
  @MethodSource("kindsAndForms")
  void decaysWhatItsFilterAdmits(Kind kind, boolean decoupled) {
    try (var graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<TFloat64> kernel = kind.variable(graph, "dense/kernel", TFloat64.class, 3, -4);
      Operand<TFloat64> bias = kind.variable(graph, "output/bias", TFloat64.class, 3, -4);
      Operand<TFloat64> gradient = tf.constant(new double[] {2, -1});
      Operand<TFloat64> product = tf.math.mul(tf.math.add(kernel, bias), gradient);
      Operand<TFloat64> loss = tf.sum(product, tf.constant(0));
      Op step =
          new Sgd(
                  graph,
                  0.1,
                  Sgd.momentum(0.9),
                  Sgd.weightDecay(0.5),
                  Sgd.decoupledWeightDecay(decoupled),
                  Sgd.decayed(name -> !name.contains("bias")))
              .minimize(loss);
      try (var session = new Session(graph)) {
        session.run(step);
        session.run(step);
        Map<String, double[]> weights = Kind.state(graph, session);
        assertThat(weights.get("output/bias"))
            .usingTolerance(1e-14)
            .containsExactly(new double[] {twoSteps(3, 2, 0, 0), twoSteps(-4, -1, 0, 0)})
            .inOrder();
        double inGradient = decoupled ? 0 : 0.5;
        double apart = decoupled ? 0.5 : 0;
        assertThat(weights.get("dense/kernel"))
            .usingTolerance(1e-14)
            .containsExactly(
                new double[] {
                  twoSteps(3, 2, inGradient, apart), twoSteps(-4, -1, inGradient, apart)
                })
            .inOrder();
      }
    }
  }

  private static double twoSteps(double w, double gradient, double inGradient, double apart) {
    double b = 0;
    for (int i = 0; i < 2; i++) {
      double g = gradient + inGradient * w;
      w -= 0.1 * apart * w;
      b = 0.9 * b + g;
      w -= 0.1 * b;
    }
    return w;
  }
}
