package io.github.tfwsam.examples.bench;

/**
 * The hyper-parameters. The rate and the decay are so small that hundreds of steps with one
 * gradient leave the values about where they were: no infinity, no subnormal number.
 */
final class Hyper {
  static final double RHO = 0.05;
  static final double ALPHA = 9;

  /** A norm for the perturbation where that is measured alone. */
  static final double NORM = 1000;

  static final double LEARNING_RATE = 1e-6;
  static final double MOMENTUM = 0.9;
  static final double BETA_ONE = 0.9;
  static final double BETA_TWO = 0.999;
  static final double EPSILON = 1e-7;
  static final double WEIGHT_DECAY = 0.01;

  /** The number of each step is 10. */
  static final double BETA_ONE_POWER = Math.pow(BETA_ONE, 10);

  static final double BETA_TWO_POWER = Math.pow(BETA_TWO, 10);

  private Hyper() {}
}
