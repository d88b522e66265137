package io.github.tfwsam.examples.profile;

import io.github.tfwsam.examples.cli.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;
import org.tensorflow.Graph;
import picocli.CommandLine.Option;

/** Where the timeline of a step goes: an option of every verb that trains. */
public final class ProfileOption {
  /** Steps before the traced one: TensorFlow chooses kernels, and memory is first touched. */
  private static final int WARMUP = 9;

  @Option(
      names = "--profile",
      paramLabel = "DIR",
      description =
          "Where to write the timeline of one step to, step-N.json, for Perfetto or chrome://tracing:"
              + " of the tenth step of this run, or its last, if it has fewer (of bench step one after"
              + " those that are timed).")
  private Path folder;

  /** An option for the command line to fill in. */
  public ProfileOption() {}

  /**
   * Makes the folder, if the option is given. A verb does so before its work.
   *
   * @throws IOException if it cannot be made, or cannot be written to
   */
  public void createFolder() throws IOException {
    if (folder != null) {
      AtomicFile.createFolder(folder);
    }
  }

  /**
   * What traces the step.
   *
   * @param graph the graph of the steps
   * @param first the number of the run's first step
   * @param last the number of its last; if it is less than the first, no step is traced
   * @return the profiler; one that traces nothing, if the option is not given
   */
  public StepProfiler profiler(Graph graph, long first, long last) {
    return folder == null
        ? StepProfiler.none()
        : StepProfiler.of(folder, graph, Math.min(first + WARMUP, last));
  }
}
