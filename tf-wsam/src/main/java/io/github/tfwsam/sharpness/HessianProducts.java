package io.github.tfwsam.sharpness;

/** How Hessian-vector products are computed. */
public enum HessianProducts {
  /** {@code d(g v)/dw}: exact to rounding, where TensorFlow can differentiate the gradient. */
  DOUBLE_GRADIENT,

  /**
   * {@code (g(w + h v) - g(w - h v)) / 2h}, with
   *
   * <pre>
   * h = eps^(1/3) (1 + |w| / sqrt(n)) / |v|
   * </pre>
   *
   * <p>where n is the dimension and eps the machine epsilon: 2^-52 if the loss and all variables
   * are float64, else 2^-23. The cube root balances the truncation, which is as h^2, and the
   * rounding, which is as eps / h; the bracket is the size of a typical weight, at least 1. Where
   * the loss is smooth, expect a relative error of about 1e-9 in float64 and 1e-4 in float32.
   *
   * <p>Where it has kinks (ReLU), a difference also counts those within h, which the double
   * gradient does not: it is the curvature at that scale, can be several times larger, and the
   * product is no longer linear in v. Compare such numbers only with numbers of the same kind.
   */
  CENTRAL_DIFFERENCES
}
