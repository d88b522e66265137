package io.github.tfwsam.examples.cli;

import io.github.tfwsam.schedules.CosineDecay;
import io.github.tfwsam.schedules.PiecewiseConstantDecay;
import io.github.tfwsam.schedules.Schedule;
import java.util.List;
import java.util.Locale;

/** How the learning rate goes on over all steps of a run. */
public enum RateSchedule {
  /** It stays. */
  CONSTANT,

  /** Half a cosine: it would be 0 in the step after the last one. */
  COSINE,

  /** Divided by 10 when half of the steps are done, and again when three quarters are. */
  STEP;

  /**
   * The learning rate of each step.
   *
   * @param rate that of the first step
   * @param steps how many steps the run has
   * @return the schedule
   */
  public Schedule over(double rate, long steps) {
    return switch (this) {
      case CONSTANT -> Schedule.constant(rate);
      case COSINE -> new CosineDecay(rate, steps);
      case STEP -> {
        long half = (steps + 1) / 2;
        long threeQuarters = Math.max(half + 1, (3 * steps + 3) / 4);
        // A boundary is the number of steps before the last one of its value.
        yield new PiecewiseConstantDecay(
            List.of(half - 1, threeQuarters - 1), List.of(rate, rate / 10, rate / 100));
      }
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
