package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.tasks.Task;

/** How each task is trained on two cores, by the base optimizer. Nothing of it depends on gamma. */
final class TaskSettings {
  private TaskSettings() {}

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
            10,
            "batch",
            32,
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
            0,
            "coupled",
            false);
    return switch (task) {
      case DIGITS -> common.with("epochs", 30);
      case CIFAR10, CIFAR100 -> common.with("subset", 2500, "batch", 64, "epochs", 15, "lr", 0.1);
      case TEXT -> common.with("subset", 5000, "epochs", 20);
      case SPEECH -> common.with("epochs", 20);
    };
  }
}
