package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.cli.AtomicFile;
import io.github.tfwsam.examples.cli.Numbers;
import io.github.tfwsam.examples.cli.Progress;
import io.github.tfwsam.examples.tasks.Task;
import io.github.tfwsam.examples.train.Recipe;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import org.tensorflow.Graph;
import org.tensorflow.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code wsam experiment}: runs the grid of an experiment, and tells what came out. */
@Command(
    name = "experiment",
    showDefaultValues = true,
    sortOptions = false,
    description = {
      "Runs one of the paper's experiments, and writes to a folder: results.csv (a row a run),"
          + " report.html, and its pictures. Repeated after it was stopped, it goes on where it was; a"
          + " run that ended is never run again."
    })
public final class ExperimentCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "NAME",
      description = "The experiment: ${COMPLETION-CANDIDATES}.",
      index = "0")
  private Catalogue name;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "The folder that holds the tasks' files. Without it, digits are trained on.")
  private Path data;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "Where to write to: a new or an empty folder, or that of the same experiment.")
  private Path out;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      defaultValue = "3",
      converter = Numbers.Count.class,
      description = "Each setting is run with the seeds from 1 to this, >= 1.")
  private int seeds;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      converter = Numbers.Count.class,
      description = "How often each training example is seen; a number a task, if not given.")
  private Integer epochs;

  @Option(
      names = "--subset",
      paramLabel = "N",
      converter = Numbers.Count.class,
      description =
          "How many training examples there are, drawn by the seed; a number a task, if not given.")
  private Integer subset;

  @Option(
      names = "--task",
      paramLabel = "NAME",
      split = ",",
      showDefaultValue = Help.Visibility.NEVER,
      description = "The tasks, if not the experiment's own: ${COMPLETION-CANDIDATES}.")
  private List<Task> tasks = new ArrayList<>();

  @Option(
      names = "--recipe",
      paramLabel = "NAME",
      description =
          "${COMPLETION-CANDIDATES}: the size of the authors' experiments, for CIFAR on a GPU; see"
              + " wsam train.")
  private Recipe recipe;

  @Option(
      names = "--jobs",
      paramLabel = "N",
      converter = Numbers.Count.class,
      description =
          "How many runs are run at a time, each with one thread; as many as there are cores, if not"
              + " given (cost runs one at a time).")
  private Integer jobs;

  /** The verb. */
  public ExperimentCommand() {}

  @Override
  public Integer call() throws IOException {
    Experiment experiment = name.experiment();
    if (!experiment.isParallel() && jobs != null && jobs > 1) {
      throw usage(
          name + " measures time, so that its runs are run one at a time: leave out --jobs");
    }
    List<Setting> settings;
    try {
      settings = experiment.settings(new Scale(data != null, tasks, epochs, subset, recipe));
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
    AtomicFile.createFolder(out);
    try (var channel =
            FileChannel.open(
                out.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      if (lock == null) {
        throw new IllegalStateException(
            "--out " + out + ": another process writes to it; wait for its end");
      }
      run(experiment, settings);
    }
    return 0;
  }

  private void run(Experiment experiment, List<Setting> settings) throws IOException {
    ResultsFile file = ResultsFile.open(out, settings, experiment.furtherMeasures());
    var grid = new Grid(out, settings, seeds, file);
    int cores = Runtime.getRuntime().availableProcessors();
    int atATime = jobs != null ? jobs : experiment.isParallel() ? cores : 1;
    PrintWriter err = spec.commandLine().getErr();
    if (grid.size() > 0) {
      // Threads within an operation are those of the process's first session.
      try (var graph = new Graph();
          var first = new Session(graph, Runner.ONE_THREAD);
          var progress =
              new Progress(name.toString(), grid.total(), grid.total() - grid.size(), err)) {
        grid.run(experiment.runner(new DataSets(data)), atATime, progress);
      }
    }
    var report = new Report(name.toString(), experiment.question());
    experiment.report(file.results(), out, report);
    report.write(out, command(file.results()));
    PrintWriter stdout = spec.commandLine().getOut();
    stdout.print(report.text());
    stdout.println(out.resolve("report.html"));
  }

  /** The command that gives the same, but for --out; more seeds may have been run before. */
  private String command(Results results) {
    long allSeeds = Math.max(seeds, Collections.max(results.seeds()));
    var command = new StringBuilder("./wsam experiment " + name);
    if (data != null) {
      command.append(" --data DIR");
    }
    command.append(" --out DIR --seeds ").append(allSeeds);
    if (epochs != null) {
      command.append(" --epochs ").append(epochs);
    }
    if (subset != null) {
      command.append(" --subset ").append(subset);
    }
    if (!tasks.isEmpty()) {
      command.append(" --task ");
      command.append(String.join(",", tasks.stream().map(Task::toString).toList()));
    }
    if (recipe != null) {
      command.append(" --recipe ").append(recipe);
    }
    return command.toString();
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
