package io.github.tfwsam.examples.bench;

import java.util.Locale;

/**
 * A piece of the optimizer's work on all variables, and what it must move at the least.
 *
 * <p>A list is one float32 a parameter: the variables w, a gradient, a slot. What is counted is
 * each list that must be read and each that must be written, once, whatever an implementation moves
 * besides: so the bandwidth of two implementations of one work compares as their speed does.
 */
enum Work {
  /** Reads g1. */
  GLOBAL_NORM(1, 0),
  /** Reads w and g1. */
  ADAPTIVE_NORM(2, 0),
  /** Reads w and g1, writes w + e. */
  PERTURB(3, 0),
  /** Reads w and g1, writes w + e. */
  PERTURB_ADAPTIVE(3, 0),
  /** Reads g1 and g2, writes the blend. */
  BLEND(3, 0),
  /** The sharpness term alone: reads g1, g2 and w, writes w. */
  DECOUPLED(4, 0),
  /** As {@link #DECOUPLED}. */
  GRADIENT_DESCENT(4, 0),
  /** As {@link #DECOUPLED}. */
  GRADIENT_DESCENT_DECOUPLED(4, 0),
  /** As {@link #DECOUPLED}; reads and writes m too. */
  MOMENTUM(6, 1),
  /** As {@link #MOMENTUM}. */
  MOMENTUM_DECOUPLED(6, 1),
  /** As {@link #MOMENTUM}. */
  NESTEROV(6, 1),
  /** As {@link #MOMENTUM}. */
  NESTEROV_DECOUPLED(6, 1),
  /** As {@link #DECOUPLED}; reads and writes m and v too. */
  ADAM(8, 2),
  /** As {@link #ADAM}. */
  ADAM_DECOUPLED(8, 2),
  /** As {@link #ADAM}. */
  ADAMW(8, 2),
  /** As {@link #ADAM}. */
  ADAMW_DECOUPLED(8, 2),
  /** Norm, perturbation, blend and step of momentum, with two passes between them in training. */
  STEP(10, 1);

  /** How many lists must be moved. */
  final int lists;

  /** How many slots there are for each variable. */
  final int slots;

  Work(int lists, int slots) {
    this.lists = lists;
    this.slots = slots;
  }

  /** The bytes that must be moved for so many parameters. */
  double bytes(long parameters) {
    return (double) lists * Float.BYTES * parameters;
  }

  boolean isDecoupled() {
    return name().endsWith("_DECOUPLED");
  }

  /** Whether it leaves its result in the variables, rather than in new tensors. */
  boolean isInPlace() {
    return compareTo(DECOUPLED) >= 0;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
