package io.github.tfwsam.sharpness;

import java.util.List;

/**
 * A Hessian's largest eigenvalues, as {@link Hessian#topEigenvalues} finds them.
 *
 * @param values the eigenvalues, the largest first
 * @param residuals for each {@code |H v - value v|} of its unit vector v: there is an eigenvalue of
 *     the Hessian at most that far away (to the precision of the products)
 * @param converged whether each residual is within the tolerance
 * @param iterations how many products over all batches it took
 * @param products how these were computed
 */
public record Eigenvalues(
    List<Double> values,
    List<Double> residuals,
    boolean converged,
    int iterations,
    HessianProducts products) {

  /**
   * Keeps unmodifiable copies of the lists.
   *
   * @param values the eigenvalues, the largest first
   * @param residuals for each {@code |H v - value v|} of its unit vector v: there is an eigenvalue
   *     of the Hessian at most that far away (to the precision of the products)
   * @param converged whether each residual is within the tolerance
   * @param iterations how many products over all batches it took
   * @param products how these were computed
   */
  public Eigenvalues {
    values = List.copyOf(values);
    residuals = List.copyOf(residuals);
  }
}
