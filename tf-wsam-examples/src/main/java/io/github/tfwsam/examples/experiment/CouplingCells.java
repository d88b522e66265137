package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.report.Estimate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The decoupled form against the coupled one, in each cell of tasks, base optimizers and rho. */
final class CouplingCells {
  private record Cell(String task, String base, String rho, Results coupled, Results decoupled) {
    Comparison comparison() {
      return Comparison.of(Measure.ACCURACY, "decoupled", decoupled, "coupled", coupled);
    }

    Estimate difference() {
      return comparison().difference();
    }

    String name() {
      return task + ", " + base + ", rho " + rho;
    }
  }

  private final Results all;
  private final List<Cell> cells = new ArrayList<>();

  CouplingCells(Results results) {
    all = results;
    for (String task : results.values("task")) {
      Results ofTask = results.where("task", task);
      for (String base : ofTask.values("base")) {
        Results ofBase = ofTask.where("base", base);
        for (String rho : ofBase.values("rho")) {
          Results ofRho = ofBase.where("rho", rho);
          cells.add(
              new Cell(
                  task, base, rho, ofRho.where("coupled", true), ofRho.where("coupled", false)));
        }
      }
    }
  }

  void tell(Report report) {
    report.finding(overall());
    clear().ifPresent(report::finding);
    differences(report);
    for (String task : all.values("task")) {
      report.section(task);
      var table = new MeasureTable("base, rho, form");
      for (Cell cell : cells) {
        if (cell.task().equals(task)) {
          String row = cell.base() + ", " + cell.rho() + ", ";
          table.row(row + "coupled", cell.coupled());
          table.row(row + "decoupled", cell.decoupled());
        }
      }
      table.addTo(report);
      report.finding(task + ": " + table.divergence() + ".");
    }
  }

  private String overall() {
    long above = cells.stream().filter(cell -> cell.difference().isAbove(0)).count();
    long below = cells.stream().filter(cell -> cell.difference().isBelow(0)).count();
    long told = cells.stream().filter(cell -> cell.difference().hasInterval()).count();
    long unknown = cells.size() - told;
    return "Of "
        + cells.size()
        + " cells of a task, a base optimizer and a rho, decoupled is more accurate than coupled in "
        + above
        + ", LESS accurate in "
        + below
        + ", and there is no clear difference in "
        + (told - above - below)
        + (unknown == 0 ? "" : "; of " + unknown + " too few runs are done to tell")
        + ". Were there none anywhere, one 95 % interval in 20 would be expected to miss 0 by chance.";
  }

  private Optional<String> clear() {
    String clear =
        cells.stream()
            .filter(cell -> cell.comparison().isClear())
            .map(
                cell ->
                    cell.name()
                        + ": "
                        + cell.comparison().verdict()
                        + " ("
                        + cell.comparison().numbers()
                        + ")")
            .collect(Collectors.joining("; "));
    return clear.isEmpty()
        ? Optional.empty()
        : Optional.of("Decoupled against coupled, where it is clear: " + clear + ".");
  }

  private void differences(Report report) {
    report.section("Decoupled - coupled, test accuracy, seed by seed");
    List<List<String>> rows = new ArrayList<>();
    var plot = new ForestPlot();
    for (Cell cell : cells) {
      List<String> row = new ArrayList<>(List.of(cell.task(), cell.base(), cell.rho()));
      row.addAll(cell.comparison().numberCells());
      row.add(Integer.toString(cell.coupled().diverged()));
      row.add(Integer.toString(cell.decoupled().diverged()));
      rows.add(row);
      plot.row(cell.name(), cell.difference());
    }
    report.table(
        List.of(
            "task",
            "base",
            "rho",
            "points",
            "95 % interval",
            "seeds",
            "decoupled is",
            "diverged: coupled",
            "decoupled"),
        rows);
    if (!all.where("base", "sgd").runs().isEmpty()) {
      report.text(
          "sgd: without momentum both forms are the same step, but for rounding. What they differ by"
              + " there is what chance alone does.");
    }
    report.picture(
        "differences",
        plot.chart("test accuracy, decoupled - coupled, points"),
        "A row a cell: the mean difference by seed, and its 95 % interval. Right of 0 decoupled is"
            + " more accurate. A point without a bar has one seed.");
  }
}
