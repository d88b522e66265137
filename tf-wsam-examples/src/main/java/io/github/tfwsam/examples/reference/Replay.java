package io.github.tfwsam.examples.reference;

import io.github.tfwsam.Fused;
import io.github.tfwsam.Wsam;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.DoubleNdArray;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TNumber;

/**
 * How far a case that is trained again is from the reference.
 *
 * @param reference the case
 * @param losses the largest difference of the first-pass losses
 * @param weights the largest difference of the weights
 */
record Replay(ReferenceCase reference, Difference losses, Difference weights) {

  /** True if neither the losses nor the weights are further from the reference. */
  boolean isWithin(double tolerance) {
    return losses.isWithin(tolerance) && weights.isWithin(tolerance);
  }

  /** Trains a case, in a graph of its own. */
  static Replay of(
      ReferenceCase reference, Class<? extends TNumber> type, Variables variables, Fused fused) {
    try (var graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Network network = Network.build(tf, reference, type, variables);
      List<Wsam.Options> options = new ArrayList<>();
      options.add(Wsam.decoupled(reference.decouple()));
      options.add(Wsam.adaptive(reference.adaptive()));
      options.add(Wsam.fused(fused));
      reference.maxNorm().ifPresent(norm -> options.add(Wsam.maxNorm(norm)));
      var wsam =
          new Wsam(
              graph,
              reference.base().in(graph, reference.hyper()),
              reference.rho(),
              reference.gamma(),
              options.toArray(new Wsam.Options[0]));
      Op step = wsam.minimize(network.loss());
      Operand<TFloat64> loss = tf.dtypes.cast(wsam.metrics().loss(), TFloat64.class);
      try (var session = new Session(graph)) {
        return train(session, network, step, loss, reference);
      }
    }
  }

  private static Replay train(
      Session session, Network network, Op step, Operand<TFloat64> loss, ReferenceCase reference) {
    Difference losses = Difference.NONE;
    Difference weights = Difference.NONE;
    for (int i = 1; i <= reference.order().size(); i++) {
      int[] batch = reference.order().get(i - 1).stream().mapToInt(Integer::intValue).toArray();
      try (TInt32 rows = TInt32.vectorOf(batch);
          Result result =
              session.runner().feed(network.rows(), rows).addTarget(step).fetch(loss).run()) {
        double actual = ((TFloat64) result.get(0)).getDouble();
        losses = losses.or(actual, reference.losses().get(i - 1), i);
      }
      List<DoubleNdArray> expected = reference.weights().get(i);
      if (expected != null) {
        Session.Runner runner = session.runner();
        network.weights().forEach(runner::fetch);
        try (Result result = runner.run()) {
          weights = weights.or(doubles(result), expected, i);
        }
      }
    }
    return new Replay(reference, losses, weights);
  }

  private static List<TFloat64> doubles(Result result) {
    List<TFloat64> tensors = new ArrayList<>();
    for (int i = 0; i < result.size(); i++) {
      tensors.add((TFloat64) result.get(i));
    }
    return tensors;
  }
}
