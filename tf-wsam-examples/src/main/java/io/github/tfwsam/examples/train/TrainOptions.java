package io.github.tfwsam.examples.train;

import io.github.tfwsam.examples.cli.BaseOptimizer;
import io.github.tfwsam.examples.cli.Numbers;
import io.github.tfwsam.examples.cli.TrainingOptions;
import io.github.tfwsam.examples.models.Network;
import io.github.tfwsam.examples.tasks.Augmentation;
import io.github.tfwsam.examples.tasks.LabeledExamples;
import io.github.tfwsam.examples.tasks.Task;
import io.github.tfwsam.examples.tasks.TaskData;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.proto.ConfigProto;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What is learned, and how: the options of {@code wsam train} that decide the weights. */
public final class TrainOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--task",
      paramLabel = "NAME",
      required = true,
      description = "What to learn: ${COMPLETION-CANDIDATES}.")
  private Task task;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Where the task's files are; digits needs none.")
  private Path dataFolder;

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description =
          "The network; the first, if not given. digits: mlp, conv. cifar10 and cifar100: resnet8,"
              + " resnet20, resnet18. text: textcnn, transformer. speech: speechcnn.")
  private String model;

  @Option(
      names = "--optimizer",
      paramLabel = "NAME",
      defaultValue = "wsam",
      description =
          "${COMPLETION-CANDIDATES}: the base optimizer alone (--gamma 0); SAM (--gamma 0.5"
              + " --coupled); WSAM, as --gamma and --coupled say.")
  private TrainMethod method;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      defaultValue = "10",
      converter = Numbers.Count.class,
      description = "How often each example is seen, >= 1; in all, where the run is resumed.")
  private int epochs;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "32",
      converter = Numbers.Count.class,
      description = "How many examples make a batch, >= 1. What an epoch leaves is dropped.")
  private int batch;

  @Option(
      names = "--subset",
      paramLabel = "N",
      converter = Numbers.Count.class,
      description = "Train on so many of the training examples, drawn by the seed; else on all.")
  private Integer subset;

  @Option(
      names = "--label-noise",
      paramLabel = "P",
      defaultValue = "0",
      converter = Numbers.Fraction.class,
      description =
          "The share of the training labels that are wrong, >= 0 and < 1: another class, drawn by the"
              + " seed.")
  private double labelNoise;

  @Option(
      names = "--augment",
      description =
          "Images are cropped at random after padding by 4 pixels, and flipped, when trained on"
              + " (cifar10, cifar100).")
  private boolean isAugmented;

  @Option(
      names = "--recipe",
      paramLabel = "NAME",
      description =
          "${COMPLETION-CANDIDATES}: the authors' training of ResNet-18 on CIFAR. --model resnet18"
              + " --batch 128 --epochs 200 --base momentum --lr 0.1 --momentum 0.9 --weight-decay 5e-4"
              + " --schedule cosine --rho 0.2 --gamma 0.9 --augment, but for what is given by hand.")
  private Recipe recipe;

  @Mixin private TrainingOptions training = new TrainingOptions(BaseOptimizer.MOMENTUM);

  @Option(
      names = "--threads",
      paramLabel = "N",
      converter = Numbers.Count.class,
      description =
          "How many threads TensorFlow works with, >= 1; as many as there are cores, if not given.")
  private Integer threads;

  /** Options for the command line to fill in. */
  TrainOptions() {}

  /** A command of nothing else. */
  @Command(name = "train")
  private static final class Alone {
    @Mixin private TrainOptions options;
  }

  /**
   * The options that a command line stands for.
   *
   * @param arguments what follows {@code wsam train}
   * @return the options
   * @throws ParameterException if there is no such option, a value is out of its range, or options
   *     contradict one another
   */
  public static TrainOptions parse(List<String> arguments) {
    var alone = new Alone();
    new CommandLine(alone)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .parseArgs(arguments.toArray(new String[0]));
    alone.options.decide();
    return alone.options;
  }

  /**
   * Gives the options that were not given by hand what --recipe and --optimizer stand for.
   *
   * @throws ParameterException if options contradict one another
   */
  void decide() {
    if (recipe != null) {
      recipe.options().forEach(this::preset);
    }
    method.options().forEach(this::decide);
    if (model == null) {
      model = task.models().get(0);
    } else if (!task.models().contains(model)) {
      throw usage(
          String.format(
              "--model %s: the networks of %s are %s",
              model, task, String.join(", ", task.models())));
    }
    if (isAugmented && task != Task.CIFAR10 && task != Task.CIFAR100) {
      throw usage("--augment is for the images of cifar10 and cifar100");
    }
    if (dataFolder == null && task != Task.DIGITS) {
      throw usage("--task " + task + " reads files: give --data DIR");
    }
  }

  /** Gives an option a value, unless it was given one by hand. */
  private void preset(String option, Object value) {
    if (!isGiven(option)) {
      spec.findOption(option).setValue(value);
    }
  }

  /** Gives an option the value that --optimizer stands for. */
  private void decide(String option, Object value) {
    Object given = spec.findOption(option).setValue(value);
    if (isGiven(option) && !given.equals(value)) {
      throw usage(
          "--optimizer " + method + " decides " + option + "; leave it out, or --optimizer");
    }
  }

  private boolean isGiven(String option) {
    return spec.commandLine().getParseResult().hasMatchedOption(option);
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  /** Reads the examples that are trained on, and the test part. */
  TaskData data() throws IOException {
    return data(task.load(dataFolder));
  }

  /**
   * What is learned.
   *
   * @return the task
   */
  public Task task() {
    return task;
  }

  /**
   * The examples, of the training ones those and with those labels that are trained on.
   *
   * @param all all examples of the task
   * @return those of this training
   * @throws IllegalArgumentException if there are too few for --subset
   */
  public TaskData data(TaskData all) {
    LabeledExamples examples = all.training();
    if (subset != null) {
      examples = examples.subset(subset, training.seed());
    }
    return new TaskData(examples.withLabelNoise(labelNoise, training.seed()), all.test());
  }

  /** The network. */
  Network<?> network(TaskData data) {
    return task.network(model, data);
  }

  /** What changes each batch's inputs; null for nothing. */
  Augmentation augmentation(TaskData data) {
    return isAugmented ? new Augmentation(data.training(), training.seed()) : null;
  }

  /** How the network is trained. */
  TrainingOptions training() {
    return training;
  }

  int batch() {
    return batch;
  }

  int epochs() {
    return epochs;
  }

  /** The number of steps, given how many an epoch has. */
  int steps(int perEpoch) {
    long all = (long) epochs * perEpoch;
    if (all > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("--epochs " + epochs + ": are too many steps; give fewer");
    }
    return (int) all;
  }

  /**
   * What a session is told: how many threads there are. Those within an operation are shared by all
   * sessions of the process, and as many as the first one asks for.
   *
   * @return the options of the session
   */
  public ConfigProto session() {
    return ConfigProto.newBuilder()
        .setUsePerSessionThreads(true)
        .setIntraOpParallelismThreads(threads())
        .setInterOpParallelismThreads(threads())
        .build();
  }

  private int threads() {
    return threads != null ? threads : Runtime.getRuntime().availableProcessors();
  }

  /** What must be the same where the run is resumed. */
  Map<String, String> settings(int steps, TaskData data) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("--task", task.toString());
    settings.put("--model", model);
    settings.putAll(training.settings(steps));
    settings.put("--batch", Integer.toString(batch));
    settings.put("--label-noise", Numbers.plain(labelNoise));
    settings.put("--augment", Boolean.toString(isAugmented));
    settings.put("--threads", Integer.toString(threads()));
    settings.put("the number of training examples", Integer.toString(data.training().size()));
    settings.put("the number of test examples", Integer.toString(data.test().size()));
    return settings;
  }

  /** What is learned by what, for a reader. */
  @Override
  public String toString() {
    return task + ", " + model;
  }
}
