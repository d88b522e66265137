package io.github.tfwsam.examples.experiment;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * How the gradient of a run went on.
 *
 * @param setting what it was run with
 * @param seed what everything random was drawn by
 * @param points at rising numbers of steps
 */
record GradientCurve(Setting setting, long seed, List<Point> points) {
  /**
   * How many points of a file are evenly apart in the steps, and how many in their logarithm. It is
   * a prime number, so that a swing of two steps is met at both of its ends.
   */
  private static final int POINTS = 53;

  /** How many are measured for one of a file: a norm that swings is averaged by them. */
  private static final int FINER = 8;

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

  /** After which steps a run of so many is measured. */
  static Set<Integer> measuredSteps(int steps) {
    return spread(steps, FINER * POINTS);
  }

  /** First close to one another, as a logarithm is, then evenly. */
  private static Set<Integer> spread(int steps, int points) {
    Set<Integer> spread = new TreeSet<>();
    for (int i = 0; i <= points; i++) {
      spread.add((int) Math.round(Math.pow(steps, (double) i / points)));
      spread.add((int) Math.round((double) i / points * steps));
    }
    return spread;
  }

  /** The points that go to a file, of a run of so many steps. */
  GradientCurve thinned(int steps) {
    Set<Integer> kept = spread(steps, POINTS);
    return new GradientCurve(
        setting, seed, points.stream().filter(p -> kept.contains(p.step())).toList());
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
}
