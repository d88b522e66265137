package io.github.tfwsam;

import static com.google.common.truth.Truth.assertWithMessage;

import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.framework.optimizers.Momentum;
import org.tensorflow.op.Op;

/** Nothing leaks: neither of Java's memory nor of TensorFlow's. */
class MemoryTest {
  private static final long MEGABYTE = 1 << 20;

  @Test
  void twoHundredThousandStepsTakeConstantMemory() {
    try (var network = new TestNetwork()) {
      var wsam =
          new Wsam(
              network.graph, new Momentum(network.graph, 1e-4f, 0.9f), Wsam.skipNonFinite(true));
      Op step = wsam.minimize(network.loss);
      steps(network, wsam, step, 20_000);
      var before = Memory.now();
      steps(network, wsam, step, 180_000);
      before.assertNoGrowth("200,000 steps", 16 * MEGABYTE);
    }
  }

  private static void steps(TestNetwork network, Wsam wsam, Op step, int count) {
    float[][][] batch = TestNetwork.batch(0);
    for (int i = 0; i < count; i++) {
      Session.Runner runner =
          network.session().runner().addTarget(step).fetch(wsam.metrics().sharpness());
      try (var feeds = network.feed(runner, batch);
          Result result = runner.run()) {
        Tensors.toDoubles(result.get(0));
      }
    }
  }

  @Test
  void fiftyGraphsOpenedAndClosedTakeConstantMemory() {
    graphs(15);
    var before = Memory.now();
    graphs(50);
    before.assertNoGrowth("50 graphs", 24 * MEGABYTE);
  }

  private static void graphs(int count) {
    for (int i = 0; i < count; i++) {
      try (var network = new TestNetwork()) {
        Op step = new Wsam(network.graph, new Momentum(network.graph, 0.1f)).minimize(network.loss);
        for (int j = 0; j < 3; j++) {
          network.run(j, step, List.of(network.loss));
        }
      }
    }
  }

  private record Memory(long heap, long resident) {
    static Memory now() {
      for (int i = 0; i < 3; i++) {
        System.gc();
      }
      Runtime runtime = Runtime.getRuntime();
      return new Memory(runtime.totalMemory() - runtime.freeMemory(), Pointer.physicalBytes());
    }

    void assertNoGrowth(String after, long allowed) {
      Memory now = now();
      System.out.printf(
          "%s: Java heap %+d KiB, resident %+d KiB%n",
          after, (now.heap - heap) / 1024, (now.resident - resident) / 1024);
      assertWithMessage("Java heap").that(now.heap - heap).isLessThan(allowed);
      assertWithMessage("resident").that(now.resident - resident).isLessThan(allowed);
    }
  }
}
