package io.github.tfwsam.examples.toy;

import io.github.tfwsam.Fused;
import io.github.tfwsam.Wsam;
import io.github.tfwsam.optimizers.Sgd;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat64;

/**
 * The way of WSAM with SGD (learning rate 5, momentum 0.9) on the toy loss.
 *
 * @param mode how the sharpness term gets into the step
 * @param gamma the weight of the sharpness
 * @param positions where it was after each step; the first one is the start
 */
record Trajectory(Mode mode, double gamma, List<Position> positions) {
  static final double LEARNING_RATE = 5;
  static final double MOMENTUM = 0.9;

  /** Takes that many steps with perturbations of the length rho. */
  static Trajectory follow(Mode mode, double gamma, double rho, int steps, Fused fused) {
    try (var graph = new Graph()) {
      Ops tf = Ops.create(graph);
      var m = tf.withName("m").variable(tf.constant(ToyLoss.START_M));
      var s = tf.withName("s").variable(tf.constant(ToyLoss.START_S));
      Operand<TFloat64> loss = ToyLoss.of(tf, tf.identity(m), tf.identity(s));
      var base = new Sgd(graph, LEARNING_RATE, Sgd.momentum(MOMENTUM));
      var wsam =
          new Wsam(
              graph, base, rho, gamma, Wsam.decoupled(mode == Mode.DECOUPLED), Wsam.fused(fused));
      Op step = wsam.minimize(loss);
      try (var session = new Session(graph)) {
        session.initialize();
        List<Position> positions = new ArrayList<>();
        positions.add(read(session, m, s, loss));
        for (int i = 0; i < steps; i++) {
          session.run(step);
          positions.add(read(session, m, s, loss));
        }
        return new Trajectory(mode, gamma, List.copyOf(positions));
      }
    }
  }

  private static Position read(
      Session session, Operand<TFloat64> m, Operand<TFloat64> s, Operand<TFloat64> loss) {
    try (Result result = session.runner().fetch(m).fetch(s).fetch(loss).run()) {
      return new Position(scalar(result, 0), scalar(result, 1), scalar(result, 2));
    }
  }

  private static double scalar(Result result, int index) {
    return ((TFloat64) result.get(index)).getDouble();
  }

  Position end() {
    return positions.get(positions.size() - 1);
  }
}
