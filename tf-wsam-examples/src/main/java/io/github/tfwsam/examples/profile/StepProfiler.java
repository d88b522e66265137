package io.github.tfwsam.examples.profile;

import io.github.tfwsam.examples.cli.AtomicFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import org.tensorflow.Graph;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.proto.RunMetadata;
import org.tensorflow.proto.RunOptions;

/**
 * Traces one step of a run, and writes its timeline.
 *
 * <pre>{@code
 * StepProfiler profiler = option.profiler(graph, first, last);
 * for (long step = first; step <= last; step++) {
 *   try (Result result = profiler.run(step, session.runner()..)) { .. }
 *   profiler.write();
 * }
 * profiler.print(out);
 * }</pre>
 *
 * <p>Tracing changes no bit of what a step computes: the same executor runs the same operations.
 */
public final class StepProfiler {
  private static final RunOptions TRACED =
      RunOptions.newBuilder().setTraceLevel(RunOptions.TraceLevel.FULL_TRACE).build();

  private final Path folder;
  private final Graph graph;
  private final long step;
  private RunMetadata unwritten;
  private String summary = "";

  private StepProfiler(Path folder, Graph graph, long step) {
    this.folder = folder;
    this.graph = graph;
    this.step = step;
  }

  /**
   * A profiler that traces no step.
   *
   * @return the profiler; all it does is to run
   */
  public static StepProfiler none() {
    return new StepProfiler(null, null, -1);
  }

  /**
   * A profiler.
   *
   * @param folder where the timeline goes
   * @param graph the graph of the step; it is whole when the step is run
   * @param step the number of the step that is traced
   */
  static StepProfiler of(Path folder, Graph graph, long step) {
    return new StepProfiler(folder, graph, step);
  }

  /**
   * Tells whether a step will be traced.
   *
   * @return false, if none was asked for
   */
  public boolean isTracing() {
    return folder != null;
  }

  /**
   * Runs a step, traced if it is the one.
   *
   * @param number the step's number
   * @param runner the step; if it is traced, options that were set are replaced
   * @return what was fetched, for the caller to close
   * @throws RuntimeException of TensorFlow, if the step fails
   */
  public Result run(long number, Session.Runner runner) {
    if (number != step) {
      return runner.run();
    }
    Result result = runner.setOptions(TRACED).runAndFetchMetadata();
    unwritten = result.getMetadata().orElseThrow();
    return result;
  }

  /**
   * Writes the timeline to {@code step-N.json}, if a step was traced since the last call.
   *
   * @throws IOException if it cannot be written
   */
  public void write() throws IOException {
    if (unwritten == null) {
      return;
    }
    var phases = new OperationPhases(graph.toGraphDef());
    var timeline = StepTimeline.of(step, unwritten.getStepStats(), phases);
    unwritten = null;
    Path file = folder.resolve("step-" + step + ".json");
    AtomicFile.write(file, stream -> ChromeTrace.write(timeline, stream));
    summary = timeline.summary() + file + "\n";
  }

  /**
   * Tells what the timeline comes to: a row a phase, and where the file is. Nothing, if none was
   * written.
   *
   * @param out where to
   */
  public void print(PrintWriter out) {
    out.print(summary);
    out.flush();
  }
}
