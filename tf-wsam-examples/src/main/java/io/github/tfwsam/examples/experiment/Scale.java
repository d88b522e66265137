package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.tasks.Task;
import io.github.tfwsam.examples.train.Recipe;
import java.util.Arrays;
import java.util.List;

/**
 * Which tasks are run, and at which size.
 *
 * @param hasData whether there is a folder with data; else digits are all there is
 * @param tasks the tasks that the user chose; empty for the experiment's own
 * @param epochs how often each example is seen; null for the task's own
 * @param subset how many examples are trained on; null for the task's own
 * @param recipe null for the size of two cores
 */
record Scale(boolean hasData, List<Task> tasks, Integer epochs, Integer subset, Recipe recipe) {
  /**
   * The tasks to run: without data, digits for whatever the experiment's own are.
   *
   * @param own those of the experiment
   * @throws IllegalArgumentException if the user's tasks cannot be had
   */
  List<Task> tasks(Task... own) {
    if (recipe != null) {
      return withRecipe(own);
    }
    if (!tasks.isEmpty()) {
      requireData(tasks);
      return tasks.stream().distinct().toList();
    }
    return hasData ? List.of(own) : List.of(Task.DIGITS);
  }

  private List<Task> withRecipe(Task... own) {
    List<Task> wanted =
        (tasks.isEmpty() ? Arrays.stream(own).filter(Scale::hasRecipe) : tasks.stream())
            .distinct()
            .toList();
    if (wanted.isEmpty() || !wanted.stream().allMatch(Scale::hasRecipe)) {
      throw new IllegalArgumentException(
          "--recipe "
              + recipe
              + " is for cifar10 and cifar100: leave it out, or give --task cifar10");
    }
    requireData(wanted);
    return wanted;
  }

  private void requireData(List<Task> wanted) {
    for (Task task : wanted) {
      if (!hasData && task != Task.DIGITS) {
        throw new IllegalArgumentException(
            "the task " + task + " reads files: give --data DIR, the folder that holds them");
      }
    }
  }

  private static boolean hasRecipe(Task task) {
    return task == Task.CIFAR10 || task == Task.CIFAR100;
  }

  /**
   * The setting of a task, by the base optimizer alone, that those of a grid go on from.
   *
   * @throws IllegalArgumentException if the user's examples do not make a batch
   */
  Setting setting(Task task) {
    Setting setting = recipe == null ? TaskSettings.of(task) : TaskSettings.of(task, recipe);
    if (epochs != null) {
      setting = setting.with("epochs", epochs);
    }
    if (subset == null) {
      return setting;
    }
    if (subset < setting.number("batch")) {
      throw new IllegalArgumentException(
          String.format(
              "--subset %d: a batch of %s alone has %s examples; give as many at least",
              subset, task, setting.get("batch")));
    }
    return setting.with("subset", subset);
  }
}
