package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.tasks.Task;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How gamma, the weight of the sharpness, bears on accuracy, loss and curvature. */
final class GammaSweep implements Experiment {
  private static final List<Double> GAMMAS = List.of(0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95);

  @Override
  public String question() {
    return "Which gamma is best, and are the minima flatter?";
  }

  @Override
  public List<Setting> settings(Scale scale) {
    return scale.tasks(Task.CIFAR10).stream().flatMap(t -> of(scale.setting(t)).stream()).toList();
  }

  /** A setting by each gamma decoupled, and by 0.5 coupled too, which is SAM. */
  static List<Setting> of(Setting setting) {
    List<Setting> settings = new ArrayList<>();
    for (double gamma : GAMMAS) {
      settings.add(setting.with("gamma", gamma));
      if (gamma == 0.5) {
        settings.add(setting.with("gamma", gamma, "coupled", true));
      }
    }
    return settings;
  }

  @Override
  public void report(Results results, Path folder, Report report) {
    for (String task : results.values("task")) {
      new GammaCurve(task, results).tell(report);
    }
  }
}
