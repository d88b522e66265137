package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.report.Estimate;
import java.util.List;

/**
 * Two settings by one measure, seed by seed.
 *
 * @param measure what is compared
 * @param name what is compared, for a reader
 * @param other what with
 * @param difference the measure of the first minus that of the other
 */
record Comparison(Measure measure, String name, String other, Estimate difference) {
  static final List<String> HEADER =
      List.of("difference", "measure", "mean", "95 % interval", "seeds", "");

  static Comparison of(
      Measure measure, String name, Results results, String other, Results others) {
    return new Comparison(measure, name, other, measure.difference(results, others));
  }

  /** A row under {@link #HEADER}. */
  List<String> row() {
    boolean known = difference.isKnown();
    return List.of(
        name + " - " + other,
        measure == Measure.ACCURACY ? "test accuracy, points" : measure.label,
        known ? measure.signed(difference.mean(), difference) : "–",
        difference.hasInterval() ? interval() : "–",
        Integer.toString(difference.count()),
        isClear() ? word() : difference.hasInterval() ? "no clear difference" : "unknown");
  }

  /** Whether the interval does not hold 0. */
  boolean isClear() {
    return difference.isAbove(0) || difference.isBelow(0);
  }

  /** {@code WSAM is more accurate than SAM: +1.20 points (95 % interval ..., 3 seeds)}. */
  String sentence() {
    if (!difference.isKnown()) {
      return name + " and " + other + " cannot be compared: no seed is done with both";
    }
    String verdict =
        isClear() && measure == Measure.ACCURACY
            ? name + " is " + word() + " than " + other
            : isClear()
                ? name + " has a " + word() + " " + measure.label + " than " + other
                : difference.hasInterval()
                    ? "no clear difference between " + name + " and " + other
                    : "one seed does not tell " + name + " from " + other;
    return verdict + ": " + numbers();
  }

  /** {@code sharpness lower (-0.0012, 95 % interval ..., 3 seeds)}. */
  String clause() {
    return difference.isKnown()
        ? measure.label
            + (isClear()
                ? " " + word()
                : difference.hasInterval() ? " with no clear difference" : "")
            + " ("
            + numbers()
            + ")"
        : measure.label + " not measured";
  }

  private String word() {
    boolean above = difference.mean() > 0;
    return measure == Measure.ACCURACY
        ? (above ? "more accurate" : "LESS accurate")
        : (above ? "higher" : "lower");
  }

  /** {@code +1.20 points, 95 % interval +0.30 to +2.10, 3 seeds}. */
  String numbers() {
    return measure.signed(difference.mean(), difference)
        + (measure == Measure.ACCURACY ? " points, " : ", ")
        + (difference.hasInterval()
            ? "95 % interval " + interval() + ", " + difference.count() + " seeds"
            : "one seed");
  }

  private String interval() {
    return measure.signed(difference.low(), difference)
        + " to "
        + measure.signed(difference.high(), difference);
  }
}
