package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.report.Estimate;
import io.github.tfwsam.examples.toy.Landmark;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.knowm.xchart.XYChart;

/** What came out of a problem of {@link ConstantRho}. */
final class NormReport {
  private static final List<String> HEADER =
      List.of(
          "method",
          "rho",
          "done",
          "diverged",
          "norm at the end",
          "last tenth",
          "exponent",
          "training loss",
          "sharpness",
          "largest eigenvalue");

  private final Problem.Name problem;
  private final List<NormLine> lines;

  /**
   * The report of a problem.
   *
   * @param problem its name
   * @param results the runs of all problems
   */
  NormReport(Problem.Name problem, Results results) {
    this.problem = problem;
    Map<Setting, List<Run>> bySetting = new LinkedHashMap<>();
    for (Run run : results.where("problem", problem).runs()) {
      bySetting.computeIfAbsent(run.setting(), setting -> new ArrayList<>()).add(run);
    }
    lines =
        bySetting.entrySet().stream()
            .map(entry -> new NormLine(entry.getKey(), new Results(entry.getValue())))
            .toList();
  }

  /**
   * Tells.
   *
   * @param curves the curves of the runs, as far as there are any
   */
  void tell(List<GradientCurve> curves, Report report) {
    report.section(problem.toString());
    report.text(description());
    List<String> header = new ArrayList<>(HEADER);
    header.add(isToy() ? "ended" : "test accuracy %");
    report.table(header, lines.stream().map(this::row).toList());
    XYChart chart = GradientChart.of(lines, curves);
    if (chart.getSeriesMap().isEmpty()) {
      report.text("No picture: neither " + GradientCurves.FILE + " nor the runs' own are there.");
    } else {
      report.picture(
          "gradient-norm-" + problem, chart, problem + ": " + GradientChart.CAPTION + ".");
    }
    for (NormLine line : lines) {
      report.finding(problem + ", " + new NormFinding(line, lines));
    }
    if (isToy()) {
      report.finding(problem + ": " + endings());
    }
  }

  /** Which methods' norms level off, and which fall, on which problem. */
  static String verdicts(List<NormReport> problems, boolean isConstant) {
    Map<String, List<String>> verdicts = new LinkedHashMap<>();
    for (NormReport report : problems) {
      for (NormLine line : report.lines) {
        if (!line.isBase() && line.isKnown() && line.isConstant() == isConstant) {
          verdicts
              .computeIfAbsent(line.verdict(), verdict -> new ArrayList<>())
              .add(report.problem + ", " + line.method() + ", rho " + line.setting().get("rho"));
        }
      }
    }
    return verdicts.isEmpty()
        ? "no run is done."
        : verdicts.entrySet().stream()
            .map(verdict -> verdict.getKey() + " in: " + String.join("; ", verdict.getValue()))
            .collect(Collectors.joining(". It ", "the norm ", "."));
  }

  private boolean isToy() {
    return problem == Problem.Name.TOY;
  }

  private String description() {
    String size = lines.get(0).setting().get("steps") + " steps";
    return switch (problem) {
      case CONVEX ->
          "Logistic regression of the digits with an L2 penalty, strongly convex and smooth, in"
              + " float64, by all training examples at once; gradient descent, "
              + size
              + ".";
      case TOY ->
          "The paper's loss of two parameters, in float64, from starts about the paper's; gradient"
              + " descent with momentum, "
              + size
              + ".";
      case DIGITS ->
          "A perceptron on the digits, by minibatches; gradient descent, "
              + size
              + ". Here batches differ, and at a constant learning rate their noise alone keeps a"
              + " gradient from 0, unless the network comes to fit every example: the base alone is"
              + " what the others are to be held against.";
    };
  }

  private List<String> row(NormLine line) {
    List<String> row = new ArrayList<>();
    row.add(line.method());
    row.add(line.isBase() ? "–" : line.radius());
    row.add(Integer.toString(line.results().done().size()));
    row.add(Integer.toString(line.results().diverged()));
    row.add(cell(line, DescentRunner.GRADIENT_NORM, "%.2e", 1));
    row.add(cell(line, DescentRunner.TAIL, "%.2e", 1));
    row.add(cell(line, DescentRunner.SLOPE, "%.2f", 1));
    row.add(cell(line, Run.TRAIN_LOSS, "%.6f", 1));
    row.add(cell(line, Run.SHARPNESS, "%.2e", 1));
    row.add(cell(line, Run.HESSIAN_TOP, "%.2e", 1));
    row.add(isToy() ? endings(line) : cell(line, Run.TEST_ACCURACY, "%.2f", 100));
    return row;
  }

  /** Mean and deviation. */
  private static String cell(NormLine line, String measure, String format, double scale) {
    Estimate estimate = line.of(measure);
    if (!estimate.isKnown()) {
      return "–";
    }
    String mean = String.format(Locale.ROOT, format, scale * estimate.mean());
    return estimate.hasInterval()
        ? mean + " ± " + String.format(Locale.ROOT, format, scale * estimate.deviation())
        : mean;
  }

  /** The places, and who came to rest there. */
  private String endings() {
    Map<String, List<String>> byPlace = new LinkedHashMap<>();
    for (NormLine line : lines) {
      counts(line)
          .forEach(
              (place, count) ->
                  byPlace
                      .computeIfAbsent(place, p -> new ArrayList<>())
                      .add(line.label() + " (" + count + ")"));
    }
    return byPlace.entrySet().stream()
        .map(place -> place.getKey() + ": " + String.join(", ", place.getValue()))
        .collect(Collectors.joining("; ", "where the runs ended, and how many: ", "."));
  }

  private static Map<String, Long> counts(NormLine line) {
    return line.results().done().stream()
        .collect(
            Collectors.groupingBy(NormReport::ending, LinkedHashMap::new, Collectors.counting()));
  }

  private static String endings(NormLine line) {
    Map<String, Long> counts = counts(line);
    return counts.isEmpty()
        ? "–"
        : counts.entrySet().stream()
            .map(ending -> ending.getKey() + " (" + ending.getValue() + ")")
            .collect(Collectors.joining(", "));
  }

  private static String ending(Run run) {
    Optional<Landmark> landmark =
        Landmark.near(run.measure(ToyProblem.M), run.measure(ToyProblem.S));
    return landmark.map(Landmark::toString).orElse("elsewhere");
  }
}
