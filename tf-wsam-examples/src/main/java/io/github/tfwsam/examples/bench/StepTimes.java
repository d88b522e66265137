package io.github.tfwsam.examples.bench;

import java.util.Arrays;

/**
 * How long steps took, in milliseconds.
 *
 * @param min the shortest
 * @param median the middle one, or the mean of the two
 * @param mean the mean
 * @param p90 what nine of ten did not exceed
 */
record StepTimes(double min, double median, double mean, double p90) {
  static StepTimes of(double[] milliseconds) {
    double[] sorted = milliseconds.clone();
    Arrays.sort(sorted);
    int count = sorted.length;
    return new StepTimes(
        sorted[0],
        (sorted[(count - 1) / 2] + sorted[count / 2]) / 2,
        Arrays.stream(sorted).average().orElseThrow(),
        sorted[(int) Math.ceil(0.9 * count) - 1]);
  }
}
