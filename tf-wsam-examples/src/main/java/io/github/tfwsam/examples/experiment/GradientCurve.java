package io.github.tfwsam.examples.experiment;

import java.util.List;
import java.util.Locale;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * How the gradient of a run went on.
 *
 * @param setting what it was run with
 * @param seed what everything random was drawn by
 * @param points at rising numbers of steps
 */
record GradientCurve(Setting setting, long seed, List<Point> points) {
  /** How many points are evenly apart in the steps, and how many in their logarithm. */
  private static final int POINTS = 50;

  /**
   * The training loss where a run was.
   *
   * @param step how many steps were taken before
   * @param gradientNorm the L2 norm of the gradient of the loss over all training examples
   * @param loss that loss
   */
  record Point(int step, double gradientNorm, double loss) {
    boolean isFinite() {
      return Double.isFinite(gradientNorm) && Double.isFinite(loss);
    }
  }

  /** After which steps a run of so many is measured: first close to one another, then evenly. */
  static NavigableSet<Integer> measuredSteps(int steps) {
    NavigableSet<Integer> measured = new TreeSet<>();
    for (int i = 0; i <= POINTS; i++) {
      measured.add((int) Math.round(Math.pow(steps, (double) i / POINTS)));
      measured.add((int) Math.round((double) i / POINTS * steps));
    }
    return measured;
  }

  Point first() {
    return points.get(0);
  }

  Point last() {
    return points.get(points.size() - 1);
  }

  /** The mean of the norms over the last tenth of the steps. */
  double tail() {
    return after(0.9).stream().mapToDouble(Point::gradientNorm).average().orElseThrow();
  }

  /**
   * The exponent p of the power t^p that fits the norm best over the last half of the steps t, by
   * least squares of the logarithms. 0 is a floor.
   *
   * @return p; NaN if fewer than two points are above 0
   */
  double slope() {
    List<Point> late =
        after(0.5).stream().filter(p -> p.step() > 0 && p.gradientNorm() > 0).toList();
    if (late.size() < 2) {
      return Double.NaN;
    }
    double meanX = late.stream().mapToDouble(p -> Math.log(p.step())).average().orElseThrow();
    double meanY =
        late.stream().mapToDouble(p -> Math.log(p.gradientNorm())).average().orElseThrow();
    double squares = 0;
    double products = 0;
    for (Point point : late) {
      double x = Math.log(point.step()) - meanX;
      squares += x * x;
      products += x * (Math.log(point.gradientNorm()) - meanY);
    }
    return products / squares;
  }

  private List<Point> after(double share) {
    return points.stream().filter(p -> p.step() >= share * last().step()).toList();
  }

  /** A number of five digits. */
  static String number(double value) {
    return String.format(Locale.ROOT, "%.4e", value);
  }
}
