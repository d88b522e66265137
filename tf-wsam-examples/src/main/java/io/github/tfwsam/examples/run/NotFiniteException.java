package io.github.tfwsam.examples.run;

/** Says that a loss, a gradient or a weight of a training is NaN or infinite: it has diverged. */
public final class NotFiniteException extends IllegalStateException {
  private static final long serialVersionUID = 1;

  private static final String REMEDY = "; take a smaller --lr or --rho, or --max-norm";

  /**
   * Something is not finite.
   *
   * @param step the number of the step that it is seen at
   * @param what what it is, with its verb: {@code the loss is}
   */
  public NotFiniteException(long step, String what) {
    super("step " + step + ": " + what + " not finite" + REMEDY);
  }
}
