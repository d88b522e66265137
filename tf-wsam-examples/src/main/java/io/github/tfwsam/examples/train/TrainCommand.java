package io.github.tfwsam.examples.train;

import io.github.tfwsam.checkpoint.CheckpointFolder.Restored;
import io.github.tfwsam.examples.cli.AtomicFile;
import io.github.tfwsam.examples.cli.HeldWarnings;
import io.github.tfwsam.examples.cli.Progress;
import io.github.tfwsam.examples.data.Batches;
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
import java.util.Map;
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
    var batches =
        new Batches(data.training().size(), options.batch(), true, options.training().seed());
    int steps = options.steps(batches.perEpoch());
    var network = new NetworkTraining<>(session, options.network(data), options.training(), steps);

    // Here the graph is whole.
    RunCheckpoints checkpoints =
        checkpointing.checkpoints(session, () -> options.settings(steps, data));
    Optional<Restored> restored =
        checkpointing.isResumed() ? resume(checkpoints, steps) : Optional.empty();
    int taken = restored.map(r -> Math.toIntExact(r.step())).orElse(0);
    warnings.tell();
    StepProfiler profiler = profile.profiler(session.graph(), taken + 1L, steps);
    var run = new TrainRun(network, data, batches, options.augmentation(data), profiler);
    List<EpochMetrics> measured;
    try (Metrics metrics = Metrics.open(out, taken, batches.perEpoch());
        var progress = new Progress("train", steps, taken, err())) {
      run.go(
          taken,
          steps,
          restored.map(Restored::properties).orElse(Map.of()),
          metrics,
          checkpoints,
          progress);
      measured = metrics.epochs();
    }
    AtomicFile.write(
        out.resolve(CURVES), stream -> Charts.writePng(TrainingCurves.of(measured), stream));
    network.save(out.resolve(MODEL));
    report(network, steps, measured.get(measured.size() - 1), profiler);
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

  private void report(
      NetworkTraining<?> network, int steps, EpochMetrics last, StepProfiler profiler) {
    PrintWriter stdout = spec.commandLine().getOut();
    stdout.printf(
        Locale.ROOT,
        "%s of %,d parameters: %d epochs, %d steps of %d examples%n",
        options,
        network.parameters(),
        options.epochs(),
        steps,
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
