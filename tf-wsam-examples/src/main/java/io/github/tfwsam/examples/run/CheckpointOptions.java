package io.github.tfwsam.examples.run;

import io.github.tfwsam.checkpoint.CheckpointFolder;
import io.github.tfwsam.examples.cli.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;
import org.tensorflow.Session;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Where checkpoints are kept, and whether a run goes on from one: options of verbs that resume. */
public final class CheckpointOptions {
  @Option(
      names = "--checkpoint",
      paramLabel = "DIR",
      description = "Where to keep checkpoints, written now and then and at the end.")
  private Path folder;

  @Option(
      names = "--resume",
      description =
          "Goes on from the newest checkpoint, as if the run had never stopped; begins, if there is"
              + " none.")
  private boolean isResumed;

  /** Options for the command line to fill in. */
  public CheckpointOptions() {}

  /**
   * Checks that the options fit one another.
   *
   * @param spec the verb
   * @throws ParameterException if there is nothing to resume from
   */
  public void check(CommandSpec spec) {
    if (isResumed && folder == null) {
      throw new ParameterException(
          spec.commandLine(), "--resume goes on from a checkpoint: give --checkpoint DIR");
    }
  }

  /**
   * Makes the folder, if one is given. A verb does so before its work.
   *
   * @throws IOException if it cannot be made, or cannot be written to
   * @throws IllegalArgumentException if it holds a checkpoint, and the run is not resumed
   */
  public void prepare() throws IOException {
    if (folder == null) {
      return;
    }
    AtomicFile.createFolder(folder);
    if (!isResumed && CheckpointFolder.hasCheckpoint(folder)) {
      throw new IllegalArgumentException(
          "--checkpoint "
              + folder
              + ": holds a checkpoint of a run; give --resume to go on from it, or another folder");
    }
  }

  /**
   * The folder.
   *
   * @return where checkpoints are kept; null for nowhere
   */
  public Path folder() {
    return folder;
  }

  /**
   * Whether the run goes on from the newest checkpoint.
   *
   * @return true if it does, or begins where there is none
   */
  public boolean isResumed() {
    return isResumed;
  }

  /**
   * The checkpoints of the run.
   *
   * @param session the session that holds the variables; its graph is whole
   * @param settings tells what must be the same where the run is resumed; asked only if any are
   *     kept
   * @return the checkpoints; null if none are kept
   */
  public RunCheckpoints checkpoints(Session session, Supplier<Map<String, String>> settings) {
    return folder == null ? null : new RunCheckpoints(folder, session, settings.get());
  }
}
