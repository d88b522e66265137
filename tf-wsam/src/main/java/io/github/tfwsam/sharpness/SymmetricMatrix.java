package io.github.tfwsam.sharpness;

/** A small symmetric matrix in the basis of its eigenvectors, by the method of Jacobi. */
final class SymmetricMatrix {
  private static final int MAX_SWEEPS = 60;

  private final double[][] a;
  private final double[][] vectors;

  private SymmetricMatrix(double[][] matrix) {
    int n = matrix.length;
    a = new double[n][];
    vectors = new double[n][n];
    for (int i = 0; i < n; i++) {
      a[i] = matrix[i].clone();
      vectors[i][i] = 1;
    }
  }

  /** Turns the axes until the matrix is diagonal. */
  static SymmetricMatrix diagonalized(double[][] matrix) {
    var diagonalized = new SymmetricMatrix(matrix);
    for (int sweep = 0; sweep < MAX_SWEEPS && diagonalized.sweep(); sweep++) {}
    return diagonalized;
  }

  /** An eigenvalue; they are in no order. */
  double value(int j) {
    return a[j][j];
  }

  /** A component of the eigenvector of value j, which is of length 1. */
  double component(int i, int j) {
    return vectors[i][j];
  }

  /** Makes each element off the diagonal zero in turn; false if all are already, to rounding. */
  private boolean sweep() {
    boolean rotated = false;
    for (int p = 0; p < a.length; p++) {
      for (int q = p + 1; q < a.length; q++) {
        double scale = Math.abs(a[p][p]) + Math.abs(a[q][q]);
        if (Math.abs(a[p][q]) > Math.ulp(scale) / 16 && Math.abs(a[p][q]) > Double.MIN_NORMAL) {
          rotate(p, q);
          rotated = true;
        }
      }
    }
    return rotated;
  }

  /** Turns the axes p and q so that a[p][q] becomes zero; the tangent is the smaller root. */
  private void rotate(int p, int q) {
    double cotangent = (a[q][q] - a[p][p]) / (2 * a[p][q]);
    double tangent = Math.copySign(1 / (Math.abs(cotangent) + Math.hypot(1, cotangent)), cotangent);
    double cosine = 1 / Math.hypot(1, tangent);
    double sine = tangent * cosine;
    for (int i = 0; i < a.length; i++) {
      turn(a[i], p, q, cosine, sine);
      turn(vectors[i], p, q, cosine, sine);
    }
    for (int i = 0; i < a.length; i++) {
      double x = a[p][i];
      double y = a[q][i];
      a[p][i] = cosine * x - sine * y;
      a[q][i] = sine * x + cosine * y;
    }
    a[p][q] = 0;
    a[q][p] = 0;
  }

  private static void turn(double[] row, int p, int q, double cosine, double sine) {
    double x = row[p];
    double y = row[q];
    row[p] = cosine * x - sine * y;
    row[q] = sine * x + cosine * y;
  }
}
