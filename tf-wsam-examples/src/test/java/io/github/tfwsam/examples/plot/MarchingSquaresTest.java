package io.github.tfwsam.examples.plot;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.tfwsam.examples.plot.MarchingSquares.Point;
import io.github.tfwsam.examples.plot.MarchingSquares.Segment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MarchingSquaresTest {
  private static Grid grid(int points, double half, DoubleBinaryOperator function) {
    double[] axis =
        IntStream.range(0, points).mapToDouble(i -> -half + 2 * half * i / (points - 1)).toArray();
    double[][] z = new double[points][points];
    for (int row = 0; row < points; row++) {
      for (int column = 0; column < points; column++) {
        z[row][column] = function.applyAsDouble(axis[column], axis[row]);
      }
    }
    return new Grid(axis, axis, z);
  }

  @Test
  void theContourOfAConeIsACircle() {
    List<Segment> segments = MarchingSquares.contour(grid(60, 2, Math::hypot), 1.3);

    double length = 0;
    Map<Point, Integer> ends = new HashMap<>();
    for (Segment segment : segments) {
      for (Point point : List.of(segment.from(), segment.to())) {
        assertThat(Math.hypot(point.x(), point.y())).isWithin(2e-3).of(1.3);
        ends.merge(point, 1, Integer::sum);
      }
      length +=
          Math.hypot(segment.from().x() - segment.to().x(), segment.from().y() - segment.to().y());
    }
    assertThat(length).isWithin(0.02).of(2 * Math.PI * 1.3);
    // Closed: what ends in one cell begins in the next, at the same point to rounding.
    assertThat(ends.values().stream().mapToInt(Integer::intValue).sum())
        .isEqualTo(2 * segments.size());
  }

  @Test
  void theContourOfAPlaneIsALine() {
    List<Segment> segments = MarchingSquares.contour(grid(9, 1, (x, y) -> x + 2 * y), 0.3);

    assertThat(segments).isNotEmpty();
    for (Segment segment : segments) {
      assertThat(segment.from().x() + 2 * segment.from().y()).isWithin(1e-12).of(0.3);
      assertThat(segment.to().x() + 2 * segment.to().y()).isWithin(1e-12).of(0.3);
    }
  }

  @Test
  void linesDoNotCrossAtASaddle() {
    var saddle =
        new Grid(new double[] {0, 1}, new double[] {0, 1}, new double[][] {{1, 0}, {0, 1}});

    // The centre, 0.5, is above the level: both low corners are cut off.
    assertThat(MarchingSquares.contour(saddle, 0.25))
        .containsExactly(
            new Segment(new Point(0.75, 0), new Point(1, 0.25)),
            new Segment(new Point(0.25, 1), new Point(0, 0.75)));
    // Below the level: both high corners are.
    assertThat(MarchingSquares.contour(saddle, 0.75))
        .containsExactly(
            new Segment(new Point(1, 0.75), new Point(0.75, 1)),
            new Segment(new Point(0, 0.25), new Point(0.25, 0)));
  }

  @Test
  void aLevelThatTheFunctionDoesNotHaveHasNoLine() {
    assertThat(MarchingSquares.contour(grid(9, 1, Math::hypot), 7)).isEmpty();
  }

  @Test
  void cellsThatAreNotFiniteHaveNoLine() {
    assertThat(MarchingSquares.contour(grid(9, 1, (x, y) -> Double.NaN), 0)).isEmpty();
  }

  @Test
  void aGridOfAnotherSizeIsRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new Grid(new double[] {0, 1}, new double[] {0, 1}, new double[][] {{0, 1}}));
    assertThrows(
        IllegalArgumentException.class,
        () -> new Grid(new double[] {0, 1}, new double[] {0}, new double[][] {{0}}));
  }
}
