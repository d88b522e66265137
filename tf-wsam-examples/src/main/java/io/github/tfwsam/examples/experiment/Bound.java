package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.tasks.Task;
import java.nio.file.Path;
import java.util.List;

/** Whether a generalization bound explains the gap between training and test. */
final class Bound implements Experiment {
  @Override
  public String question() {
    return "Does the bound, or a term of it, go with the generalization gap?";
  }

  @Override
  public List<Setting> settings(Scale scale) {
    return scale.tasks(Task.CIFAR10, Task.CIFAR100).stream()
        .flatMap(task -> GammaSweep.of(scale.setting(task)).stream())
        .toList();
  }

  @Override
  public Runner runner(DataSets data) {
    return new TrainingRunner(
        data,
        (session, training, examples, setting) -> {
          var measures =
              new BoundMeasures(session.graph(), training.classifier(), training.inferenceLogits());
          return () -> measures.of(session, examples, setting);
        });
  }

  @Override
  public List<String> furtherMeasures() {
    return BoundMeasures.NAMES;
  }

  @Override
  public void report(Results results, Path folder, Report report) {}
}
