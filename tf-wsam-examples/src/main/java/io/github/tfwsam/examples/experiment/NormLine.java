package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.report.Estimate;
import java.util.List;
import java.util.Locale;

/**
 * The runs of a setting of {@link ConstantRho}: a line in a picture, a row in a table.
 *
 * @param setting what they were run with
 * @param results the runs
 */
record NormLine(Setting setting, Results results) {
  /**
   * An exponent above it is nearer to 0, that of a floor, than to -1/2, that of rho / sqrt(t) on a
   * quadratic loss.
   */
  private static final double LEVEL = -0.25;

  private static final String LEVELS_OFF = "levels off";

  /** What rounding leaves of a gradient in float64 is below it. */
  private static final double ROUNDING = 1e-12;

  boolean isBase() {
    return setting.number("gamma") == 0;
  }

  boolean isConstant() {
    return setting.get("rho_schedule").equals(RhoSchedule.CONSTANT.toString());
  }

  double rho() {
    return setting.number("rho");
  }

  /** Whether both are of the same method. */
  boolean isOfMethodOf(NormLine other) {
    return method().equals(other.method());
  }

  /** How it is trained, without rho. */
  String method() {
    if (isBase()) {
      return "base alone";
    }
    boolean isCoupled = setting.get("coupled").equals("true");
    if (isCoupled && setting.number("gamma") == Method.SAM.gamma()) {
      return "SAM";
    }
    return String.format("WSAM %s %s", setting.get("gamma"), isCoupled ? "coupled" : "decoupled");
  }

  /** How long the perturbation is. */
  String radius() {
    return isBase() ? "" : "rho " + setting.get("rho") + (isConstant() ? "" : " / √t");
  }

  String label() {
    return isBase() ? method() : method() + ", " + radius();
  }

  /** Whether a run is done. */
  boolean isKnown() {
    return of(DescentRunner.TAIL).isKnown();
  }

  /** The mean of the norm over the last tenth of the steps. */
  double late() {
    return of(DescentRunner.TAIL).mean();
  }

  /** Whether nothing but rounding is left of the gradient. */
  boolean isRounding() {
    return late() < ROUNDING;
  }

  Estimate of(String measure) {
    return Estimate.of(results.measures(measure));
  }

  /** Whether the norm goes on falling, stays or rises, in words. */
  String verdict() {
    Estimate slope = of(DescentRunner.SLOPE);
    if (!slope.isKnown()) {
      return "has too few points to tell";
    }
    if (slope.hasInterval() && !slope.isAbove(LEVEL) && !slope.isBelow(LEVEL)) {
      return "neither clearly levels off nor clearly falls";
    }
    if (slope.mean() <= LEVEL) {
      return "goes on falling";
    }
    return slope.isAbove(-LEVEL) ? "rises" : LEVELS_OFF;
  }

  boolean isLevel() {
    return verdict().equals(LEVELS_OFF);
  }

  /** {@code exponent -0.50, 95 % interval -0.52 to -0.48, 3 seeds}. */
  String exponent() {
    Estimate slope = of(DescentRunner.SLOPE);
    if (!slope.isKnown()) {
      return "no exponent";
    }
    return slope.hasInterval()
        ? String.format(
            Locale.ROOT,
            "exponent %.2f, 95 %% interval %.2f to %.2f, %d seeds",
            rounded(slope.mean()),
            rounded(slope.low()),
            rounded(slope.high()),
            slope.count())
        : String.format(Locale.ROOT, "exponent %.2f, one seed", rounded(slope.mean()));
  }

  /** To two decimals, and never -0. */
  private static double rounded(double value) {
    return Math.round(100 * value) / 100.0;
  }

  /** How many times as large the late norm is here as there: the geometric mean over the seeds. */
  Ratio ratio(NormLine other) {
    List<Double> logarithms =
        results.done().stream()
            .flatMap(
                run ->
                    other.results.done().stream()
                        .filter(o -> o.seed() == run.seed())
                        .map(o -> Math.log(late(run)) - Math.log(late(o))))
            .toList();
    return new Ratio(Estimate.of(logarithms));
  }

  private static double late(Run run) {
    return run.measure(DescentRunner.TAIL);
  }

  /**
   * How many times as large something is.
   *
   * @param logarithm the natural logarithm
   */
  record Ratio(Estimate logarithm) {
    boolean isClearlyAboveOne() {
      return logarithm.isAbove(0);
    }

    /** {@code 4.82 times (95 % interval 4.79 to 4.85)}. */
    @Override
    public String toString() {
      String factor = number(Math.exp(logarithm.mean())) + " times";
      return logarithm.hasInterval()
          ? String.format(
              "%s (95 %% interval %s to %s)",
              factor, number(Math.exp(logarithm.low())), number(Math.exp(logarithm.high())))
          : factor;
    }

    private static String number(double factor) {
      return factor >= 0.01 && factor < 10000
          ? String.format(Locale.ROOT, factor < 10 ? "%.2f" : "%.0f", factor)
          : String.format(Locale.ROOT, "%.1e", factor);
    }
  }
}
