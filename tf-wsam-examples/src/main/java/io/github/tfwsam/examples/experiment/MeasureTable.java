package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.report.Estimate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A row a setting: how many of its runs are done, and the mean and deviation of what they measure.
 */
final class MeasureTable {
  private final String header;
  private final Map<String, Results> rows = new LinkedHashMap<>();

  /**
   * A table without rows.
   *
   * @param header what the settings differ in
   */
  MeasureTable(String header) {
    this.header = header;
  }

  /** Adds the runs of a setting, if there are any. */
  void row(String label, Results results) {
    if (!results.runs().isEmpty()) {
      rows.put(label, results);
    }
  }

  void addTo(Report report) {
    List<String> titles = new ArrayList<>(List.of(header, "done", "diverged"));
    Arrays.stream(Measure.values()).map(Measure::title).forEach(titles::add);
    List<List<String>> lines = new ArrayList<>();
    rows.forEach((label, results) -> lines.add(line(label, results)));
    report.table(titles, lines);
    report.text(
        "Mean ± standard deviation over the runs that are done."
            + " Training loss: the mean over the last epoch."
            + " Sharpness: how much the training loss rises from w to w + rho g / |g|, by batches of"
            + " 128 of the first 1024 training examples. Largest eigenvalue: that of the training"
            + " loss's Hessian, over the first 512. Both are of the network in inference. Seconds:"
            + " of the steps alone; what ran beside them took some of it.");
    if (!rows.isEmpty()) {
      report.text(shared());
    }
  }

  private static List<String> line(String label, Results results) {
    List<String> cells = new ArrayList<>();
    cells.add(label);
    cells.add(Integer.toString(results.done().size()));
    cells.add(Integer.toString(results.diverged()));
    for (Measure measure : Measure.values()) {
      Estimate estimate = measure.of(results);
      String cell = measure.meanAndDeviation(estimate);
      boolean whole = estimate.count() == results.done().size() || !estimate.isKnown();
      cells.add(whole ? cell : cell + " (of " + estimate.count() + ")");
    }
    return cells;
  }

  /** What all rows have in common. */
  private String shared() {
    List<Run> runs = rows.values().stream().flatMap(row -> row.runs().stream()).toList();
    return "All of them: "
        + Setting.common(runs.stream().map(Run::setting).toList())
        + "; seeds "
        + runs.stream()
            .map(Run::seed)
            .distinct()
            .sorted()
            .map(String::valueOf)
            .collect(Collectors.joining(", "))
        + ".";
  }

  /** Which runs diverged, as a finding. */
  String divergence() {
    long all = rows.values().stream().mapToLong(row -> row.runs().size()).sum();
    String diverged =
        rows.entrySet().stream()
            .filter(row -> row.getValue().diverged() > 0)
            .map(row -> row.getKey() + " (" + share(row.getValue()) + ")")
            .collect(Collectors.joining(", "));
    return diverged.isEmpty()
        ? "none of " + all + " runs diverged"
        : "diverged, and left out of every mean: " + diverged;
  }

  private static String share(Results results) {
    int all = results.runs().size();
    return results.diverged() == all
        ? (all == 1 ? "its one run" : "all " + all + " runs")
        : results.diverged() + " of " + all + " runs";
  }
}
