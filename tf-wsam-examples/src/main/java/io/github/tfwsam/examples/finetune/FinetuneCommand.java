package io.github.tfwsam.examples.finetune;

import io.github.tfwsam.Wsam;
import io.github.tfwsam.checkpoint.CheckpointFolder.Restored;
import io.github.tfwsam.examples.cli.AtomicFile;
import io.github.tfwsam.examples.cli.BaseOptimizer;
import io.github.tfwsam.examples.cli.HeldWarnings;
import io.github.tfwsam.examples.cli.Numbers;
import io.github.tfwsam.examples.cli.Progress;
import io.github.tfwsam.examples.cli.TrainingOptions;
import io.github.tfwsam.examples.data.Batches;
import io.github.tfwsam.examples.data.DataSet;
import io.github.tfwsam.examples.profile.ProfileOption;
import io.github.tfwsam.examples.profile.StepProfiler;
import io.github.tfwsam.examples.run.CheckpointOptions;
import io.github.tfwsam.examples.run.RunCheckpoints;
import io.github.tfwsam.examples.run.RunLog;
import io.github.tfwsam.savedmodel.TrainableSavedModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code wsam finetune}: trains a SavedModel from Python, and hands it back. */
@Command(
    name = "finetune",
    showDefaultValues = true,
    sortOptions = false,
    description = {
      "Trains a SavedModel that Python exported, on data from a file, and writes a SavedModel that"
          + " Python loads: the same signatures and the same objects, with new weights."
    })
public final class FinetuneCommand implements Callable<Integer> {
  private static final String VALIDATION = "validation loss before";

  @Spec private CommandSpec spec;

  @Option(names = "--model", paramLabel = "DIR", required = true, description = "The SavedModel.")
  private Path modelFolder;

