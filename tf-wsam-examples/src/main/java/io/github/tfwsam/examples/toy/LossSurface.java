package io.github.tfwsam.examples.toy;

import io.github.tfwsam.examples.plot.Grid;
import java.util.stream.IntStream;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.StdArrays;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat64;

/** The toy loss on a grid. */
final class LossSurface {
  private LossSurface() {}

  /** The loss at points in even distance, that many in each direction. */
  static Grid over(double minM, double maxM, double minS, double maxS, int points) {
    double[] columns = evenly(minM, maxM, points);
    double[] rows = evenly(minS, maxS, points);
    try (var graph = new Graph()) {
      Ops tf = Ops.create(graph);
      var shape = tf.constant(new int[] {points, points});
      Operand<TFloat64> m = tf.broadcastTo(tf.constant(columns), shape);
      Operand<TFloat64> s = tf.broadcastTo(tf.expandDims(tf.constant(rows), tf.constant(1)), shape);
      Operand<TFloat64> loss = ToyLoss.of(tf, m, s);
      try (var session = new Session(graph);
          Result result = session.runner().fetch(loss).run()) {
        return new Grid(columns, rows, StdArrays.array2dCopyOf((TFloat64) result.get(0)));
      }
    }
  }

  private static double[] evenly(double from, double to, int points) {
    return IntStream.range(0, points)
        .mapToDouble(i -> from + (to - from) * i / (points - 1))
        .toArray();
  }
}
