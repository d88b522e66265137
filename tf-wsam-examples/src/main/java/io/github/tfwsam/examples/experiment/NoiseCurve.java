package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.experiment.MeasureChart.Point;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** A task's results over the share of wrong labels. */
final class NoiseCurve {
  private final String task;
  private final Results all;

  /**
   * The curve of a task.
   *
   * @param task its name
   * @param results the runs of all tasks
   */
  NoiseCurve(String task, Results results) {
    this.task = task;
    all = results.where("task", task);
  }

  private List<Double> shares() {
    return all.values("label_noise").stream().map(Double::valueOf).sorted().toList();
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.0f %%", 100 * share);
  }

  private Results of(Method method, double share) {
    return method.of(all.where("label_noise", share));
  }

  void tell(Report report) {
    report.section(task);
    var table = new MeasureTable("wrong labels, method");
    for (double share : shares()) {
      Method.ALL.forEach(
          method -> table.row(percent(share) + ", " + method.label(), of(method, share)));
    }
    table.addTo(report);
    Measure.DRAWN.forEach(measure -> picture(measure, report));
    report.section(task + ": differences of test accuracy, seed by seed");
    List<List<String>> rows = new ArrayList<>();
    compare(Method.SAM, Method.BASE, rows, report);
    compare(Method.WSAM, Method.BASE, rows, report);
    compare(Method.WSAM, Method.SAM, rows, report);
    report.table(header(), rows);
    report.text(Comparison.CAVEAT);
    report.finding(task + ": " + table.divergence() + ".");
  }

  private void picture(Measure measure, Report report) {
    var chart = new MeasureChart("share of wrong training labels %", measure, MeasureChart.HALF);
    for (Method method : Method.ALL) {
      chart.line(
          method.label(),
          shares().stream().map(share -> new Point(100 * share, of(method, share))).toList());
    }
    chart.addTo(report, task, "");
  }

  private static List<String> header() {
    List<String> header = new ArrayList<>(List.of("wrong labels"));
    header.addAll(Comparison.HEADER);
    return header;
  }

  /** Adds a row a share, and a finding over them all. */
  private void compare(Method method, Method other, List<List<String>> rows, Report report) {
    Map<String, List<String>> shares = new LinkedHashMap<>();
    for (double share : shares()) {
      Comparison comparison =
          Comparison.of(
              Measure.ACCURACY, method.label(), of(method, share), other.label(), of(other, share));
      List<String> row = new ArrayList<>(List.of(percent(share)));
      row.addAll(comparison.row());
      rows.add(row);
      String numbers = comparison.isClear() ? " (" + comparison.numbers() + ")" : "";
      shares
          .computeIfAbsent(comparison.verdict(), verdict -> new ArrayList<>())
          .add(percent(share) + numbers);
    }
    report.finding(
        task
            + ", "
            + method.label()
            + " against "
            + other.label()
            + " by the share of wrong labels: "
            + shares.entrySet().stream()
                .map(entry -> entry.getKey() + " with " + String.join(", ", entry.getValue()))
                .collect(Collectors.joining("; "))
            + ".");
  }
}