  @Option(
      names = "--data",
      paramLabel = "FILE",
      required = true,
      description =
          "The training examples. FILE.npz: an array for each input of the signature, and the labels;"
              + " the first axis counts examples. FILE.tfrecord: records of tf.train.Example with"
              + " features of the same names, gzipped or not. Numbers are cast where each of them"
              + " survives it.")
  private Path dataFile;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "Where to write the SavedModel to; there is nothing yet.")
  private Path out;

  @Mixin private LossOptions lossOptions;

  @Option(
      names = "--trainable",
      paramLabel = "REGEX",
      description = "Only the variables in whose name it is found are trained; else all are.")
  private Pattern trainable;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "32",
      converter = Numbers.Count.class,
      description = "How many examples make a batch, >= 1. What an epoch leaves is dropped.")
  private int batch;

  @ArgGroup(exclusive = true, multiplicity = "1")
  private RunLength length;

  @Option(
      names = "--no-shuffle",
      description = "The batches are in file order, from the first example in each epoch.")
  private boolean isInFileOrder;

  @Mixin private TrainingOptions training = new TrainingOptions(BaseOptimizer.SGD);

  @Option(
      names = "--validation",
      paramLabel = "FILE",
      description =
          "More examples: the loss on them is told before and after. It is that of the signature"
              + " evaluate, where the model has it for these inputs.")
  private Path validationFile;

  @Option(
      names = "--log",
      paramLabel = "FILE.jsonl",
      description = "Where to write a line a step to: its loss, perturbed loss, gradient norm.")
  private Path logFile;

  @Mixin private CheckpointOptions checkpointing;

  @Mixin private ProfileOption profile;

  /** The verb. */
  public FinetuneCommand() {}

  @Override
  public Integer call() throws IOException {
    lossOptions.check(spec);
    checkpointing.check(spec);
    requireFree(out);
    checkpointing.prepare();
    profile.createFolder();
    try (var warnings = new HeldWarnings();
        var model = TrainableSavedModel.load(modelFolder, training.seed())) {
      Objective objective = lossOptions.training(model);
      requireBatch(objective);
      Objective measured = validationFile == null ? null : lossOptions.validation(model);
      try (DataSet data = DataSet.read(dataFile, objective.inputs());
          DataSet validation =
              measured == null ? null : DataSet.read(validationFile, measured.inputs())) {
        train(model, objective, data, measured, validation, warnings);
      }
    }
    return 0;
  }

  private void requireFree(Path target) throws IOException {
    if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
      throw new IllegalArgumentException(
          "--out " + target + ": is there already; choose another folder, or remove it");
    }
    Path folder = target.toAbsolutePath().normalize();
    if (folder.startsWith(modelFolder.toAbsolutePath().normalize())) {
      throw new IllegalArgumentException(
          "--out " + target + ": lies in the model's own folder; choose another folder");
    }
    AtomicFile.createFolder(folder.getParent());
  }

  private void requireBatch(Objective objective) {
    OptionalLong fixed = objective.fixedBatch();
    if (fixed.isPresent() && fixed.getAsLong() != batch) {
      throw new IllegalArgumentException(
          String.format(
              "--batch %d: the signature takes %d examples at once; give --batch %d",
              batch, fixed.getAsLong(), fixed.getAsLong()));
    }
  }

  private void train(
      TrainableSavedModel model,
      Objective objective,
      DataSet data,
      Objective measured,
      DataSet validation,
      HeldWarnings warnings)
      throws IOException {
    var batches = new Batches(data.size(), batch, !isInFileOrder, training.seed());
    int steps = length.steps(batches.perEpoch());
    Wsam wsam = training.optimizer(model.graph(), steps, trainedOf(model));
    var trainer = new Trainer(model.session(), objective, wsam, training::hasSecondPass);

    // Here the graph is whole.
    RunCheckpoints checkpoints =
        checkpointing.checkpoints(model.session(), () -> settings(steps, data, validation));
    Map<String, String> kept = new LinkedHashMap<>();
    int taken = checkpointing.isResumed() ? resume(checkpoints, steps, kept) : 0;
    warnings.tell();
    if (validation != null && taken == 0) {
      kept.put(VALIDATION, Double.toString(trainer.mean(measured, validation, batch)));
    }
    StepProfiler profiler = profile.profiler(model.graph(), taken + 1L, steps);
    var run = new FinetuneRun(trainer, data, batches, steps, profiler);
    double loss;
    try (RunLog log = openLog(taken);
        var progress = new Progress("finetune", steps, taken, err())) {
      loss = run.go(taken, log, checkpoints, kept, progress);
    }
    model.save(out);

    PrintWriter stdout = spec.commandLine().getOut();
    stdout.printf(
        Locale.ROOT,
        "%d steps of %d examples, %d variables trained%n",
        steps,
        batch,
        trainer.variables());
    if (taken < steps) {
      stdout.printf(Locale.ROOT, "loss of the last step: %.6g%n", loss);
    }
    if (validation != null) {
      stdout.printf(
          Locale.ROOT,
          "validation loss: %.6g before, %.6g after%n",
          Double.valueOf(kept.get(VALIDATION)),
          trainer.mean(measured, validation, batch));
    }
    profiler.print(stdout);
    stdout.println(out);
  }

  /** Restores the newest checkpoint, and what was kept in it; tells how many steps were taken. */
  private int resume(RunCheckpoints checkpoints, int steps, Map<String, String> kept)
      throws IOException {
    Optional<Restored> restored = checkpoints.resume(steps);
    if (restored.isEmpty()) {
      err()
          .printf(
              "wsam: --checkpoint %s: holds none yet; the run begins%n", checkpointing.folder());
      return 0;
    }
    kept.putAll(restored.get().properties());
    err().printf("wsam: resumed after step %d%n", restored.get().step());
    return Math.toIntExact(restored.get().step());
  }

  private RunLog openLog(int taken) throws IOException {
    if (logFile == null) {
      return null;
    }
    AtomicFile.createFolder(logFile.toAbsolutePath().getParent());
    return RunLog.open(logFile, taken);
  }

  private Wsam.Options trainedOf(TrainableSavedModel model) {
    if (trainable == null) {
      return Wsam.trainable(name -> true);
    }
    Predicate<String> isTrained = trainable.asPredicate();
    List<String> all = model.trainableVariables();
    if (all.stream().noneMatch(isTrained)) {
      throw new IllegalArgumentException(
          "--trainable "
              + trainable
              + ": is found in no variable's name; these can be trained: "
              + String.join(", ", all));
    }
    return Wsam.trainable(isTrained);
  }

  /** What must be the same where the run is resumed. */
  private Map<String, String> settings(int steps, DataSet data, DataSet validation) {
    Map<String, String> settings = new LinkedHashMap<>(lossOptions.settings());
    settings.putAll(training.settings(steps));
    settings.put("--trainable", trainable == null ? "not given" : trainable.toString());
    settings.put("--batch", Integer.toString(batch));
    settings.put("--no-shuffle", Boolean.toString(isInFileOrder));
    settings.put("the number of examples of --data", Integer.toString(data.size()));
    settings.put(
        "the number of examples of --validation",
        validation == null ? "none" : Integer.toString(validation.size()));
    return settings;
  }

  private PrintWriter err() {
    return spec.commandLine().getErr();
  }
}
