package io.github.tfwsam.examples.report;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.commons.math3.stat.correlation.PearsonsCorrelation;
import org.apache.commons.math3.stat.ranking.NaturalRanking;

/**
 * Spearman's rank correlation: Pearson's of the ranks, where equal values share the mean of theirs.
 *
 * <p>The p-value is that of the permutation test, two-sided: the share of the orders of one side
 * whose correlation is at least as far from 0. Up to 8 pairs all orders are counted; of more pairs
 * 100,000 orders are drawn, and the one that was found counts among them. It takes the pairs to be
 * exchangeable if there is no relation.
 *
 * @param coefficient from -1 to 1; NaN if there are less than two pairs, or if all values of a side
 *     are equal
 * @param pValue from 0 to 1; NaN where the coefficient is
 * @param count how many pairs there are
 * @param exact whether all orders were counted
 */
public record RankCorrelation(double coefficient, double pValue, int count, boolean exact) {
  private static final int MOST_FOR_ALL_ORDERS = 8;
  private static final int DRAWN_ORDERS = 100_000;

  /** Below it, a difference of two sums of products of ranks is rounding. */
  private static final double ROUNDING = 1e-9;

  /**
   * Of two lists. Pairs of which a value is NaN were not measured, and do not count.
   *
   * @param x one side
   * @param y the other, in the same order
   * @return the correlation; the same for the same values
   * @throws IllegalArgumentException if the lists are not of the same length
   */
  public static RankCorrelation of(List<Double> x, List<Double> y) {
    if (x.size() != y.size()) {
      throw new IllegalArgumentException(
          "x has " + x.size() + " values, y " + y.size() + ": give pairs");
    }
    int[] measured =
        IntStream.range(0, x.size()).filter(i -> !x.get(i).isNaN() && !y.get(i).isNaN()).toArray();
    double[] xRanks = centredRanks(Arrays.stream(measured).mapToDouble(x::get).toArray());
    double[] yRanks = centredRanks(Arrays.stream(measured).mapToDouble(y::get).toArray());
    int count = measured.length;
    boolean exact = count <= MOST_FOR_ALL_ORDERS;
    if (count < 2 || isZero(xRanks) || isZero(yRanks)) {
      return new RankCorrelation(Double.NaN, Double.NaN, count, exact);
    }
    double coefficient = new PearsonsCorrelation().correlation(xRanks, yRanks);
    double least = Math.abs(product(xRanks, yRanks)) - ROUNDING;
    return new RankCorrelation(
        coefficient,
        exact ? shareOfAll(xRanks, yRanks, least) : shareOfDrawn(xRanks, yRanks, least),
        count,
        exact);
  }

  /**
   * The smallest p-value that so many pairs can have: of few, no order is a rare one.
   *
   * @return the value that a perfect relation without equal values has; 1 if there are less than
   *     two pairs
   */
  public double leastPValue() {
    return count < 2 ? 1 : exact ? 2.0 / orders(count) : 1 / (1.0 + DRAWN_ORDERS);
  }

  private static long orders(int values) {
    return LongStream.rangeClosed(2, values).reduce(1, (a, b) -> a * b);
  }

  private static double[] centredRanks(double[] values) {
    double[] ranks = values.length == 0 ? values : new NaturalRanking().rank(values);
    double mean = (values.length + 1) / 2.0;
    return Arrays.stream(ranks).map(rank -> rank - mean).toArray();
  }

  private static boolean isZero(double[] values) {
    return Arrays.stream(values).allMatch(v -> v == 0);
  }

  private static double product(double[] x, double[] y) {
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += x[i] * y[i];
    }
    return sum;
  }

  private static double shareOfAll(double[] x, double[] y, double least) {
    return (double) countAll(x, y.clone(), y.length, least) / orders(y.length);
  }

  /** Heap's algorithm: each order of the first values of y, once. */
  private static long countAll(double[] x, double[] y, int first, double least) {
    if (first == 1) {
      return Math.abs(product(x, y)) >= least ? 1 : 0;
    }
    long count = 0;
    for (int i = 0; i < first; i++) {
      count += countAll(x, y, first - 1, least);
      swap(y, first % 2 == 0 ? i : 0, first - 1);
    }
    return count;
  }

  private static double shareOfDrawn(double[] x, double[] y, double least) {
    double[] order = y.clone();
    var random = new Random(0);
    int count = 1;
    for (int draw = 0; draw < DRAWN_ORDERS; draw++) {
      for (int i = order.length - 1; i > 0; i--) {
        swap(order, i, random.nextInt(i + 1));
      }
      count += Math.abs(product(x, order)) >= least ? 1 : 0;
    }
    return count / (1.0 + DRAWN_ORDERS);
  }

  private static void swap(double[] values, int i, int j) {
    double value = values[i];
    values[i] = values[j];
    values[j] = value;
  }
}
