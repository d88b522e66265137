package io.github.tfwsam.examples.experiment;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What the norms of a line say, whichever way they turned out.
 *
 * @param line the line
 * @param lines all lines of its problem
 */
record NormFinding(NormLine line, List<NormLine> lines) {
  /** A sentence that goes on from the problem's name. */
  @Override
  public String toString() {
    int diverged = line.results().diverged();
    String left = diverged == 0 ? "" : "diverged and left out: " + diverged + "; ";
    String rest = line.isKnown() ? "the norm " + fate() + comparison() : "no run is done";
    return line.label() + ": " + left + rest + ".";
  }

  private String fate() {
    String end = String.format(Locale.ROOT, "%.2e", line.late());
    return line.isRounding()
        ? "falls to what rounding leaves, " + end
        : line.verdict() + " (" + line.exponent() + "), " + end + " over the last tenth";
  }

  private String comparison() {
    if (line.isBase()) {
      return "";
    }
    if (!line.isConstant()) {
      return first(other -> other.isConstant() && other.rho() == line.rho())
          .map(other -> "; where rho is constant, it is " + other.ratio(line) + " that")
          .orElse("");
    }
    return againstBase()
        + first(other -> other.isConstant() && other.rho() < line.rho())
            .map(other -> "; it is " + line.ratio(other) + " that with " + other.radius())
            .orElse("");
  }

  private String againstBase() {
    Optional<NormLine> base = lines.stream().filter(l -> l.isBase() && l.isKnown()).findFirst();
    if (base.isEmpty()) {
      return "";
    }
    if (base.get().isRounding()) {
      return line.isLevel() ? ": a floor of rho's own, for the base has none" : "";
    }
    NormLine.Ratio ratio = line.ratio(base.get());
    String times = ", " + ratio + " the base's";
    if (!line.isLevel()) {
      return times;
    }
    return ratio.isClearlyAboveOne() && !base.get().isLevel()
        ? times + ": a floor of rho's own"
        : times + ": a floor that cannot be told from the base's";
  }

  /** Another line of the same method. */
  private Optional<NormLine> first(Predicate<NormLine> condition) {
    return lines.stream()
        .filter(other -> other.isOfMethodOf(line) && other.isKnown())
        .filter(condition)
        .findFirst();
  }
}
