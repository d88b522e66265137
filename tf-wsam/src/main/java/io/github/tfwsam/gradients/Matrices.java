package io.github.tfwsam.gradients;

import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TNumber;

/** Diagonals of matrices, and matrices that are solved for, factored or transposed. */
final class Matrices {
  static final Map<String, Gradient> GRADIENTS =
      Map.ofEntries(
          Map.entry("Cholesky", Matrices::cholesky),
          Map.entry("ConjugateTranspose", Matrices::conjugateTranspose),
          Map.entry("LogMatrixDeterminant", Matrices::logDeterminant),
          Map.entry("MatrixDeterminant", Matrices::determinant),
          Map.entry("MatrixDiagPart", Matrices::diagonalPart),
          Map.entry("MatrixDiagPartV2", Matrices::diagonalPart),
          Map.entry("MatrixDiagPartV3", Matrices::diagonalPart),
          Map.entry("MatrixDiagV2", Matrices::diagonal),
          Map.entry("MatrixDiagV3", Matrices::diagonal),
          Map.entry("MatrixInverse", Matrices::inverse),
          Map.entry("MatrixSetDiag", Matrices::setDiagonal),
          Map.entry("MatrixSetDiagV2", Matrices::setDiagonal),
          Map.entry("MatrixSetDiagV3", Matrices::setDiagonal),
          Map.entry("MatrixSolve", Matrices::solve),
          Map.entry("MatrixTriangularSolve", Matrices::triangularSolve),
          Map.entry("SelfAdjointEigV2", Matrices::selfAdjointEigen),
          Map.entry("SparseTensorDenseMatMul", Matrices::sparseProduct));

  private static final String[] NONE = {};
  private static final String[] ALIGN = {"align"};

  private Matrices() {}

  /** Matrices with x on diagonal k, and padding elsewhere: dx is that diagonal of dy. */
  private static <T extends TNumber> List<Operand<?>> diagonal(Backprop<T> b) {
    return b.gradients(diagonalOf(b, b.dy(0), version(b), b.input(1)));
  }

  /** Diagonal k of x: dx has dy there, and 0 elsewhere. */
  private static <T extends TNumber> List<Operand<?>> diagonalPart(Backprop<T> b) {
    Operand<T> zeros = b.tf().zerosLike(b.x(0));
    return b.gradients(
        version(b).isEmpty()
            ? withDiagonal(b, zeros, b.dy(0), "", null)
            : withDiagonal(b, zeros, b.dy(0), version(b), b.input(1)));
  }

  /** x with d on diagonal k: dx is dy, but 0 there, and dd is that diagonal of dy. */
  private static <T extends TNumber> List<Operand<?>> setDiagonal(Backprop<T> b) {
    Operand<TInt32> k = version(b).isEmpty() ? null : b.input(2);
    Operand<T> zeros = b.tf().zerosLike(b.x(1));
    return b.gradients(
        withDiagonal(b, b.dy(0), zeros, version(b), k), diagonalOf(b, b.dy(0), version(b), k));
  }

  private static String version(Backprop<?> b) {
    return b.type().endsWith("V2") ? "V2" : b.type().endsWith("V3") ? "V3" : "";
  }

  private static <T extends TNumber> Operand<T> diagonalOf(
      Backprop<T> b, Operand<T> x, String version, Operand<TInt32> k) {
    return switch (version) {
      case "" -> b.like("MatrixDiagPart", NONE, x);
      case "V2" -> b.like("MatrixDiagPartV2", NONE, x, k, b.scalar(0, x));
      default -> b.like("MatrixDiagPartV3", ALIGN, x, k, b.scalar(0, x));
    };
  }

  private static <T extends TNumber> Operand<T> withDiagonal(
      Backprop<T> b, Operand<T> x, Operand<T> diagonal, String version, Operand<TInt32> k) {
    return switch (version) {
      case "" -> b.like("MatrixSetDiag", NONE, x, diagonal);
      case "V2" -> b.like("MatrixSetDiagV2", NONE, x, diagonal, k);
      default -> b.like("MatrixSetDiagV3", ALIGN, x, diagonal, k);
    };
  }

