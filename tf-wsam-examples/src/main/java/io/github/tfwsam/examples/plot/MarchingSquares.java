package io.github.tfwsam.examples.plot;

import java.util.ArrayList;
import java.util.List;

/**
 * Contour lines of a function known on a grid, by marching squares: in each cell of the grid the
 * line is straight, and it crosses the cell's edges where linear interpolation finds the level.
 */
public final class MarchingSquares {
  private MarchingSquares() {}

  /**
   * A point of a contour line.
   *
   * @param x its abscissa
   * @param y its ordinate
   */
  public record Point(double x, double y) {}

  /**
   * A piece of a contour line, within one cell.
   *
   * @param from one end
   * @param to the other end
   */
  public record Segment(Point from, Point to) {}

  /**
   * The contour line of one level.
   *
   * @param grid the function; a cell with a corner that is not finite has no line
   * @param level the value that the function has on the line
   * @return its segments, in the order of the cells
   */
  public static List<Segment> contour(Grid grid, double level) {
    List<Segment> segments = new ArrayList<>();
    for (int row = 0; row + 1 < grid.rows(); row++) {
      for (int column = 0; column + 1 < grid.columns(); column++) {
        segments.addAll(cell(grid, row, column, level));
      }
    }
    return segments;
  }

  private static List<Segment> cell(Grid grid, int row, int column, double level) {
    // The corners, counterclockwise.
    int[] rows = {row, row, row + 1, row + 1};
    int[] columns = {column, column + 1, column + 1, column};
    double[] z = new double[4];
    double centre = 0;
    for (int i = 0; i < 4; i++) {
      z[i] = grid.z(rows[i], columns[i]);
      centre += z[i] / 4;
    }
    if (!Double.isFinite(centre)) {
      return List.of();
    }
    List<Point> crossings = new ArrayList<>(4);
    for (int i = 0; i < 4; i++) {
      int next = (i + 1) % 4;
      if (z[i] < level != z[next] < level) {
        double t = (level - z[i]) / (z[next] - z[i]);
        crossings.add(
            new Point(
                between(grid.x(columns[i]), grid.x(columns[next]), t),
                between(grid.y(rows[i]), grid.y(rows[next]), t)));
      }
    }
    return switch (crossings.size()) {
      case 0 -> List.of();
      case 2 -> List.of(new Segment(crossings.get(0), crossings.get(1)));
      // A saddle, crossed on all edges: the lines cut off the corners that are on the other side
      // of the level than the centre is.
      default -> {
        int first = centre < level == z[0] < level ? 0 : 1;
        yield List.of(
            new Segment(crossings.get(first), crossings.get(first + 1)),
            new Segment(crossings.get(first + 2), crossings.get((first + 3) % 4)));
      }
    };
  }

  private static double between(double from, double to, double t) {
    return from + t * (to - from);
  }
}
