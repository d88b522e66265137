package io.github.tfwsam.examples.run;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;

/**
 * What is known of a step, all of it at the weights before its update.
 *
 * @param step its number, from 1
 * @param loss the loss of the first pass
 * @param perturbedLoss the loss of the second pass; null if there is none
 * @param gradientNorm the norm of the first pass's gradient
 */
public record StepResult(long step, double loss, Double perturbedLoss, double gradientNorm) {

  /**
   * A line of the log.
   *
   * @return a JSON object
   */
  public String toJson() {
    return JsonNodeFactory.instance
        .objectNode()
        .put("step", step)
        .put("loss", loss)
        .put("perturbed_loss", perturbedLoss)
        .put("grad_norm", gradientNorm)
        .toString();
  }

  /** What of it is not finite; null if all is. */
  String notFinite() {
    if (!Double.isFinite(loss)) {
      return "the loss";
    }
    if (perturbedLoss != null && !Double.isFinite(perturbedLoss)) {
      return "the loss at the perturbed weights";
    }
    return Double.isFinite(gradientNorm) ? null : "the gradient's norm";
  }
}
