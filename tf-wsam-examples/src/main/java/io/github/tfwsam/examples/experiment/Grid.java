package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.cli.AtomicFolder;
import io.github.tfwsam.examples.cli.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * The runs of an experiment that have not ended yet. They are taken by seed, so that a grid that is
 * stopped has what it compares.
 */
final class Grid {
  private static final String RUNS = "runs";
  private static final int MOST_SECONDS_TO_STOP = 60;

  private final Path folder;
  private final ResultsFile file;
  private final int total;
  private final Setting common;
  private final List<Todo> todo = new ArrayList<>();

  /** A run that has not ended. */
  private record Todo(Setting setting, long seed) {}

  /**
   * A grid.
   *
   * @param folder where its files go
   * @param settings its settings
   * @param seeds each setting is run with the seeds from 1 to this
   * @param file the runs that ended before, and those that end now
   */
  Grid(Path folder, List<Setting> settings, int seeds, ResultsFile file) {
    this.folder = folder;
    this.file = file;
    total = Math.multiplyExact(seeds, settings.size());
    common = Setting.common(settings);
    for (long seed = 1; seed <= seeds; seed++) {
      for (Setting setting : settings) {
        if (!file.contains(setting, seed)) {
          todo.add(new Todo(setting, seed));
        }
      }
    }
  }

  /** How many runs it has, those that ended before too. */
  int total() {
    return total;
  }

  /** How many runs have not ended. */
  int size() {
    return todo.size();
  }

  /**
   * Runs them.
   *
   * @param runner runs one
   * @param atATime how many are run at a time
   * @param progress is told of each
   * @throws IOException if one cannot read or write a file; others that ended are in the file
   * @throws IllegalStateException if one fails
   */
  void run(Runner runner, int atATime, Progress progress) throws IOException {
    // A kill may have come between a run's row and this.
    for (Run run : file.results().runs()) {
      deleteCheckpoints(run);
    }
    ExecutorService threads = Executors.newFixedThreadPool(atATime);
    try {
      CompletionService<Run> ended = new ExecutorCompletionService<>(threads);
      for (Todo one : todo) {
        ended.submit(() -> run(runner, one));
      }
      for (int i = 0; i < todo.size(); i++) {
        Run run = ended.take().get();
        file.add(run);
        deleteCheckpoints(run);
        progress.step(name(run.setting(), run.seed()) + ": " + run.outcome());
      }
    } catch (ExecutionException e) {
      throw failure(e.getCause());
    } catch (InterruptedException e) {
      throw new IllegalStateException("the experiment was interrupted; repeat the command", e);
    } finally {
      stop(threads);
    }
  }

  private Run run(Runner runner, Todo one) throws IOException {
    try {
      return runner.run(one.setting, one.seed, folderOf(one.setting, one.seed));
    } catch (IllegalStateException e) {
      throw new IllegalStateException(name(one.setting, one.seed) + ": " + e.getMessage(), e);
    }
  }

  /** What tells a run from the others of the grid. */
  private String name(Setting setting, long seed) {
    return setting.without(common).with("seed", seed).toString();
  }

  /** Waits for the others of one that failed: the folder is theirs as long as they write to it. */
  private static void stop(ExecutorService threads) {
    threads.shutdownNow();
    try {
      threads.awaitTermination(MOST_SECONDS_TO_STOP, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Not before the run's row is written, or a kill in between would leave a run with neither. */
  private void deleteCheckpoints(Run run) throws IOException {
    AtomicFolder.delete(folderOf(run.setting(), run.seed()).resolve(Runner.CHECKPOINTS));
  }

  private static IllegalStateException failure(Throwable cause) throws IOException {
    if (cause instanceof IOException e) {
      throw e;
    }
    if (cause instanceof RuntimeException e) {
      throw e;
    }
    if (cause instanceof Error e) {
      throw e;
    }
    return new IllegalStateException(cause);
  }

  /** A run's own folder, named after its setting. */
  Path folderOf(Setting setting, long seed) {
    return folder
        .resolve(RUNS)
        .resolve(String.join("_", setting.values().values()))
        .resolve("seed-" + seed);
  }
}
