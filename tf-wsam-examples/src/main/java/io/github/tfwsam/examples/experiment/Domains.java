package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.tasks.Task;
import java.nio.file.Path;
import java.util.List;

/** Whether the gamma that is best for images is so for text and speech. */
final class Domains implements Experiment {
  @Override
  public String question() {
    return "Does the best gamma carry over to text and speech?";
  }

  @Override
  public List<Setting> settings(Scale scale) {
    return scale.tasks(Task.TEXT, Task.SPEECH).stream()
        .flatMap(task -> GammaSweep.of(scale.setting(task)).stream())
        .toList();
  }

  @Override
  public void report(Results results, Path folder, Report report) {}
}
