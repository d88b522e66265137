package io.github.tfwsam.examples.plot;

/** A function known at the points of a rectangular grid. */
public final class Grid {
  private final double[] x;
  private final double[] y;
  private final double[][] z;

  /**
   * A grid; the arrays are not copied.
   *
   * @param x the columns, ascending
   * @param y the rows, ascending
   * @param z the function, {@code z[row][column]}
   * @throws IllegalArgumentException if z is not of the size of x and y
   */
  public Grid(double[] x, double[] y, double[][] z) {
    if (z.length != y.length) {
      throw new IllegalArgumentException(
          "z has " + z.length + " rows, and y has " + y.length + " of them.");
    }
    for (double[] row : z) {
      if (row.length != x.length) {
        throw new IllegalArgumentException(
            "A row of z has " + row.length + " columns, and x has " + x.length + " of them.");
      }
    }
    this.x = x;
    this.y = y;
    this.z = z;
  }

  int columns() {
    return x.length;
  }

  int rows() {
    return y.length;
  }

  double x(int column) {
    return x[column];
  }

  double y(int row) {
    return y[row];
  }

  double z(int row, int column) {
    return z[row][column];
  }
}
