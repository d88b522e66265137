package io.github.tfwsam.optimizers;

/**
 * Where epsilon keeps the divisor of a step from 0. PyTorch and Keras differ; v is the mean (of
 * {@link Adagrad} the sum) of squared gradients, less the square of their mean if centered.
 *
 * <table>
 *   <caption>The divisor in step t</caption>
 *   <tr><th></th><th>{@link #PYTORCH}</th><th>{@link #KERAS}</th></tr>
 *   <tr><td>{@link Adam}, {@link AdamW}</td>
 *       <td>sqrt(v / (1 - beta2^t)) + epsilon</td>
 *       <td>(sqrt(v) + epsilon) / sqrt(1 - beta2^t)</td></tr>
 *   <tr><td>{@link RmsProp}, {@link Adagrad}</td>
 *       <td>sqrt(v) + epsilon</td>
 *       <td>sqrt(v + epsilon)</td></tr>
 * </table>
 */
public enum EpsilonPlace {
  /** As {@code torch.optim} does: added last. In Adam this is Algorithm 1 of the paper. */
  PYTORCH,

  /**
   * As {@code tf.keras.optimizers} does: in Adam before the bias correction (the "epsilon hat" of
   * the paper), elsewhere in the root.
   */
  KERAS;

  /** What a description of an optimizer has after the number. */
  String suffix() {
    return this == KERAS ? " (Keras)" : "";
  }
}
