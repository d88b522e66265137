package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.tasks.Task;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Whether the sharpness should have a step of its own, whatever the base optimizer. */
final class Decoupling implements Experiment {
  /** Each base optimizer with a usual learning rate. */
  private static final List<Setting> BASES =
      List.of(
          Setting.of("base", "sgd", "lr", 0.1),
          Setting.of("base", "momentum", "lr", 0.05),
          Setting.of("base", "adam", "lr", 0.001),
          Setting.of("base", "adamw", "lr", 0.001),
          Setting.of("base", "rmsprop", "lr", 0.001));

  /**
   * The task's rho, which WSAM can take decoupled, and one of a quarter. Coupled, the base
   * optimizer gathers the sharpness's gradients in its momentum, which weighs them ten times as
   * much as those of a step of their own: it may take less.
   */
  private static final List<Double> SHARES_OF_RHO = List.of(0.25, 1.0);

  @Override
  public String question() {
    return "Does it help to decouple the sharpness from the base optimizer?";
  }

  @Override
  public List<Setting> settings(Scale scale) {
    List<Setting> settings = new ArrayList<>();
    for (Task task : scale.tasks(Task.DIGITS, Task.TEXT, Task.SPEECH)) {
      Setting own = scale.setting(task).with("gamma", Method.WSAM.gamma());
      for (Setting base : BASES) {
        for (double share : SHARES_OF_RHO) {
          for (boolean coupled : List.of(true, false)) {
            settings.add(
                own.with(
                    "base",
                    base.get("base"),
                    "lr",
                    base.get("lr"),
                    "rho",
                    share * own.number("rho"),
                    "coupled",
                    coupled));
          }
        }
      }
    }
    return settings;
  }

  @Override
  public void report(Results results, Path folder, Report report) {
    new CouplingCells(results).tell(report);
  }
}