  /** y = inverse of a, or of its adjoint: da = -y^H dy y^H, or the adjoint of it. */
  private static <T extends TNumber> List<Operand<?>> inverse(Backprop<T> b) {
    boolean adjoint = b.flag("adjoint");
    Operand<T> right = product(b, b.dy(0), b.y(0), adjoint, !adjoint);
    return b.gradients(b.tf().math.neg(product(b, b.y(0), right, !adjoint, false)));
  }

  /** y = det a: da = dy y (a^-1)^H. */
  private static <T extends TNumber> List<Operand<?>> determinant(Backprop<T> b) {
    return b.gradients(timesInverse(b, b.tf().math.mul(b.dy(0), b.y(0))));
  }

  /** (sign, log |det a|): da = dy (a^-1)^H. */
  private static <T extends TNumber> List<Operand<?>> logDeterminant(Backprop<T> b) {
    return b.gradients(timesInverse(b, b.dy(1)));
  }

  private static <T extends TNumber> Operand<T> timesInverse(Backprop<T> b, Operand<T> factor) {
    var tf = b.tf();
    Operand<T> inverse =
        b.typed(b.op("MatrixInverse", b.x(0)).setAttr("adjoint", true).build().output(0));
    Operand<TInt32> last = tf.constant(-1);
    return tf.math.mul(tf.expandDims(tf.expandDims(factor, last), last), inverse);
  }

  /** y = a^-1 x, or a^-H x: dx = a^-H dy, or a^-1 dy; da = -dx y^H, or -y dx^H. */
  private static <T extends TNumber> List<Operand<?>> solve(Backprop<T> b) {
    boolean adjoint = b.flag("adjoint");
    Operand<T> dx =
        b.typed(
            b.op("MatrixSolve", b.x(0), b.dy(0)).setAttr("adjoint", !adjoint).build().output(0));
    return b.gradients(minusOuter(b, dx, adjoint), dx);
  }

  private static <T extends TNumber> Operand<T> minusOuter(
      Backprop<T> b, Operand<T> dx, boolean adjoint) {
    return b.tf()
        .math
        .neg(adjoint ? product(b, b.y(0), dx, false, true) : product(b, dx, b.y(0), false, true));
  }

  /** As {@link #solve}, with the triangle of a alone, and batches that broadcast. */
  private static <T extends TNumber> List<Operand<?>> triangularSolve(Backprop<T> b) {
    boolean adjoint = b.flag("adjoint");
    boolean lower = b.flag("lower");
    Operand<T> dx = triangular(b, b.x(0), b.dy(0), lower, !adjoint);
    Operand<T> da = triangle(b, minusOuter(b, dx, adjoint), lower);
    return b.unbroadcastMatrices(da, dx);
  }

  private static <T extends TNumber> Operand<T> triangular(
      Backprop<T> b, Operand<T> a, Operand<T> x, boolean lower, boolean adjoint) {
    return b.typed(
        b.op("MatrixTriangularSolve", a, x)
            .setAttr("lower", lower)
            .setAttr("adjoint", adjoint)
            .build()
            .output(0));
  }

  private static <T extends TNumber> Operand<T> triangle(
      Backprop<T> b, Operand<T> x, boolean lower) {
    var tf = b.tf();
    Operand<TInt32> all = tf.constant(-1);
    Operand<TInt32> none = tf.constant(0);
    return tf.linalg.bandPart(x, lower ? all : none, lower ? none : all);
  }

  /**
   * a = l l^H: da = (s + s^H) / 2 with s = l^-H p l^-1, where p is the lower triangle of l^H dl,
   * its diagonal halved.
   */
  private static <T extends TNumber> List<Operand<?>> cholesky(Backprop<T> b) {
    var tf = b.tf();
    Operand<T> l = b.y(0);
    Operand<T> p = lowerWithHalvedDiagonal(b, product(b, l, b.dy(0), true, false));
    Operand<T> left = triangular(b, l, p, true, true);
    Operand<T> s = adjoint(b, triangular(b, l, adjoint(b, left), true, true));
    return b.gradients(tf.math.mul(tf.math.add(s, adjoint(b, s)), b.scalar(0.5, l)));
  }

  private static <T extends TNumber> Operand<T> lowerWithHalvedDiagonal(
      Backprop<T> b, Operand<T> x) {
    Operand<T> half = b.tf().math.mul(diagonalOf(b, x, "", null), b.scalar(0.5, x));
    return triangle(b, withDiagonal(b, x, half, "", null), true);
  }

