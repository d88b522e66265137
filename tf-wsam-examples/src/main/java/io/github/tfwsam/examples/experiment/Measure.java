package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.report.Estimate;
import java.util.List;
import java.util.Locale;

/** What is measured of each run, as a reader meets it. */
enum Measure {
  ACCURACY(Run.TEST_ACCURACY, "test accuracy", "%"),
  TRAINING_LOSS(Run.TRAIN_LOSS, "training loss", ""),
  SHARPNESS(Run.SHARPNESS, "sharpness", ""),
  LARGEST_EIGENVALUE(Run.HESSIAN_TOP, "largest eigenvalue", ""),
  SECONDS(Run.SECONDS, "seconds", "");

  /** What a picture is made of: all but the time, which only {@link Cost} asks for. */
  static final List<Measure> DRAWN =
      List.of(ACCURACY, TRAINING_LOSS, SHARPNESS, LARGEST_EIGENVALUE);

  final String label;
  private final String column;
  private final String unit;

  Measure(String column, String label, String unit) {
    this.column = column;
    this.label = label;
    this.unit = unit;
  }

  /** The name with the unit. */
  String title() {
    return (label + " " + unit).strip();
  }

  private double scale() {
    return this == ACCURACY ? 100 : 1;
  }

  /** That of each run that is done, in the unit; NaN where it was not measured. */
  List<Double> values(Results results) {
    return results.measures(column).stream().map(value -> scale() * value).toList();
  }

  Estimate of(Results results) {
    return Estimate.of(values(results));
  }

  /** Of the differences by seed; those of accuracies are percentage points. */
  Estimate difference(Results results, Results others) {
    return Estimate.of(
        results.differences(others, column).stream().map(value -> scale() * value).toList());
  }

  /** Mean and deviation: {@code 45.20 ± 0.31}. */
  String meanAndDeviation(Estimate estimate) {
    if (!estimate.isKnown()) {
      return "–";
    }
    String format = format("", Math.abs(estimate.mean()));
    return estimate.hasInterval()
        ? String.format(Locale.ROOT, format + " ± " + format, estimate.mean(), estimate.deviation())
        : String.format(Locale.ROOT, format, estimate.mean());
  }

  /** With its sign, as exact as the estimate that it is part of. */
  String signed(double value, Estimate estimate) {
    double magnitude = Math.abs(estimate.mean());
    return String.format(
        Locale.ROOT,
        format("+", estimate.hasInterval() ? Math.max(magnitude, estimate.margin()) : magnitude),
        value);
  }

  /**
   * Three digits of a number as large as the magnitude, where the measure has no format of its own.
   */
  private String format(String flags, double magnitude) {
    if (this == ACCURACY) {
      return "%" + flags + ".2f";
    }
    int decimals = magnitude == 0 ? 3 : 2 - (int) Math.floor(Math.log10(magnitude));
    return decimals > 6 ? "%" + flags + ".1e" : "%" + flags + "." + Math.max(0, decimals) + "f";
  }
}
