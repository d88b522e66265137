package io.github.tfwsam.examples.bench;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** Prints what a run of a session costs from Java, beside the operations that it runs. */
@Tag("slow")
class RunBenchmark {
  private static final int RUNS = 5_000;
  private static final int ROUNDS = 4;
  private static final int BATCH = 128;
  private static final int FEATURES = 784;

  @Test
  void printsTheCostOfARun() {
    try (var graph = new Graph();
        var session = new Session(graph);
        TFloat32 inputs = TFloat32.tensorOf(Shape.of(BATCH, FEATURES));
        TInt32 labels = TInt32.tensorOf(Shape.of(BATCH))) {
      Ops tf = Ops.create(graph);
      var x = tf.placeholder(TFloat32.class);
      var y = tf.placeholder(TInt32.class);
      var loss = tf.constant(1f);
      Op nothing = tf.noOp();
      Op fed = tf.withControlDependencies(x, y).noOp();
      float[] numbers = new float[BATCH * FEATURES];
      for (int round = 0; round < ROUNDS; round++) {
        System.out.printf(
            "an empty run: %.1f us; with two feeds and a fetch: %.1f us; filling %d x %d numbers:"
                + " %.1f us%n",
            microseconds(() -> session.runner().addTarget(nothing).run().close()),
            microseconds(
                () ->
                    session
                        .runner()
                        .feed(x, inputs)
                        .feed(y, labels)
                        .addTarget(fed)
                        .fetch(loss)
                        .run()
                        .close()),
            BATCH,
            FEATURES,
            microseconds(() -> inputs.asRawTensor().data().asFloats().write(numbers)));
      }
    }
  }

  private static double microseconds(Runnable run) {
    long start = System.nanoTime();
    for (int i = 0; i < RUNS; i++) {
      run.run();
    }
    return (System.nanoTime() - start) / 1e3 / RUNS;
  }
}
