package io.github.tfwsam.examples.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.ndarray.Shape;

/**
 * Measures implementations of the optimizer's work side by side, in turns, and the triad with them:
 * what disturbs one disturbs the others.
 */
final class UpdateBenchmark implements AutoCloseable {
  private static final int WARM_UP = 5;
  private static final int ROUNDS = 41;

  /** A run works on about so many parameters, if need be on the same ones several times .. */
  private static final int PARAMETERS_A_RUN = 16_000_000;

  /**
   * .. not less often than this: threads that sleep when a run begins are awake in the middle of a
   * step ..
   */
  private static final int FEWEST_REPETITIONS = 4;

  /** .. but not more often than this: graphs grow with it .. */
  private static final int MOST_REPETITIONS = 8;

  /** .. nor on more tensors in all. */
  private static final int TENSORS_A_RUN = 1600;

  private final List<Shape> shapes;
  private final List<Implementation> implementations;
  private final int parameters;
  private final int repetitions;
  private final Triad triad;
  private final List<Double> triadSeconds = new ArrayList<>();

  UpdateBenchmark(List<Shape> shapes, List<Implementation> implementations) {
    this.shapes = shapes;
    this.implementations = implementations;
    parameters = Math.toIntExact(Shapes.elements(shapes));
    int most = Math.min(MOST_REPETITIONS, TENSORS_A_RUN / shapes.size());
    repetitions = Math.max(FEWEST_REPETITIONS, Math.min(most, PARAMETERS_A_RUN / parameters));
    triad = new Triad(parameters, Runtime.getRuntime().availableProcessors());
  }

  /** Measures a work: a row an implementation. */
  List<Row> measure(Work work) {
    Map<Implementation, double[]> seconds = new LinkedHashMap<>();
    implementations.forEach(implementation -> seconds.put(implementation, new double[ROUNDS]));
    double[] triads = new double[ROUNDS];
    try (var graph = new UpdateGraph(work, shapes, implementations, repetitions)) {
      for (int round = -WARM_UP; round < ROUNDS; round++) {
        int index = Math.max(round, 0);
        seconds.forEach(
            (implementation, s) ->
                s[index] = time(() -> graph.runner(implementation).run().close()));
        triads[index] = time(() -> triad.run(repetitions));
      }
    }
    Arrays.stream(triads).forEach(triadSeconds::add);
    double triadMedian = median(triads);
    double stockMedian = median(seconds.values().iterator().next());
    List<Row> rows = new ArrayList<>();
    seconds.forEach(
        (implementation, s) -> {
          double median = median(s);
          double speed = work.bytes(parameters) / median;
          rows.add(
              new Row(
                  work,
                  implementation.name(),
                  median * 1e3,
                  Arrays.stream(s).min().orElseThrow() * 1e3,
                  speed / 1e9,
                  speed / (triad.bytes() / triadMedian),
                  stockMedian / median));
        });
    return rows;
  }

  /** The bandwidth of the triad, the median of all rounds until now. */
  double triadGigabytesPerSecond() {
    double[] seconds = triadSeconds.stream().mapToDouble(Double::doubleValue).toArray();
    return triad.bytes() / median(seconds) / 1e9;
  }

  private double time(Runnable run) {
    long start = System.nanoTime();
    run.run();
    return (System.nanoTime() - start) / 1e9 / repetitions;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  @Override
  public void close() {
    triad.close();
  }
}
