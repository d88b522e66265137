package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.experiment.MeasureChart.Point;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** A task's results over gamma, decoupled, and those of SAM. */
final class GammaCurve {
  /** Drawn beside the decoupled gamma 0.5, not over it. */
  private static final double SAM_SHIFT = 0.015;

  /** From here on gamma counts as near 1. */
  private static final double LARGE_GAMMA = 0.9;

  private final String task;
  private final Results all;
  private final Results decoupled;

  /**
   * The curve of a task.
   *
   * @param task its name
   * @param results the runs of all tasks
   */
  GammaCurve(String task, Results results) {
    this.task = task;
    all = results.where("task", task);
    decoupled = all.where("coupled", false);
  }

  String task() {
    return task;
  }

  /** The gammas of the decoupled form, from 0 up. */
  List<Double> gammas() {
    return decoupled.values("gamma").stream().map(Double::valueOf).sorted().toList();
  }

  /** The decoupled runs with a gamma. */
  Results at(double gamma) {
    return decoupled.where("gamma", gamma);
  }

  private Results sam() {
    return Method.SAM.of(all);
  }

  /** The gamma with the highest mean accuracy, among the {@link #candidates()}. */
  Optional<Double> best() {
    return candidates().stream()
        .max(Comparator.comparingDouble(g -> Measure.ACCURACY.of(at(g)).mean()));
  }

  /** The gammas of which no run diverged; if there is none, all of which one is done. */
  private List<Double> candidates() {
    List<Double> done = gammas().stream().filter(g -> !at(g).done().isEmpty()).toList();
    List<Double> stable = done.stream().filter(g -> at(g).diverged() == 0).toList();
    return stable.isEmpty() ? done : stable;
  }

  /** The gammas of the grid just below and above. */
  List<Double> neighbours(double gamma) {
    List<Double> gammas = gammas();
    int at = gammas.indexOf(gamma);
    List<Double> neighbours = new ArrayList<>();
    for (int i : new int[] {at - 1, at + 1}) {
      if (i >= 0 && i < gammas.size()) {
        neighbours.add(gammas.get(i));
      }
    }
    return neighbours;
  }

  static String label(double gamma) {
    return gamma == Method.BASE.gamma() ? "base" : "gamma " + number(gamma);
  }

  private static String number(double gamma) {
    return gamma == 0 ? "0" : Double.toString(gamma);
  }

  /** One gamma against another of the same curve. */
  Comparison compare(Measure measure, double gamma, double other) {
    return Comparison.of(measure, label(gamma), at(gamma), label(other), at(other));
  }

  void tell(Report report) {
    report.section(task);
    MeasureTable table = table();
    table.addTo(report);
    report.text(Comparison.CAVEAT);
    Measure.DRAWN.forEach(measure -> picture(measure, report));
    report.finding(task + ": " + bestFinding());
    report.finding(
        task
            + ": "
            + accuracy(Method.WSAM, Method.SAM).sentence()
            + "; "
            + accuracy(Method.WSAM, Method.BASE).sentence()
            + ".");
    report.finding(task + ": " + flatness(Method.SAM) + " " + flatness(Method.BASE));
    report.finding(task + ": " + table.divergence() + signature() + ".");
  }

  private MeasureTable table() {
    var table = new MeasureTable("gamma");
    for (double gamma : gammas()) {
      String name =
          gamma == Method.BASE.gamma() ? " (base)" : gamma == Method.WSAM.gamma() ? " (WSAM)" : "";
      table.row(number(gamma) + name, at(gamma));
      if (gamma == Method.SAM.gamma()) {
        table.row(number(gamma) + " coupled (SAM)", sam());
      }
    }
    return table;
  }

  private void picture(Measure measure, Report report) {
    var chart = new MeasureChart("gamma", measure, MeasureChart.HALF);
    chart.line("decoupled", gammas().stream().map(g -> new Point(g, at(g))).toList());
    chart.line("SAM", List.of(new Point(Method.SAM.gamma() + SAM_SHIFT, sam())));
    chart.addTo(report, task, " SAM stands a little to the right of its gamma.");
  }

  private String bestFinding() {
    Optional<Double> best = best();
    if (best.isEmpty()) {
      return "no run is done, so no gamma is best.";
    }
    double gamma = best.get();
    String highest =
        "decoupled, "
            + label(gamma)
            + " has the highest mean accuracy, "
            + Measure.ACCURACY.meanAndDeviation(Measure.ACCURACY.of(at(gamma)))
            + " %"
            + scope()
            + ": ";
    List<String> sentences = new ArrayList<>();
    if (gamma != Method.BASE.gamma()) {
      sentences.add(compare(Measure.ACCURACY, gamma, Method.BASE.gamma()).sentence());
    }
    sentences.add(
        Comparison.of(Measure.ACCURACY, label(gamma), at(gamma), "SAM", sam()).sentence());
    double largest = gammas().get(gammas().size() - 1);
    if (gamma != largest && !at(largest).done().isEmpty()) {
      sentences.add(compare(Measure.ACCURACY, largest, gamma).sentence());
    }
    return highest
        + String.join("; ", sentences)
        + ". It is the best of "
        + candidates().size()
        + " on the same runs, which flatters it.";
  }

  /** What the best gamma is the best of, where that is not all. */
  String scope() {
    boolean isOfStable = best().filter(g -> at(g).diverged() == 0).isPresent();
    return decoupled.diverged() > 0 && isOfStable ? " (where no run diverged)" : "";
  }

  private Comparison accuracy(Method method, Method other) {
    return compare(Measure.ACCURACY, method, other);
  }

  private Comparison compare(Measure measure, Method method, Method other) {
    return Comparison.of(measure, method.label(), method.of(all), other.label(), other.of(all));
  }

  private String flatness(Method other) {
    return Measure.DRAWN.stream()
        .filter(measure -> measure != Measure.ACCURACY)
        .map(measure -> compare(measure, Method.WSAM, other).clause())
        .collect(Collectors.joining("; ", "WSAM against " + other.label() + ": ", "."));
  }

  /** What the paper warns of: that gamma near 1, or rho, is too large. */
  private String signature() {
    List<Double> diverged =
        all.runs().stream().filter(r -> !r.isDone()).map(r -> r.setting().number("gamma")).toList();
    if (diverged.isEmpty()) {
      return "";
    }
    return diverged.stream().allMatch(gamma -> gamma >= LARGE_GAMMA)
        ? "; that is at large gammas alone, as where gamma is too near 1 or rho too large"
        : diverged.contains(Method.BASE.gamma())
            ? "; the base alone diverged too, so it is not gamma or rho only"
            : "; that is not at large gammas alone, as where rho is too large";
  }
}
