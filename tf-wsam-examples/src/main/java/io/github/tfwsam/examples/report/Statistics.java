package io.github.tfwsam.examples.report;

import java.util.List;

/** Figures over several runs. */
public final class Statistics {
  private Statistics() {}

  /**
   * The arithmetic mean.
   *
   * @param values at least one
   * @return their mean
   */
  public static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }

  /**
   * The sample's standard deviation, with n - 1.
   *
   * @param values at least one
   * @return their deviation; 0 of a single value
   */
  public static double deviation(List<Double> values) {
    double mean = mean(values);
    double squares = values.stream().mapToDouble(v -> (v - mean) * (v - mean)).sum();
    return values.size() < 2 ? 0 : Math.sqrt(squares / (values.size() - 1));
  }

  /**
   * The middle value, or the mean of the two.
   *
   * @param values at least one
   * @return their median
   */
  public static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }
}
