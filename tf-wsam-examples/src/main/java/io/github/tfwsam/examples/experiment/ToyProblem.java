package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.toy.ToyLoss;
import java.util.Map;
import java.util.SplittableRandom;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat64;

/**
 * The paper's loss of two parameters, in float64. It starts within {@value #SPREAD} of where the
 * paper does, in each direction.
 *
 * @param m the first parameter
 * @param s the second parameter
 * @param loss what is minimized
 */
record ToyProblem(Operand<TFloat64> m, Operand<TFloat64> s, Operand<TFloat64> loss)
    implements Problem {
  /** Where it ended: m. */
  static final String M = "toy_m";

  /** Where it ended: s. */
  static final String S = "toy_s";

  private static final double SPREAD = 2;

  static ToyProblem of(Graph graph, long seed) {
    Ops tf = Ops.create(graph);
    var random = new SplittableRandom(seed);
    Operand<TFloat64> m = variable(tf, "m", ToyLoss.START_M, random);
    Operand<TFloat64> s = variable(tf, "s", ToyLoss.START_S, random);
    return new ToyProblem(m, s, ToyLoss.of(tf, m, s));
  }

  private static Operand<TFloat64> variable(
      Ops tf, String name, double start, SplittableRandom random) {
    double drawn = random.nextDouble(start - SPREAD, start + SPREAD);
    return tf.identity(tf.withName(name).variable(tf.constant(drawn)));
  }

  /** Its flat minimum is higher than some of the starts. */
  @Override
  public double guessing() {
    return Double.POSITIVE_INFINITY;
  }

  @Override
  public Map<String, Double> measures(Session session) {
    try (Result result = session.runner().fetch(m).fetch(s).run()) {
      return Map.of(
          M, ((TFloat64) result.get(0)).getDouble(), S, ((TFloat64) result.get(1)).getDouble());
    }
  }
}
