package io.github.tfwsam.examples.train;

import java.nio.file.Path;
import org.tensorflow.Graph;
import org.tensorflow.Session;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.summary.SummaryWriter;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;

/** A file of events for TensorBoard, written by TensorFlow's own operations. */
final class EventFile implements AutoCloseable {
  /** What the names of such files begin with. */
  static final String PREFIX = "events.out.tfevents.";

  private static final int QUEUED = 100;
  private static final int FLUSHED_AFTER_MILLISECONDS = 10_000;

  private final Graph graph = new Graph();
  private final Session session = new Session(graph);
  private final Placeholder<TInt64> step;
  private final Placeholder<TString> tag;
  private final Placeholder<TFloat32> value;
  private final Op write;
  private final Op flush;
  private final Op close;

  /**
   * Makes the file.
   *
   * @param folder where it goes
   */
  EventFile(Path folder) {
    Ops tf = Ops.create(graph);
    SummaryWriter writer = tf.summary.summaryWriter();
    Op open =
        tf.summary.createSummaryFileWriter(
            writer,
            tf.constant(folder.toString()),
            tf.constant(QUEUED),
            tf.constant(FLUSHED_AFTER_MILLISECONDS),
            tf.constant(""));
    step = tf.placeholder(TInt64.class);
    tag = tf.placeholder(TString.class);
    value = tf.placeholder(TFloat32.class);
    write = tf.summary.writeScalarSummary(writer, step, tag, value);
    flush = tf.summary.flushSummaryWriter(writer);
    close = tf.summary.closeSummaryWriter(writer);
    run(open);
  }

  /**
   * Adds a point to a curve.
   *
   * @param name the curve's name
   * @param at the number of the step
   * @param height the value
   */
  void scalar(String name, long at, double height) {
    try (var stepTensor = TInt64.scalarOf(at);
        var tagTensor = TString.scalarOf(name);
        var valueTensor = TFloat32.scalarOf((float) height)) {
      session
          .runner()
          .feed(step, stepTensor)
          .feed(tag, tagTensor)
          .feed(value, valueTensor)
          .addTarget(write)
          .run()
          .close();
    }
  }

  /** Writes what was added so far. */
  void flush() {
    run(flush);
  }

  private void run(Op op) {
    session.runner().addTarget(op).run().close();
  }

  @Override
  public void close() {
    run(close);
    session.close();
    graph.close();
  }
}
