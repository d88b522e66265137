package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.tasks.Task;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What accuracy a method reaches in which time of training. */
final class Cost implements Experiment {
  private static final List<Integer> EVERY = List.of(2, 5);
  private static final List<Double> LENGTHS = List.of(0.5, 1.0, 2.0);

  @Override
  public String question() {
    return "Is the second pass worth its time?";
  }

  @Override
  public List<Setting> settings(Scale scale) {
    List<Setting> settings = new ArrayList<>();
    for (Task task : scale.tasks(Task.CIFAR10)) {
      Setting own = scale.setting(task);
      for (double length : LENGTHS) {
        int epochs = (int) Math.max(1, Math.round(length * own.number("epochs")));
        Setting once = own.with("epochs", epochs, "every", 1);
        Method.ALL.forEach(method -> settings.add(method.in(once)));
        EVERY.forEach(every -> settings.add(Method.WSAM.in(once).with("every", every)));
      }
    }
    // A short training may have its length twice.
    return settings.stream().distinct().toList();
  }

  /** What runs beside it would take some of its time. */
  @Override
  public boolean isParallel() {
    return false;
  }

  @Override
  public void report(Results results, Path folder, Report report) {
    for (String task : results.values("task")) {
      new CostCurve(task, results).tell(report);
    }
  }
}
