package io.github.tfwsam.examples.toy;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The places where the gradient of the toy loss is zero. */
public enum Landmark {
  /** Loss 0.275230, eigenvalues of the Hessian 0.00238 and 0.00487. */
  SHARP(-16.804744, 12.802544, "sharp minimum"),
  /** Loss 0.356447, eigenvalues of the Hessian 0.000326 and 0.000681. */
  FLAT(19.810064, 29.936621, "flat minimum"),
  /** Loss 0.397668, eigenvalues of the Hessian -0.000832 and 0.00106. */
  SADDLE(0.310336, 22.499038, "at rest at the saddle");

  /** A step of SGD ends within this of a minimum that it circles; the landmarks are 18 apart. */
  private static final double RADIUS = 2;

  private static final int LAST_STEPS = 10;

  private final double m;
  private final double s;
  private final String outcome;

  Landmark(double m, double s, String outcome) {
    this.m = m;
    this.s = s;
    this.outcome = outcome;
  }

  double m() {
    return m;
  }

  double s() {
    return s;
  }

  /** Where a trajectory ended, in words: a landmark, if its last 10 steps were all close to it. */
  static String outcome(Trajectory trajectory) {
    Position end = trajectory.end();
    if (!Double.isFinite(end.loss())) {
      return "diverged";
    }
    return settledAt(trajectory).map(Landmark::toString).orElse("not settled");
  }

  static Optional<Landmark> settledAt(Trajectory trajectory) {
    List<Position> positions = trajectory.positions();
    List<Position> last =
        positions.subList(Math.max(0, positions.size() - LAST_STEPS), positions.size());
    return Arrays.stream(values())
        .filter(landmark -> last.stream().allMatch(landmark::isClose))
        .findFirst();
  }

  /**
   * The one that a place is close to.
   *
   * @param m the first parameter
   * @param s the second parameter
   * @return the landmark within 2; empty if there is none
   */
  public static Optional<Landmark> near(double m, double s) {
    return Arrays.stream(values()).filter(landmark -> landmark.isClose(m, s)).findFirst();
  }

  private boolean isClose(Position position) {
    return isClose(position.m(), position.s());
  }

  private boolean isClose(double otherM, double otherS) {
    return Math.hypot(otherM - m, otherS - s) < RADIUS;
  }

  /** Its name, in words. */
  @Override
  public String toString() {
    return outcome;
  }
}
