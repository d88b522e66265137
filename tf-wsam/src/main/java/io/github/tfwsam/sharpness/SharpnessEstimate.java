package io.github.tfwsam.sharpness;

/**
 * What {@link Sharpness#estimate} has measured over some batches.
 *
 * @param loss the mean over the batches of L(w)
 * @param perturbedLoss the mean over the batches of each batch's own largest L(w + e)
 * @param batches how many batches there were
 * @param parameters how many numbers the perturbed variables hold together
 * @param squaredNorm the square of their L2 norm, |w|^2
 */
public record SharpnessEstimate(
    double loss, double perturbedLoss, int batches, long parameters, double squaredNorm) {

  /**
   * The sharpness; over several batches the m-sharpness, with m the size of a batch.
   *
   * @return {@code perturbedLoss - loss}
   */
  public double sharpness() {
    return perturbedLoss - loss;
  }
}
