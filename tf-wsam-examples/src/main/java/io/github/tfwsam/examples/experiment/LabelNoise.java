package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.tasks.Task;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Whether flat minima resist wrong labels. */
final class LabelNoise implements Experiment {
  private static final List<Double> SHARES = List.of(0.0, 0.2, 0.4, 0.6, 0.8);

  @Override
  public String question() {
    return "Does WSAM resist wrong labels?";
  }

  @Override
  public List<Setting> settings(Scale scale) {
    List<Setting> settings = new ArrayList<>();
    for (Task task : scale.tasks(Task.CIFAR10)) {
      for (double share : SHARES) {
        for (Method method : Method.ALL) {
          settings.add(method.in(scale.setting(task).with("label_noise", share)));
        }
      }
    }
    return settings;
  }

  @Override
  public void report(Results results, Path folder, Report report) {
    for (String task : results.values("task")) {
      new NoiseCurve(task, results).tell(report);
    }
  }
}
