package io.github.tfwsam.examples.finetune;

import io.github.tfwsam.Wsam;
import io.github.tfwsam.checkpoint.CheckpointFolder;
import io.github.tfwsam.examples.cli.AtomicFile;
import io.github.tfwsam.examples.cli.BaseOptimizer;
import io.github.tfwsam.examples.cli.Numbers;
import io.github.tfwsam.examples.cli.Progress;
import io.github.tfwsam.examples.cli.TrainingOptions;
import io.github.tfwsam.examples.data.Batches;
import io.github.tfwsam.examples.data.DataSet;
import io.github.tfwsam.savedmodel.TrainableSavedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.tensorflow.op.Op;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
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
  private static final String VALIDATION_BEFORE = "validation_before";

  @Spec private CommandSpec spec;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      required = true,
      description = "The SavedModel.")
  private Path modelFolder;

  @Option(
      names = "--data",
      paramLabel = "FILE",
      required = true,
      description =
          "The training examples. FILE.npz: an array for each input of the signature, and the labels;"
              + " the first axis counts examples. FILE.tfrecord: records of tf.train.Example with"
              + " features of the same names, gzipped or not.")
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
  private Duration duration;

  /** How long to train. */
  private static final class Duration {
    @Option(
        names = "--epochs",
        paramLabel = "N",
        required = true,
        converter = Numbers.Count.class,
        description = "How often each example is seen, >= 1.")
    private Integer epochs;

    @Option(
        names = "--steps",
        paramLabel = "N",
        required = true,
        converter = Numbers.Count.class,
        description = "How many batches are seen, >= 1.")
    private Integer steps;
  }

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

  @Option(
      names = "--checkpoint",
      paramLabel = "DIR",
      description = "Where to keep checkpoints, written now and then and at the end.")
  private Path checkpointFolder;

  @Option(
      names = "--resume",
      description =
          "Goes on from the newest checkpoint, as if the run had never stopped; begins, if there is"
              + " none.")
  private boolean isResumed;

  /** The verb. */
  public FinetuneCommand() {}

  @Override
  public Integer call() throws IOException {
    lossOptions.check(spec);
    if (isResumed && checkpointFolder == null) {
      throw new ParameterException(
          spec.commandLine(), "--resume goes on from a checkpoint: give --checkpoint DIR");
    }
    requireFree(out);
    requireNoCheckpoint();
    try (var model = TrainableSavedModel.load(modelFolder, training.seed())) {
      Objective objective = lossOptions.training(model, spec.commandLine().getErr());
      requireBatch(objective);
      try (DataSet data = DataSet.read(dataFile, objective.inputs());
          DataSet validation =
              validationFile == null ? null : DataSet.read(validationFile, objective.inputs())) {
        train(model, objective, data, validation);
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

  private void requireNoCheckpoint() throws IOException {
    if (checkpointFolder != null && !isResumed && CheckpointFolder.hasCheckpoint(checkpointFolder)) {
      throw new IllegalArgumentException(
          "--checkpoint "
              + checkpointFolder
              + ": holds a checkpoint of a run; give --resume to go on from it, or another folder");
    }
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
      TrainableSavedModel model, Objective objective, DataSet data, DataSet validation)
      throws IOException {
    var batches = new Batches(data.size(), batch, !isInFileOrder, training.seed());
    int steps = steps(batches);
    Wsam wsam = training.optimizer(model.graph(), steps, trainedOf(model));
    Objective measured = lossOptions.validation(model);
    var trainer = new Trainer(model.session(), objective, wsam);
    var run = new FinetuneRun(trainer, data, batches, steps);
    if (checkpointFolder != null) {
      var settings = settings(steps, data, validation);
      run.keepCheckpoints(new RunCheckpoints(checkpointFolder, model.session(), settings));
    }
  }

  private int steps(Batches batches) {
    if (duration.steps != null) {
      return duration.steps;
    }
    long steps = (long) duration.epochs * batches.perEpoch();
    if (steps > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("--epochs " + duration.epochs + ": too many; give fewer");
    }
    return (int) steps;
  }