  /** The adjoints of matrices of whatever rank. */
  private static <T extends TNumber> Operand<T> adjoint(Backprop<T> b, Operand<T> x) {
    var tf = b.tf();
    Operand<TInt32> rank = tf.rank(x);
    Operand<TInt32> batch =
        tf.range(tf.constant(0), tf.math.sub(rank, tf.constant(2)), tf.constant(1));
    Operand<TInt32> swapped =
        tf.stack(List.of(tf.math.sub(rank, tf.constant(1)), tf.math.sub(rank, tf.constant(2))));
    return tf.linalg.conjugateTranspose(x, tf.concat(List.of(batch, swapped), tf.constant(0)));
  }

  /**
   * a = v diag(e) v^H: da = v (diag(de) + f o v^H dv) v^H with f_ij = 1 / (e_j - e_i) off the
   * diagonal. The forward op reads the lower triangle alone, so that the upper one's gradient is
   * added to it.
   */
  private static <T extends TNumber> List<Operand<?>> selfAdjointEigen(Backprop<T> b) {
    var tf = b.tf();
    Operand<T> e = b.y(0);
    Operand<T> inner = b.like("MatrixDiag", NONE, b.dy(0));
    Operand<T> v;
    if (b.flag("compute_v")) {
      v = b.y(1);
      Operand<T> gaps =
          tf.math.sub(tf.expandDims(e, tf.constant(-2)), tf.expandDims(e, tf.constant(-1)));
      Operand<T> f = tf.math.divNoNan(b.scalar(1, e), gaps);
      inner = tf.math.add(inner, tf.math.mul(f, product(b, v, b.dy(1), true, false)));
    } else {
      v = b.typed(b.op("SelfAdjointEigV2", b.x(0)).build().output(1));
    }
    Operand<T> da = product(b, v, product(b, inner, v, false, true), false, false);
    return b.gradients(lowerWithHalvedDiagonal(b, tf.math.add(da, adjoint(b, da))));
  }

  /** y = x^H with permuted axes: dx = dy^H with the axes permuted back. */
  private static <T extends TNumber, N extends TNumber> List<Operand<?>> conjugateTranspose(
      Backprop<T> b) {
    var tf = b.tf();
    Operand<N> permutation = b.input(1);
    return b.gradients(
        tf.linalg.conjugateTranspose(b.dy(0), tf.math.invertPermutation(permutation)));
  }

  /**
   * y = a x of a sparse a (indices, values, shape): dx = a^H dy, and of each value dy at its row
   * times x at its column; with a, x or both adjoint likewise.
   */
  private static <T extends TNumber, N extends TNumber> List<Operand<?>> sparseProduct(
      Backprop<T> b) {
    var tf = b.tf();
    boolean adjointA = b.flag("adjoint_a");
    boolean adjointX = b.flag("adjoint_b");
    Operand<T> x = b.x(3);
    Operand<T> dx =
        b.typed(
            b.op("SparseTensorDenseMatMul", b.input(0), b.x(1), b.input(2), b.dy(0))
                .setAttr("adjoint_a", !adjointA)
                .build()
                .output(0));
    Operand<N> indices = b.input(0);
    Operand<N> row = tf.gather(indices, tf.constant(adjointA ? 1 : 0), tf.constant(1));
    Operand<N> column = tf.gather(indices, tf.constant(adjointA ? 0 : 1), tf.constant(1));
    Operand<T> left = tf.gather(b.dy(0), row, tf.constant(0));
    Operand<T> right = tf.gather(adjointX ? adjoint(b, x) : x, column, tf.constant(0));
    Operand<T> dvalues = tf.reduceSum(tf.math.mul(left, right), tf.constant(1));
    return b.gradients(null, dvalues, null, adjointX ? adjoint(b, dx) : dx);
  }

  private static <T extends TNumber> Operand<T> product(
      Backprop<T> b, Operand<T> x, Operand<T> y, boolean adjointX, boolean adjointY) {
    return b.typed(
        b.op("BatchMatMulV2", x, y)
            .setAttr("adj_x", adjointX)
            .setAttr("adj_y", adjointY)
            .build()
            .output(0));
  }
}
