package io.github.tfwsam.examples.report;

import java.util.List;
import org.apache.commons.math3.distribution.TDistribution;

/**
 * The mean of a sample, and what is known of the mean of what it was drawn from: Student's interval
 * for confidence 0.95, {@code mean ± t(0.975, n - 1) deviation / sqrt(n)}. It takes the values to
 * be independent and about normal, which a handful cannot prove.
 *
 * @param count how many values there are
 * @param mean their mean; NaN of none
 * @param deviation their standard deviation, with n - 1; 0 of one, NaN of none
 */
public record Estimate(int count, double mean, double deviation) {
  private static final double CONFIDENCE = 0.95;

  /**
   * Of a sample.
   *
   * @param values the values; those that are not finite were not measured, and do not count
   * @return the estimate
   */
  public static Estimate of(List<Double> values) {
    List<Double> finite = values.stream().filter(Double::isFinite).toList();
    return finite.isEmpty()
        ? new Estimate(0, Double.NaN, Double.NaN)
        : new Estimate(finite.size(), Statistics.mean(finite), Statistics.deviation(finite));
  }

  /**
   * Whether there are values.
   *
   * @return false if there are none, and nothing is known
   */
  public boolean isKnown() {
    return count > 0;
  }

  /**
   * Whether there is an interval.
   *
   * @return false if there are less than two values, and nothing is known of the deviation
   */
  public boolean hasInterval() {
    return count > 1;
  }

  /**
   * Half of the interval's width.
   *
   * @return the margin; NaN if there is no interval
   */
  public double margin() {
    if (!hasInterval()) {
      return Double.NaN;
    }
    var student = new TDistribution(null, count - 1.0);
    double t = student.inverseCumulativeProbability((1 + CONFIDENCE) / 2);
    return t * deviation / Math.sqrt(count);
  }

  /**
   * The lower end of the interval.
   *
   * @return the end; NaN if there is no interval
   */
  public double low() {
    return mean - margin();
  }

  /**
   * The upper end of the interval.
   *
   * @return the end; NaN if there is no interval
   */
  public double high() {
    return mean + margin();
  }

  /**
   * Whether the whole interval is above a value.
   *
   * @param value the value
   * @return false also if there is no interval
   */
  public boolean isAbove(double value) {
    return low() > value;
  }

  /**
   * Whether the whole interval is below a value.
   *
   * @param value the value
   * @return false also if there is no interval
   */
  public boolean isBelow(double value) {
    return high() < value;
  }
}
