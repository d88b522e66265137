package io.github.tfwsam.examples.cli;

import java.util.Locale;

/** The base optimizers of the command line. */
public enum BaseOptimizer {
  /** Gradient descent without momentum. */
  SGD,

  /** Gradient descent with momentum. */
  MOMENTUM,

  /** Gradient descent with Nesterov's momentum. */
  NESTEROV,

  /** Adam. */
  ADAM,

  /** Adam with decoupled weight decay. */
  ADAMW,

  /** RMSprop. */
  RMSPROP,

  /** Adagrad. */
  ADAGRAD;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
