package io.github.tfwsam.examples.quickstart;

import io.github.tfwsam.examples.report.Statistics;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** The results as rows of cells, for the terminal and for the report. */
final class ResultsTable {
  static final List<String> HEADER =
      List.of(
          "labels",
          "method",
          "test accuracy %",
          "best epoch %",
          "training loss",
          "sharpness",
          "time a step");

  private ResultsTable() {}

  static List<List<String>> rows(Results results) {
    List<List<String>> rows = new ArrayList<>();
    for (double noise : results.noises()) {
      for (Method method : Method.values()) {
        rows.add(
            List.of(
                noise == 0 ? "clean" : String.format(Locale.ROOT, "%.0f %% wrong", 100 * noise),
                method.label,
                cell(results, method, noise, "%.2f", run -> 100 * run.testAccuracy()),
                cell(results, method, noise, "%.2f", run -> 100 * run.bestTestAccuracy()),
                cell(results, method, noise, "%.4f", RunResult::trainingLoss),
                cell(results, method, noise, "%.4f", RunResult::sharpness),
                String.format(Locale.ROOT, "%.2f x", results.timeRatio(method))));
      }
    }
    return rows;
  }

  /** Mean and standard deviation over the seeds. */
  private static String cell(
      Results results,
      Method method,
      double noise,
      String format,
      Function<RunResult, Double> value) {
    List<Double> values = results.values(method, noise, value);
    return String.format(
        Locale.ROOT,
        format + " ± " + format,
        Statistics.mean(values),
        Statistics.deviation(values));
  }
}
