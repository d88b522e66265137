package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.report.Estimate;
import java.util.ArrayList;
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
  static final List<String> HEADER = List.of("difference", "mean", "95 % interval", "seeds", "");

  /** What an interval does not say. */
  static final String CAVEAT =
      "An interval that holds 0 is no clear difference. It is over seeds, on one test set. Of 20"
          + " intervals one is expected to miss 0 by chance where there is no difference.";

  static Comparison of(
      Measure measure, String name, Results results, String other, Results others) {
    return new Comparison(measure, name, other, measure.difference(results, others));
  }

  /** A row under {@link #HEADER}. */
  List<String> row() {
    List<String> row = new ArrayList<>();
    row.add(name + " - " + other);
    row.addAll(numberCells());
    return row;
  }

  /** Mean, interval, seeds, and the verdict. */
  List<String> numberCells() {
    return List.of(
        difference.isKnown() ? measure.signed(difference.mean(), difference) : "–",
        difference.hasInterval() ? interval() : "–",
        Integer.toString(difference.count()),
        verdict());
  }

  /** Whether the interval does not hold 0. */
  boolean isClear() {
    return difference.isAbove(0) || difference.isBelow(0);
  }

  /** Which one it is, if the interval tells; of a single seed nothing is told. */
  String verdict() {
    if (!isClear()) {
      return difference.hasInterval() ? "no clear difference" : "unknown";
    }
    boolean above = difference.mean() > 0;
    return measure == Measure.ACCURACY
        ? (above ? "more accurate" : "LESS accurate")
        : (above ? "higher" : "lower");
  }

  /**
   * {@code WSAM is more accurate than SAM: +1.20 points, 95 % interval +0.30 to +2.10, 3 seeds}.
   */
  String sentence() {
    if (!difference.isKnown()) {
      return name + " and " + other + " cannot be compared: no seed is done with both";
    }
    String verdict =
        isClear()
            ? name
                + (measure == Measure.ACCURACY
                    ? " is " + verdict()
                    : " has a " + verdict() + " " + measure.label)
                + " than "
                + other
            : difference.hasInterval()
                ? "no clear difference between " + name + " and " + other
                : "one seed does not tell " + name + " from " + other;
    return verdict + ": " + numbers();
  }

  /** {@code sharpness: lower (-0.0012, 95 % interval -0.0020 to -0.0004, 3 seeds)}. */
  String clause() {
    return measure.label
        + ": "
        + (difference.isKnown() ? verdict() + " (" + numbers() + ")" : "not measured");
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
