package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.report.Estimate;
import java.util.List;
import java.util.Locale;

/** What {@link Bound} tells of a run, as a reader meets it. */
enum GapMeasure {
  TRAINING_ERROR(BoundMeasures.TRAIN_ERROR, "training error", "%", "%.2f"),
  TEST_ERROR(Run.TEST_ACCURACY, "test error", "%", "%.2f"),
  GAP(BoundMeasures.GAP, "gap", "points", "%.2f"),
  LOSS_GAP(BoundMeasures.LOSS_GAP, "loss gap", "", "%.3f"),
  SHARPNESS(Run.SHARPNESS, "sharpness", "", "%.4f"),
  LARGEST_EIGENVALUE(Run.HESSIAN_TOP, "largest eigenvalue", "", "%.2f"),
  NORM(BoundMeasures.NORM, "norm", "", "%.2f"),
  DISTANCE(BoundMeasures.DISTANCE, "distance", "", "%.2f"),
  NOISE_ERROR(BoundMeasures.NOISE_ERROR, "error under noise", "%", "%.2f"),
  COMPLEXITY(BoundMeasures.COMPLEXITY, "complexity", "", "%.3f"),
  BOUND(BoundMeasures.BOUND, "bound", "", "%.3f");

  final String label;
  private final String column;
  private final String unit;
  private final String format;

  GapMeasure(String column, String label, String unit, String format) {
    this.column = column;
    this.label = label;
    this.unit = unit;
    this.format = format;
  }

  /** The name with the unit. */
  String title() {
    return (label + " " + unit).strip();
  }

  /** That of a run, in the unit; NaN if it was not measured. */
  double of(Run run) {
    double value = run.measure(column);
    double share = this == TEST_ERROR ? 1 - value : value;
    return unit.isEmpty() ? share : 100 * share;
  }

  /** Of those of the runs that were measured. */
  Estimate of(List<Run> runs) {
    return Estimate.of(runs.stream().map(this::of).toList());
  }

  /** As exact as it is told. */
  String format(double value) {
    return String.format(Locale.ROOT, format, value);
  }

  /** Mean and deviation: {@code 45.20 ± 0.31}. */
  String format(Estimate estimate) {
    if (!estimate.isKnown()) {
      return "–";
    }
    return estimate.hasInterval()
        ? format(estimate.mean()) + " ± " + format(estimate.deviation())
        : format(estimate.mean());
  }
}
