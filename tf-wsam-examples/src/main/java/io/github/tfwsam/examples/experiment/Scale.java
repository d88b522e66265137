package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.tasks.Task;
import java.util.Arrays;
import java.util.List;

/**
 * Which tasks are run, and at which size.
 *
 * @param hasData whether there is a folder with data; else digits are all there is
 * @param tasks the tasks that the user chose; empty for the experiment's own
 * @param epochs how often each example is seen; null for the task's own
 * @param subset how many examples are trained on; null for the task's own
 */
record Scale(boolean hasData, List<Task> tasks, Integer epochs, Integer subset) {
  /**
   * The tasks to run.
   *
   * @param own those of the experiment
   * @throws IllegalArgumentException if none of these can be had without data
   */
  List<Task> tasks(Task... own) {
    List<Task> wanted = tasks.isEmpty() ? Arrays.asList(own) : tasks;
    List<Task> had =
        wanted.stream().filter(task -> hasData || task == Task.DIGITS).distinct().toList();
    if (had.isEmpty() || (!tasks.isEmpty() && had.size() < tasks.size())) {
      throw new IllegalArgumentException(
          "the tasks " + wanted + " read files: give --data DIR, the folder that holds theirs");
    }
    return had;
  }

  /** The setting of a task, by the base optimizer alone, that settings of a grid go on from. */
  Setting setting(Task task) {
    Setting own = TaskSettings.of(task);
    if (epochs != null) {
      own = own.with("epochs", epochs);
    }
    return subset == null ? own : own.with("subset", subset);
  }
}
