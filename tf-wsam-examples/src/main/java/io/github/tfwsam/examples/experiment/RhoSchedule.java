package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.schedules.InverseSquareRootDecay;
import io.github.tfwsam.schedules.Schedule;
import java.util.Locale;

/** How the length of the perturbation goes on from step to step. */
enum RhoSchedule {
  /** rho in each step, as in practice. */
  CONSTANT,

  /** rho / sqrt(t) in the t-th step, for which convergence is proved. */
  INVERSE_ROOT;

  Schedule of(double rho) {
    return this == CONSTANT ? Schedule.constant(rho) : new InverseSquareRootDecay(rho);
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
