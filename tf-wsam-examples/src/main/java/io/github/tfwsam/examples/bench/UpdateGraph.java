package io.github.tfwsam.examples.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.Graph;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;

/** One work in a graph: on the same tensors by each implementation. */
final class UpdateGraph implements AutoCloseable {
  private final Graph graph = new Graph();
  private final Session session;
  private final Map<Implementation, Op> ends = new LinkedHashMap<>();

  /**
   * Builds the work, and gives the tensors their values.
   *
   * @param repetitions how many times a run does the work, one after the other: a run takes tens of
   *     microseconds besides
   */
  UpdateGraph(
      Work work, List<Shape> shapes, List<Implementation> implementations, int repetitions) {
    Ops tf = Ops.create(graph);
    var tensors = new Tensors(tf, shapes, work.slots);
    for (Implementation implementation : implementations) {
      ends.put(implementation, repeat(tf, work, tensors, implementation, repetitions));
    }
    session = new Session(graph);
    Session.Runner runner = session.runner();
    tensors.initializers().forEach(runner::addTarget);
    runner.run().close();
  }

  /** Each repetition begins when the one before has let go of its results. */
  private static Op repeat(
      Ops tf, Work work, Tensors tensors, Implementation implementation, int repetitions) {
    Ops then = tf;
    Op end = null;
    for (int i = 0; i < repetitions; i++) {
      end = Implementation.end(then, implementation.build(then, work, tensors));
      then = tf.withControlDependencies(end);
    }
    return end;
  }

  /** A run that does all repetitions. */
  Session.Runner runner(Implementation implementation) {
    return session.runner().addTarget(ends.get(implementation));
  }

  @Override
  public void close() {
    session.close();
    graph.close();
  }
}
