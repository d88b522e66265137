package io.github.tfwsam.nativeops;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Scope;
import org.tensorflow.proto.RunOptions;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TType;

/** What other threads, a lack of memory, or an end in the midst of it do to a step. */
class FusedOpsFaultsTest {
  private static final List<Shape> SMALL = List.of(Shape.scalar(), Shape.of(3), Shape.of(2, 2));
  private static final int THREADS = 8;

  @BeforeAll
  static void needsTheOps() {
    NativeRequirement.check();
  }

  /** A step that adds 1 to each element: sums of floats that are exact. */
  private static Operation increment(
      Scope scope, Workbench<?> bench, List<Output<?>> variables, List<Output<?>> minusOnes) {
    var one = bench.scalar(1);
    var gradients = new FusedOps.TwoGradients(minusOnes, minusOnes, one, one, one);
    return FusedOps.gradientDescentStep(scope, variables, gradients, false, one, bench.scalar(0));
  }

  /** The number that all elements of all variables are. */
  private static double count(Workbench<?> bench, List<Output<?>> variables) {
    double[] values = Workbench.concatenated(bench.values(variables));
    for (double value : values) {
      if (value != values[0]) {
        assertThat(value).isEqualTo(values[0]);
      }
    }
    return values[0];
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void stepsOnEightThreadsLoseNoUpdate(boolean resources) throws Exception {
    // Large enough that sweeps which are not kept apart meet.
    var shapes = List.of(Shape.of(7), Shape.of(12_000), Shape.scalar());
    try (var bench = new Workbench<>(TFloat32.class, resources, shapes, 0)) {
      List<Output<?>> variables = bench.variables("w", 0, 0, Double.MIN_VALUE);
      Operation step = increment(bench.tf.scope(), bench, variables, bench.filled(-1));
      runOnThreads(
          () -> {
            for (int i = 0; i < 10_000; i++) {
              bench.run(step);
            }
            return null;
          });
      assertThat(count(bench, variables)).isEqualTo(THREADS * 10_000);
    }
  }

  private static void runOnThreads(Callable<Void> task) throws Exception {
    var threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<Void>> futures = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        futures.add(threads.submit(task));
      }
      for (Future<Void> future : futures) {
        try {
          future.get();
        } catch (ExecutionException e) {
          throw new AssertionError(e.getCause());
        }
      }
    } finally {
      threads.shutdown();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aRunThatTimesOutAmongItsStepsLeavesEachStepWhole(boolean resources) {
    var shapes = List.of(Shape.of(400_000), Shape.of(7), Shape.of(300, 1000));
    try (var bench = new Workbench<>(TFloat32.class, resources, shapes, 0)) {
      List<Output<?>> variables = bench.variables("w", 0, 0, Double.MIN_VALUE);
      List<Output<?>> minusOnes = bench.variables("g", 0, -1, Math.nextUp(-1.0));
      List<Output<?>> gradients = bench.read(minusOnes);
      // Nothing ever comes: the time runs out while steps are taken, or when half of them are.
      List<Class<? extends TType>> types = List.of(TFloat32.class);
      Operation waiting = bench.tf.io.queueDequeue(bench.tf.io.fifoQueue(types), types).op();
      Operation last = bench.tf.noOp().op();
      for (int i = 0; i < 100; i++) {
        var before = i == 50 ? List.of(last, waiting) : List.of(last);
        last =
            increment(
                bench.tf.withControlDependencyOps(before).scope(), bench, variables, gradients);
      }
      for (int run = 1; run <= 10; run++) {
        var options = RunOptions.newBuilder().setTimeoutInMs(3L * run).build();
        var runner = bench.session.runner().setOptions(options).addTarget(last);
        var e = assertThrows(RuntimeException.class, runner::run);
        assertThat(e).hasMessageThat().contains("Timed out");
        assertThat(count(bench, variables)).isAtMost(50 * run);
      }
      assertThat(count(bench, variables)).isGreaterThan(0);
    }
  }

  @Test
  void aStepThatCannotHaveItsMemoryFailsAndWritesNothing() throws Exception {
    String output = ChildJvm.run(List.of(), OutOfMemory.class);
    assertThat(output).contains("step: TFResourceExhaustedException");
    assertThat(output).contains("whole: 1.0");
    assertThat(output).contains("then: 2.0");
  }

  /** Steps in a process whose address space may not grow. */
  static final class OutOfMemory {
    private static final int ELEMENTS = 16 << 20;

    private OutOfMemory() {}

    public static void main(String[] args) throws Exception {
      NativeOps.load();
      var large = Shape.of(ELEMENTS);
      var shapes = List.of(Shape.of(3), large, large, large, large, large, large);
      try (var bench = new Workbench<>(TFloat32.class, false, shapes, 0)) {
        List<Output<?>> variables = new ArrayList<>();
        List<Output<?>> samples = new ArrayList<>();
        for (Shape shape : shapes) {
          Output<?> variable = bench.uninitialized("w" + variables.size(), shape);
          bench.assign(
              variable, bench.tf.ones(bench.tf.constant(shape), TFloat32.class).asOutput());
          variables.add(variable);
        }
        for (Output<?> value : bench.read(variables)) {
          samples.add(
              bench
                  .tf
                  .slice(
                      bench.typed(value),
                      bench.tf.constant(new int[] {0}),
                      bench.tf.constant(new int[] {3}))
                  .asOutput());
        }
        // Gradients in the memory of the variables: the step must copy them.
        List<Output<?>> shared = bench.read(variables);
        Operation step = increment(bench.tf.scope(), bench, variables, shared);
        Operation good =
            increment(
                bench.tf.scope(),
                bench,
                variables.subList(0, 1),
                List.of(bench.tensor(new double[] {-1, -1, -1}, shapes.get(0))));
        count(bench, samples); // What is allocated once is allocated now.
        limit(
            Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith("VmSize"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                    .findFirst()
                    .orElseThrow()
                + (96 << 20));
        attempt("step", bench, step);
        System.out.println("whole: " + count(bench, samples));
        bench.run(good);
        System.out.println("then: " + bench.values(samples)[0][0]);
      }
    }

    private static void limit(long bytes) throws IOException, InterruptedException {
      long id = ProcessHandle.current().pid();
      new ProcessBuilder("prlimit", "--pid=" + id, "--as=" + bytes).inheritIO().start().waitFor();
    }

    private static void attempt(String name, Workbench<?> bench, Operation operation) {
      try {
        bench.run(operation);
        System.out.println(name + ": done");
      } catch (RuntimeException e) {
        System.out.println(name + ": " + e.getClass().getSimpleName() + " " + e.getMessage());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void twentyThousandRunsTakeConstantMemory(boolean resources) {
    try (var bench = new Workbench<>(TFloat32.class, resources, SMALL, 0)) {
      List<Output<?>> variables = bench.variables("w", 0, 0, Double.MIN_VALUE);
      List<Output<?>> values = bench.read(variables);
      var one = bench.scalar(1);
      var norm = FusedOps.globalNorm(bench.tf.scope(), values);
      var perturbed = FusedOps.perturb(bench.tf.scope(), values, values, one, norm, true);
      var blend =
          FusedOps.blend(
              bench.tf.scope(), new FusedOps.TwoGradients(values, values, one, one, one));
      Operation[] targets = {
        perturbed.get(0).op(),
        blend.get(0).op(),
        // Its gradients share the memory of its variables.
        increment(bench.tf.scope(), bench, variables, values)
      };
      runs(bench, targets, 5_000);
      long before = Pointer.physicalBytes();
      runs(bench, targets, 20_000);
      assertThat(Pointer.physicalBytes() - before).isLessThan(8L << 20);
    }
  }

  private static void runs(Workbench<?> bench, Operation[] targets, int count) {
    for (int i = 0; i < count; i++) {
      bench.run(targets);
    }
    System.gc();
  }
}
