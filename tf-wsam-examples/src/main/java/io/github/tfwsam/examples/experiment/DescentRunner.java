package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.experiment.GradientCurve.Point;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import org.tensorflow.Graph;
import org.tensorflow.Session;

/**
 * Minimizes a problem, and looks at the gradient of its whole loss on the way. A run has diverged
 * if the loss or its gradient is not finite then, or the loss ends neither below its start nor
 * below that of guessing. One that was stopped begins anew: it is short.
 */
final class DescentRunner implements Runner {
  /** The norm of the whole loss's gradient at the end. */
  static final String GRADIENT_NORM = "grad_norm";

  /** The mean of that norm over the last tenth of the steps. */
  static final String TAIL = "grad_norm_tail";

  /** The exponent p of the power of the steps, t^p, that fits the norm over their last half. */
  static final String SLOPE = "grad_norm_slope";

  private final DataSets data;

  DescentRunner(DataSets data) {
    this.data = data;
  }

  @Override
  public Run run(Setting setting, long seed, Path folder) throws IOException {
    try (var graph = new Graph()) {
      Descent descent;
      synchronized (GRAPHS) {
        descent = Descent.in(graph, setting, seed, data);
      }
      try (var session = new Session(graph, ONE_THREAD)) {
        session.initialize();
        return run(descent, session, setting, seed, folder);
      }
    }
  }

  private static Run run(Descent descent, Session session, Setting setting, long seed, Path folder)
      throws IOException {
    int steps = (int) setting.number("steps");
    Set<Integer> measured = GradientCurve.measuredSteps(steps);
    List<Point> points = new ArrayList<>();
    points.add(descent.measure(session, 0));
    double seconds = 0;
    for (int step = 1; step <= steps && points.get(points.size() - 1).isFinite(); step++) {
      if (Thread.currentThread().isInterrupted()) {
        throw new CancellationException("stopped, as another run failed");
      }
      long start = System.nanoTime();
      descent.step(session, step);
      seconds += (System.nanoTime() - start) / 1e9;
      if (measured.contains(step)) {
        points.add(descent.measure(session, step));
      }
    }
    var curve = new GradientCurve(setting, seed, points);
    GradientCurves.write(folder, curve.thinned(steps));

    Map<String, Double> measures = new LinkedHashMap<>();
    if (curve.last().isFinite()) {
      measures.put(Run.TRAIN_LOSS, curve.last().loss());
      measures.put(GRADIENT_NORM, curve.last().gradientNorm());
      measures.put(TAIL, curve.tail());
      measures.put(SLOPE, curve.slope());
      measures.putAll(descent.measures(session, seed));
    }
    measures.put(Run.SECONDS, seconds);
    double highest = Math.max(curve.first().loss(), descent.problem().guessing());
    boolean isDone = curve.last().isFinite() && curve.last().loss() < highest;
    return new Run(setting, seed, measures, isDone ? Run.Status.DONE : Run.Status.DIVERGED);
  }
}
