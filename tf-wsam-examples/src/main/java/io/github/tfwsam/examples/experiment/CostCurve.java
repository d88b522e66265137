package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.experiment.MeasureChart.Point;
import io.github.tfwsam.examples.report.Estimate;
import io.github.tfwsam.examples.report.Statistics;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** A task's accuracy over the time of training, by method and length. */
final class CostCurve {
  /** How far apart two times may be, the longer over the shorter, and still be about equal. */
  private static final double ABOUT_EQUAL = 1.25;

  private static final int CHART_WIDTH = 760;

  /** A method at all lengths. */
  private record Line(String name, Results results) {
    List<Integer> lengths() {
      return results.values("epochs").stream().map(Integer::valueOf).sorted().toList();
    }

    Results at(int epochs) {
      return results.where("epochs", epochs);
    }

    double seconds(int epochs) {
      return Measure.SECONDS.of(at(epochs)).mean();
    }

    String nameAt(int epochs) {
      return String.format(Locale.ROOT, "%s of %d epochs (%.1f s)", name, epochs, seconds(epochs));
    }
  }

  private final String task;
  private final Line base;
  private final Line sam;

  /** At each interval of its second passes. */
  private final List<Line> wsam = new ArrayList<>();

  /**
   * The curve of a task.
   *
   * @param task its name
   * @param results the runs of all tasks
   */
  CostCurve(String task, Results results) {
    this.task = task;
    Results all = results.where("task", task);
    Results always = all.where("every", 1);
    base = new Line(Method.BASE.label(), Method.BASE.of(always));
    sam = new Line(Method.SAM.label(), Method.SAM.of(always));
    for (String every : all.values("every")) {
      String name = Method.WSAM.label() + (every.equals("1") ? "" : " every " + every);
      wsam.add(new Line(name, Method.WSAM.of(all.where("every", every))));
    }
  }

  private List<Line> lines() {
    List<Line> lines = new ArrayList<>(List.of(base, sam));
    lines.addAll(wsam);
    return lines;
  }

  void tell(Report report) {
    report.section(task);
    var table = new MeasureTable("epochs, method");
    for (int epochs :
        lines().stream().flatMap(l -> l.lengths().stream()).distinct().sorted().toList()) {
      lines().forEach(line -> table.row(epochs + ", " + line.name(), line.at(epochs)));
    }
    table.addTo(report);
    var chart = new MeasureChart("seconds of training", Measure.ACCURACY, CHART_WIDTH);
    for (Line line : lines()) {
      chart.line(
          line.name(),
          line.lengths().stream()
              .map(epochs -> new Point(line.seconds(epochs), line.at(epochs)))
              .toList());
    }
    chart.addTo(report, task, " A line joins the lengths of training.");
    times(report);
    equalTimes(report);
    report.finding(task + ": " + table.divergence() + ".");
  }

  private void times(Report report) {
    report.section(task + ": time of training over that of the base, seed by seed");
    List<List<String>> rows = new ArrayList<>();
    List<String> clauses = new ArrayList<>();
    for (Line line : lines().subList(1, lines().size())) {
      Estimate ratio = ratio(line);
      String interval =
          ratio.hasInterval()
              ? String.format(Locale.ROOT, "%.2f to %.2f", ratio.low(), ratio.high())
              : "–";
      String mean = ratio.isKnown() ? String.format(Locale.ROOT, "%.2f", ratio.mean()) : "–";
      rows.add(List.of(line.name(), mean, interval, Integer.toString(ratio.count())));
      if (ratio.isKnown()) {
        clauses.add(
            line.name()
                + ": "
                + mean
                + (ratio.hasInterval() ? " (95 % interval " + interval + ")" : " (one seed)"));
      }
    }
    report.table(List.of("method", "times the base", "95 % interval", "seeds"), rows);
    report.finding(
        task
            + ": "
            + (clauses.isEmpty()
                ? "no run tells what a second pass costs."
                : "at equal epochs training took, times the base's: "
                    + String.join(", ", clauses)
                    + "."));
  }

  /** Each seed's mean over the lengths. */
  private Estimate ratio(Line line) {
    List<Double> bySeed = new ArrayList<>();
    for (long seed : line.results().seeds()) {
      List<Double> ratios = new ArrayList<>();
      for (Run run : line.results().done()) {
        for (Run other : base.results().done()) {
          if (run.seed() == seed
              && other.seed() == seed
              && run.setting().get("epochs").equals(other.setting().get("epochs"))) {
            ratios.add(run.measure(Run.SECONDS) / other.measure(Run.SECONDS));
          }
        }
      }
      if (!ratios.isEmpty()) {
        bySeed.add(Statistics.mean(ratios));
      }
    }
    return Estimate.of(bySeed);
  }

  private void equalTimes(Report report) {
    List<List<String>> rows = new ArrayList<>();
    equalTimes(sam, base, rows, report);
    wsam.forEach(line -> equalTimes(line, base, rows, report));
    wsam.stream().limit(1).forEach(line -> equalTimes(line, sam, rows, report));
    if (!rows.isEmpty()) {
      report.section(task + ": test accuracy in about equal time, seed by seed");
      report.table(Comparison.HEADER, rows);
    }
  }

  private void equalTimes(Line line, Line other, List<List<String>> rows, Report report) {
    List<Comparison> comparisons = new ArrayList<>();
    for (int epochs : line.lengths()) {
      asLong(line.seconds(epochs), other)
          .ifPresent(
              otherEpochs ->
                  comparisons.add(
                      Comparison.of(
                          Measure.ACCURACY,
                          line.nameAt(epochs),
                          line.at(epochs),
                          other.nameAt(otherEpochs),
                          other.at(otherEpochs))));
    }
    comparisons.forEach(comparison -> rows.add(comparison.row()));
    report.finding(
        task
            + ", in about equal time: "
            + (comparisons.isEmpty()
                ? "no length of " + other.name() + " took about as long as one of " + line.name()
                : comparisons.stream().map(Comparison::sentence).collect(Collectors.joining("; ")))
            + ".");
  }

  /** The length that takes the nearest time, if that is about equal. */
  private static Optional<Integer> asLong(double seconds, Line line) {
    return line.lengths().stream()
        .filter(epochs -> factor(line.seconds(epochs), seconds) <= ABOUT_EQUAL)
        .min(Comparator.comparingDouble(epochs -> factor(line.seconds(epochs), seconds)));
  }

  /** At least 1; NaN, which is not about equal, where a time is not known. */
  private static double factor(double seconds, double others) {
    return Math.max(seconds / others, others / seconds);
  }
}
