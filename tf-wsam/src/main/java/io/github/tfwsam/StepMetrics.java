package io.github.tfwsam;

import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TNumber;

/**
 * What can be fetched of a step, in the run that takes it (or alone: fetching changes nothing). All
 * are scalars, and all are of the weights before the step.
 */
public final class StepMetrics {
  static final String GRADIENT_NORM = "gradient_norm";

  private final Operand<? extends TNumber> loss;
  private final Operand<? extends TNumber> perturbedLoss;
  private final Operand<? extends TNumber> gradientNorm;
  private final Operand<? extends TNumber> sharpness;
  private final Operand<TBool> skipped;
  private final Operand<TInt64> skippedSteps;

  private StepMetrics(
      Operand<? extends TNumber> loss,
      Operand<? extends TNumber> perturbedLoss,
      Operand<? extends TNumber> gradientNorm,
      Operand<? extends TNumber> sharpness,
      Operand<TBool> skipped,
      Operand<TInt64> skippedSteps) {
    this.loss = loss;
    this.perturbedLoss = perturbedLoss;
    this.gradientNorm = gradientNorm;
    this.sharpness = sharpness;
    this.skipped = skipped;
    this.skippedSteps = skippedSteps;
  }

  /** Metrics under their names in the graph; the perturbed loss is null where there is none. */
  static StepMetrics of(
      Ops tf,
      Operand<? extends TNumber> loss,
      Operand<? extends TNumber> perturbedLoss,
      Operand<? extends TNumber> gradientNorm,
      Optional<Skipping> skipping) {
    boolean twoPasses = perturbedLoss != null;
    return new StepMetrics(
        loss,
        twoPasses ? tf.withName("perturbed_loss").identity(perturbedLoss) : null,
        tf.withName(GRADIENT_NORM).identity(gradientNorm),
        twoPasses ? sharpness(tf, perturbedLoss, loss) : null,
        skipping.map(Skipping::skipped).orElseGet(() -> tf.constant(false)),
        skipping.map(Skipping::skippedSteps).orElseGet(() -> tf.constant(0L)));
  }

  private static <T extends TNumber> Operand<T> sharpness(
      Ops tf, Operand<T> perturbedLoss, Operand<? extends TNumber> loss) {
    return tf.withName("sharpness")
        .math
        .sub(perturbedLoss, tf.dtypes.cast(loss, perturbedLoss.type()));
  }

  /**
   * The loss of the first pass, L(w).
   *
   * @return the operand that was minimized
   */
  public Operand<? extends TNumber> loss() {
    return loss;
  }

  /**
   * The loss of the second pass, L(w + e).
   *
   * @return a scalar of the loss's type; float32 where float16 or bfloat16 variables are perturbed;
   *     NaN in a plain step of {@link Wsam#every(int)}, which does not compute it
   * @throws IllegalStateException if gamma is the constant 0: there is no second pass
   */
  public Operand<? extends TNumber> perturbedLoss() {
    return ofSecondPass(perturbedLoss);
  }

  /**
   * The L2 norm of g1 over all trained variables together, before any clipping.
   *
   * @return a scalar: float64 if a trained variable is, else float32
   */
  public Operand<? extends TNumber> gradientNorm() {
    return gradientNorm;
  }

  /**
   * How much the loss rises to the perturbed weights, L(w + e) - L(w).
   *
   * @return a scalar of the type of {@link #perturbedLoss()}, NaN where that is
   * @throws IllegalStateException if gamma is the constant 0: there is no second pass
   */
  public Operand<? extends TNumber> sharpness() {
    return ofSecondPass(sharpness);
  }

  /**
   * Whether the step was not taken because its loss, g1 or g2 is not finite.
   *
   * @return a scalar; always false without {@link Wsam#skipNonFinite(boolean)}
   */
  public Operand<TBool> skipped() {
    return skipped;
  }

  /**
   * How many steps were skipped since the variables were initialized, this one included.
   *
   * @return a scalar; always 0 without {@link Wsam#skipNonFinite(boolean)}
   */
  public Operand<TInt64> skippedSteps() {
    return skippedSteps;
  }

  private static Operand<? extends TNumber> ofSecondPass(Operand<? extends TNumber> metric) {
    if (metric == null) {
      throw new IllegalStateException(
          "gamma is the constant 0, so there is no second pass: give gamma as an operand to have"
              + " one.");
    }
    return metric;
  }
}
