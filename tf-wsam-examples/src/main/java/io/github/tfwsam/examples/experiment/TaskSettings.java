package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.tasks.Task;
import io.github.tfwsam.examples.train.Recipe;
import java.util.Map;

/**
 * How each task is trained by the base optimizer. Nothing of it depends on gamma. rho is the one by
 * which SAM and WSAM were the most accurate on a fifth of the training part that was held out, of
 * text, speech and CIFAR-10 ({@code docs/experiments.md} has what was tried); CIFAR-100 has that of
 * CIFAR-10, and the digits have the quickstart's.
 */
final class TaskSettings {
  /** All of CIFAR's training images. */
  private static final int CIFAR_IMAGES = 50_000;

  private TaskSettings() {}

  /** At the size of two cores. */
  static Setting of(Task task) {
    Setting common =
        Setting.of(
            "task",
            task,
            "model",
            task.models().get(0),
            "subset",
            1000,
            "epochs",
            20,
            "batch",
            32,
            "augment",
            false,
            "base",
            "momentum",
            "lr",
            0.05,
            "weight_decay",
            5e-4,
            "schedule",
            "cosine",
            "rho",
            0.05,
            "gamma",
            0.0,
            "coupled",
            false);
    return switch (task) {
      case DIGITS -> common.with("epochs", 50, "rho", 0.4);
      case CIFAR10 -> common;
      case CIFAR100 -> common.with("subset", 2000, "epochs", 10);
      case TEXT -> common.with("subset", 4000, "rho", 0.2);
      case SPEECH -> common.with("rho", 0.1);
    };
  }

  /** At the size of the authors' experiments. */
  static Setting of(Task task, Recipe recipe) {
    Setting setting = of(task).with("subset", CIFAR_IMAGES);
    for (Map.Entry<String, Object> option : recipe.options().entrySet()) {
      String column = option.getKey().substring(2).replace('-', '_');
      if (!column.equals("gamma") && setting.values().containsKey(column)) {
        setting = setting.with(column, option.getValue());
      }
    }
    return setting;
  }
}
