package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.tasks.Task;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Whether a generalization bound explains the gap between training and test. */
final class Bound implements Experiment {
  private static final List<GapMeasure> COLUMNS = List.of(GapMeasure.values());

  private static final List<GapMeasure> DRAWN =
      List.of(
          GapMeasure.BOUND,
          GapMeasure.SHARPNESS,
          GapMeasure.LARGEST_EIGENVALUE,
          GapMeasure.DISTANCE);

  private static final String WHAT_IS_WHAT =
      "Mean ± standard deviation over the runs that are done. Errors are those of the network in"
          + " inference; the gap is the test error less the training error, the loss gap the same of"
          + " the cross entropy. Sharpness: how much the training loss rises from w to w + rho g /"
          + " |g|. Largest eigenvalue: that of the training loss's Hessian. Norm: |w|. Distance:"
          + " |w - w0|, w0 the initialization. The bound is that of docs/bound.md under noise of"
          + " about the length rho: the error under noise, in the mean over "
          + BoundMeasures.DRAWS
          + " draws, plus the complexity.";

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
  public void report(Results results, Path folder, Report report) {
    for (String task : results.values("task")) {
      tell(task, results.where("task", task), report);
    }
  }

  private static void tell(String task, Results results, Report report) {
    Map<String, Results> settings = new LinkedHashMap<>();
    for (String gamma : results.values("gamma")) {
      for (String coupled : results.where("gamma", gamma).values("coupled")) {
        settings.put(
            "gamma " + gamma + (coupled.equals("true") ? " coupled" : ""),
            results.where("gamma", gamma).where("coupled", coupled));
      }
    }
    report.section(task);
    List<String> header = new ArrayList<>(List.of("", "done", "diverged"));
    COLUMNS.forEach(measure -> header.add(measure.title()));
    List<List<String>> rows = new ArrayList<>();
    settings.forEach((label, runs) -> rows.add(row(label, runs)));
    report.table(header, rows);
    report.text(WHAT_IS_WHAT);
    report.finding(task + ": " + vacuity(results.done()));
    new GapCorrelations(task, results).tell(report);
    for (GapMeasure measure : DRAWN) {
      var chart = new GapChart(measure);
      settings.forEach((label, runs) -> chart.points(label, runs.done()));
      chart.addTo(report, task);
    }
    if (results.diverged() > 0) {
      report.finding(
          String.format(
              "%s: %d of %d runs diverged, and count in nothing else.",
              task, results.diverged(), results.runs().size()));
    }
  }

  private static List<String> row(String label, Results results) {
    List<String> row = new ArrayList<>();
    row.add(label);
    row.add(Integer.toString(results.done().size()));
    row.add(Integer.toString(results.diverged()));
    COLUMNS.forEach(measure -> row.add(measure.format(measure.of(results.done()))));
    return row;
  }

  /** In how many runs the bound says nothing, and how far it is from saying something. */
  private static String vacuity(List<Run> done) {
    List<Run> known =
        done.stream().filter(run -> Double.isFinite(GapMeasure.BOUND.of(run))).toList();
    if (known.isEmpty()) {
      return "no run has a bound.";
    }
    long vacuous = known.stream().filter(run -> GapMeasure.BOUND.of(run) >= 1).count();
    Run least = Collections.min(known, Comparator.comparingDouble(GapMeasure.BOUND::of));
    return String.format(
        "the bound is vacuous, at least 1, in %s; the smallest is %s, of which the complexity is"
            + " %s, where the test error is %s %%.",
        vacuous == known.size()
            ? "all " + vacuous + " runs"
            : vacuous == 0
                ? "none of " + known.size() + " runs"
                : vacuous + " of " + known.size() + " runs",
        GapMeasure.BOUND.format(GapMeasure.BOUND.of(least)),
        GapMeasure.COMPLEXITY.format(GapMeasure.COMPLEXITY.of(least)),
        GapMeasure.TEST_ERROR.format(GapMeasure.TEST_ERROR.of(least)));
  }
}
