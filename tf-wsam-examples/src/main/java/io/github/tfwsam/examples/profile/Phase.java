package io.github.tfwsam.examples.profile;

/** What the operations of a step are for, in the order in which a step comes to them. */
enum Phase {
  /** The loss at the weights: the first pass, and what it writes. */
  FORWARD("forward"),

  /** Its gradients; in a step of one pass, the only ones. */
  FIRST_GRADIENTS("first gradients"),

  /** The perturbed weights of the gradients: norm, scale, sum. */
  PERTURBATION("perturbation"),

  /** The loss at the perturbed weights. */
  SECOND_PASS("second pass"),

  /** The gradients there. */
  SECOND_GRADIENTS("second gradients"),

  /** What is made of the gradients: norms, clipping, the new weights and slots. */
  UPDATE("update"),

  /** What is fed and fetched, and whatever belongs to no step. */
  OTHER("other");

  private final String label;

  Phase(String label) {
    this.label = label;
  }

  /** The name that users see. */
  @Override
  public String toString() {
    return label;
  }
}
