package io.github.tfwsam.examples.train;

import io.github.tfwsam.checkpoint.CheckpointFolder.Restored;
import io.github.tfwsam.examples.cli.AtomicFile;
import io.github.tfwsam.examples.cli.HeldWarnings;
import io.github.tfwsam.examples.cli.Progress;
import io.github.tfwsam.examples.plot.Charts;
import io.github.tfwsam.examples.profile.ProfileOption;
import io.github.tfwsam.examples.profile.StepProfiler;
import io.github.tfwsam.examples.run.CheckpointOptions;
import io.github.tfwsam.examples.run.RunCheckpoints;
import io.github.tfwsam.examples.tasks.TaskData;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.tensorflow.Graph;
import org.tensorflow.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code wsam train}: trains a network for a task from the start. */
@Command(
    name = "train",
    showDefaultValues = true,
    sortOptions = false,
    description = {
      "Trains a network for a task from the start, and writes to a folder: metrics.jsonl (a row a"
          + " step, a row an epoch), the same for TensorBoard, curves.png, and model.savedmodel, which"
          + " Python loads."
    })
public final class TrainCommand implements Callable<Integer> {
  private static final String MODEL = "model.savedmodel";
  private static final String CURVES = "curves.png";

  @Spec private CommandSpec spec;

  @Mixin private TrainOptions options;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "Where to write to; there is nothing yet, unless the run is resumed.")
  private Path out;

  @Mixin private CheckpointOptions checkpointing;

  @Mixin private ProfileOption profile;

  /** Makes a command for the command line to fill in. */
  public TrainCommand() {}

  @Override
  public Integer call() throws IOException {
    options.decide();
    checkpointing.check(spec);
    prepareFolders();
    // Before anything else runs: a process has the threads of its first session.
    try (var warnings = new HeldWarnings();
        var graph = new Graph();
        var session = new Session(graph, options.session())) {
      train(session, options.data(), warnings);
    }
    return 0;
  }

  private void prepareFolders() throws IOException {
    if (!checkpointing.isResumed() && !isFree(out)) {
      throw new IllegalArgumentException(
          "--out " + out + ": is not empty; choose another folder, or --resume the run there");
    }
    checkpointing.prepare();
    AtomicFile.createFolder(out);
    profile.createFolder();
  }

  private static boolean isFree(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return true; // What is no folder, createFolder refuses.
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.findAny().isEmpty();
    }
  }

  private void train(Session session, TaskData data, HeldWarnings warnings) throws IOException {
    var training = new Training(session, options, data, true);
    RunCheckpoints checkpoints = checkpointing.checkpoints(session, training::settings);
    Restored restored =
        checkpointing.isResumed() ? resume(checkpoints, training.steps()).orElse(null) : null;
    int taken = restored == null ? 0 : Math.toIntExact(restored.step());
    warnings.tell();
    StepProfiler profiler = profile.profiler(session.graph(), taken + 1L, training.steps());
    List<EpochMetrics> measured;
    try (var progress = new Progress("train", training.steps(), taken, err())) {
      measured = training.run(out, restored, checkpoints, profiler, progress::step);
    }
    AtomicFile.write(
        out.resolve(CURVES), stream -> Charts.writePng(TrainingCurves.of(measured), stream));
    training.save(out.resolve(MODEL));
    report(training, measured.get(measured.size() - 1), profiler);
  }

  private Optional<Restored> resume(RunCheckpoints checkpoints, int steps) throws IOException {
    Optional<Restored> restored = checkpoints.resume(steps);
    if (restored.isPresent()) {
      err().printf("wsam: resumed after step %d%n", restored.get().step());
    } else if (Files.exists(out.resolve(MODEL))) {
      throw new IllegalArgumentException(
          String.format(
              "--out %s: holds a run that is done, and --checkpoint %s holds no checkpoint of it;"
                  + " check both paths",
              out, checkpointing.folder()));
    } else {
      err()
          .printf(
              "wsam: --checkpoint %s: holds none yet; the run begins%n", checkpointing.folder());
    }
    return restored;
  }

  private void report(Training training, EpochMetrics last, StepProfiler profiler) {
    PrintWriter stdout = spec.commandLine().getOut();
    stdout.printf(
        Locale.ROOT,
        "%s of %,d parameters: %d epochs, %d steps of %d examples%n",
        options,
        training.parameters(),
        options.epochs(),
        training.steps(),
        options.batch());
    stdout.printf(
        Locale.ROOT,
        "last epoch: training loss %.4g, test loss %.4g, test accuracy %.2f %%, sharpness %.4g%n",
        last.trainLoss(),
        last.measures().testLoss(),
        100 * last.measures().testAccuracy(),
        last.measures().sharpness());
    profiler.print(stdout);
    stdout.println(out);
  }

  private PrintWriter err() {
    return spec.commandLine().getErr();
  }
}
