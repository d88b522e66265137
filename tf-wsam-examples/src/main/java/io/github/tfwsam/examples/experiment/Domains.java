package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.tasks.Task;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

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
  public void report(Results results, Path folder, Report report) {
    List<GammaCurve> curves =
        results.values("task").stream().map(task -> new GammaCurve(task, results)).toList();
    report.finding(bestGammas(curves));
    for (GammaCurve curve : curves) {
      curves.stream()
          .filter(other -> other != curve)
          .forEach(other -> carriedOver(curve, other, report));
      neighbours(curve, report);
    }
    curves.forEach(curve -> curve.tell(report));
  }

  private static String bestGammas(List<GammaCurve> curves) {
    List<Double> best = curves.stream().flatMap(curve -> curve.best().stream()).toList();
    String each =
        curves.stream()
            .map(
                curve ->
                    curve.best().map(GammaCurve::label).orElse("none")
                        + " on "
                        + curve.task()
                        + curve.scope())
            .collect(Collectors.joining(", "));
    String same =
        best.size() < 2
            ? "there are not two tasks to compare"
            : best.stream().distinct().count() == 1
                ? "it is the same"
                : "it is not the same, which chance alone can do where neighbours are alike";
    return "Decoupled, the gamma with the highest mean accuracy is " + each + ": " + same + ".";
  }

  /** What one loses who takes the gamma of another task. */
  private static void carriedOver(GammaCurve curve, GammaCurve from, Report report) {
    Optional<Double> own = curve.best();
    Optional<Double> others = from.best();
    if (own.isPresent() && others.isPresent() && !own.get().equals(others.get())) {
      report.finding(
          curve.task()
              + " with the best gamma of "
              + from.task()
              + ": "
              + curve.compare(Measure.ACCURACY, others.get(), own.get()).sentence()
              + ".");
    }
  }

  private static void neighbours(GammaCurve curve, Report report) {
    curve
        .best()
        .ifPresent(
            best ->
                report.finding(
                    curve.task()
                        + ", the best gamma and its neighbours: "
                        + curve.neighbours(best).stream()
                            .map(g -> curve.compare(Measure.ACCURACY, best, g).sentence())
                            .collect(Collectors.joining("; "))
                        + "."));
  }
}
