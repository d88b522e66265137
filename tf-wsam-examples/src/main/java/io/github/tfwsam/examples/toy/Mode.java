package io.github.tfwsam.examples.toy;

import java.util.Locale;

/** How the sharpness term gets into the step. */
enum Mode {
  /** Blended into the gradient of the base optimizer. */
  COUPLED,
  /** Applied beside the base optimizer's step. */
  DECOUPLED;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
