package io.github.tfwsam.examples.quickstart;

import io.github.tfwsam.examples.report.Statistics;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What the results say, in words, whichever way they turned out. */
final class Findings {
  private Findings() {}

  /** A sentence or two for each question that the quickstart asks. */
  static List<String> of(Results results) {
    List<String> findings = new ArrayList<>();
    for (double noise : results.noises()) {
      String where = noiseName(noise) + ": ";
      findings.add(where + accuracy(results, Method.WSAM, Method.BASE, noise));
      findings.add(where + accuracy(results, Method.WSAM, Method.SAM, noise));
      findings.add(where + sharpness(results, noise));
    }
    findings.add(
        String.format(
            Locale.ROOT,
            "A step took %.2f (SAM) and %.2f (WSAM) times the base optimizer's: it is two"
                + " passes, and on so small a network the cost of starting a run counts too.",
            results.timeRatio(Method.SAM),
            results.timeRatio(Method.WSAM)));
    return findings;
  }

  static String noiseName(double noise) {
    return noise == 0
        ? "Clean labels"
        : String.format(Locale.ROOT, "%.0f %% wrong labels", 100 * noise);
  }

  private static String accuracy(Results results, Method method, Method other, double noise) {
    List<Double> differences = results.differences(method, other, noise, RunResult::testAccuracy);
    double mean = 100 * Statistics.mean(differences);
    double error = 100 * Statistics.deviation(differences) / Math.sqrt(differences.size());
    long wins = differences.stream().filter(d -> d > 0).count();
    long ties = differences.stream().filter(d -> d == 0).count();
    String verdict =
        Math.abs(mean) <= 2 * error || differences.size() < 2
            ? "no clear difference between " + method.label + " and " + other.label
            : mean > 0
                ? method.label + " is more accurate than " + other.label
                : method.label + " is LESS accurate than " + other.label;
    return String.format(
        Locale.ROOT,
        "%s: %+.2f percentage points on the test set (standard error %.2f), better in %d of %d seeds"
            + "%s.",
        verdict,
        mean,
        error,
        wins,
        differences.size(),
        ties == 0 ? "" : " and equal in " + ties);
  }

  private static String sharpness(Results results, double noise) {
    List<String> parts = new ArrayList<>();
    for (Method method : Method.values()) {
      parts.add(
          String.format(
              Locale.ROOT,
              "%s %.4f",
              method.label,
              Statistics.mean(results.values(method, noise, RunResult::sharpness))));
    }
    long flatter =
        results.differences(Method.WSAM, Method.BASE, noise, RunResult::sharpness).stream()
            .filter(d -> d < 0)
            .count();
    return "sharpness at the end, on average: "
        + String.join(", ", parts)
        + ". WSAM ended flatter than the base optimizer in "
        + flatter
        + " of "
        + results.seeds()
        + " seeds.";
  }
}
