package io.github.tfwsam.sharpness;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;

/**
 * The largest eigenvalues of a symmetric matrix that is known by its products with vectors.
 *
 * <p>In an orthonormal basis q1, q2, .. of the powers of the matrix on a random vector it is
 * tridiagonal, and soon the largest eigenvalues of that are those of the matrix. Where the powers
 * span no more of the space, a block is complete; another one starts at a random vector that is
 * orthogonal to all before.
 */
final class Lanczos {
  /** What is left of a vector of length 1 after it was made orthogonal is zero but for rounding. */
  private static final double EXHAUSTED = 1e-10;

  private final UnaryOperator<double[]> matrix;
  private final int n;
  private final Random random;
  private final List<double[]> basis = new ArrayList<>();
  private final List<Ritz> complete = new ArrayList<>();
  private final List<Double> diagonal = new ArrayList<>();
  private final List<Double> offDiagonal = new ArrayList<>();

  /** An eigenvalue in the space that is spanned, and how far its vector is from an eigenvector. */
  private record Ritz(double value, double residual) {}

  Lanczos(UnaryOperator<double[]> matrix, int n, Random random) {
    this.matrix = matrix;
    this.n = n;
    this.random = random;
  }

  Eigenvalues largest(int k, double tolerance, int maxIterations, HessianProducts products) {
    double[] next = randomUnit();
    while (true) {
      basis.add(next);
      next = advance(next);
      double beta = norm(next);
      List<Ritz> block = block(beta);
      List<Ritz> all = new ArrayList<>(complete);
      all.addAll(block);
      all.sort(Comparator.comparingDouble(Ritz::value).reversed());
      double scale = all.stream().mapToDouble(ritz -> Math.abs(ritz.value)).max().orElse(0);
      boolean exhausted = beta <= EXHAUSTED * scale;
      List<Ritz> top = all.subList(0, Math.min(k, all.size()));
      boolean converged =
          top.size() == k
              && largestOf(block).residual <= tolerance * scale
              && top.stream().allMatch(ritz -> ritz.residual <= tolerance * scale);
      boolean addsNothing = !complete.isEmpty() && !top.contains(largestOf(block));
      if (basis.size() == maxIterations || (converged && (!exhausted || addsNothing))) {
        return new Eigenvalues(
            top.stream().map(Ritz::value).toList(),
            top.stream().map(Ritz::residual).toList(),
            converged,
            basis.size(),
            products);
      }
      if (exhausted) {
        complete.addAll(block);
        diagonal.clear();
        offDiagonal.clear();
        next = randomUnit();
      } else {
        offDiagonal.add(beta);
        scale(next, 1 / beta);
      }
    }
  }

  /** The next vector of the block, orthogonal to all before; not yet of length 1. */
  private double[] advance(double[] q) {
    double[] next = matrix.apply(q);
    diagonal.add(dot(q, next));
    orthogonalize(next);
    return next;
  }

  /** Twice is enough: what the first time leaves to rounding, the second removes. */
  private void orthogonalize(double[] vector) {
    for (int pass = 0; pass < 2; pass++) {
      for (double[] q : basis) {
        double component = dot(q, vector);
        for (int i = 0; i < n; i++) {
          vector[i] -= component * q[i];
        }
      }
    }
  }

  private double[] randomUnit() {
    double[] vector = new double[n];
    for (int i = 0; i < n; i++) {
      vector[i] = random.nextGaussian();
    }
    scale(vector, 1 / norm(vector));
    orthogonalize(vector);
    scale(vector, 1 / norm(vector));
    orthogonalize(vector);
    scale(vector, 1 / norm(vector));
    return vector;
  }

  private List<Ritz> block(double beta) {
    int size = diagonal.size();
    double[][] tridiagonal = new double[size][size];
    for (int i = 0; i < size; i++) {
      tridiagonal[i][i] = diagonal.get(i);
      if (i > 0) {
        tridiagonal[i][i - 1] = offDiagonal.get(i - 1);
        tridiagonal[i - 1][i] = offDiagonal.get(i - 1);
      }
    }
    var eigen = SymmetricMatrix.diagonalized(tridiagonal);
    List<Ritz> block = new ArrayList<>();
    for (int j = 0; j < size; j++) {
      block.add(new Ritz(eigen.value(j), beta * Math.abs(eigen.component(size - 1, j))));
    }
    return block;
  }

  private static Ritz largestOf(List<Ritz> block) {
    return block.stream().max(Comparator.comparingDouble(Ritz::value)).orElseThrow();
  }

  static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static double norm(double[] vector) {
    return Math.sqrt(dot(vector, vector));
  }

  private static void scale(double[] vector, double factor) {
    for (int i = 0; i < vector.length; i++) {
      vector[i] *= factor;
    }
  }
}
