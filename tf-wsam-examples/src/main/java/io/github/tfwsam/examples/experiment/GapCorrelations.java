package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.report.RankCorrelation;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Whether a task's runs have the order of their gaps by the bound too, by a term of it, or by what
 * is said to explain the gap.
 */
final class GapCorrelations {
  /** What may go with the gap; the training error is what a bound has to be better than. */
  static final List<GapMeasure> CANDIDATES =
      List.of(
          GapMeasure.BOUND,
          GapMeasure.COMPLEXITY,
          GapMeasure.DISTANCE,
          GapMeasure.NORM,
          GapMeasure.SHARPNESS,
          GapMeasure.LARGEST_EIGENVALUE,
          GapMeasure.TRAINING_ERROR);

  private static final double LEVEL = 0.05;

  private final String task;
  private final List<Run> runs;
  private final List<List<Run>> settings;
  private final Map<List<GapMeasure>, RankCorrelation> overRuns = new HashMap<>();
  private final Map<List<GapMeasure>, RankCorrelation> overMeans = new HashMap<>();

  /**
   * The correlations of a task.
   *
   * @param task its name
   * @param results its runs
   */
  GapCorrelations(String task, Results results) {
    this.task = task;
    runs = results.done();
    settings =
        new ArrayList<>(
            runs.stream()
                .collect(
                    Collectors.groupingBy(Run::setting, LinkedHashMap::new, Collectors.toList()))
                .values());
  }

  private RankCorrelation overRuns(GapMeasure x, GapMeasure y) {
    return overRuns.computeIfAbsent(List.of(x, y), pair -> of(runs, x::of, y::of));
  }

  private RankCorrelation overMeans(GapMeasure x, GapMeasure y) {
    return overMeans.computeIfAbsent(
        List.of(x, y), pair -> of(settings, of -> x.of(of).mean(), of -> y.of(of).mean()));
  }

  private static <T> RankCorrelation of(List<T> all, ToDoubleFunction<T> x, ToDoubleFunction<T> y) {
    return RankCorrelation.of(
        all.stream().mapToDouble(x).boxed().toList(), all.stream().mapToDouble(y).boxed().toList());
  }

  /** Adds the table and the findings. */
  void tell(Report report) {
    report.table(
        List.of(
            "rank correlation with",
            "gap, runs",
            "p",
            "gap, means",
            "p",
            "loss gap, runs",
            "p",
            "loss gap, means",
            "p",
            "test error, runs",
            "p"),
        CANDIDATES.stream().map(this::row).toList());
    report.text(
        String.format(
            Locale.ROOT,
            "Spearman's rank correlation over the %d runs that are done, and over the means of the"
                + " %d settings, with the p-value of its permutation test. Runs of a setting are"
                + " more alike than others, so that the p-value over runs is too small where"
                + " settings differ. Clear is p < %.2f / %d, as there are %d candidates. The"
                + " training error is no explanation: a gap is the test error less it, and what a"
                + " training fits worse has less room for one.",
            runs.size(),
            settings.size(),
            LEVEL,
            CANDIDATES.size(),
            CANDIDATES.size()));
    report.finding(
        String.format(
            "%s: over %d runs, %s; over the means of %d settings, %s.",
            task,
            runs.size(),
            sentence(overRuns(GapMeasure.BOUND, GapMeasure.GAP)),
            settings.size(),
            sentence(overMeans(GapMeasure.BOUND, GapMeasure.GAP))));
    for (GapMeasure gap : List.of(GapMeasure.GAP, GapMeasure.LOSS_GAP)) {
      report.finding(
          String.format(
              "%s: the %s over runs: %s. Over the means of settings: %s.",
              task,
              gap.label,
              sorted(candidate -> overRuns(candidate, gap)),
              sorted(candidate -> overMeans(candidate, gap))));
    }
  }

  private List<String> row(GapMeasure candidate) {
    List<String> row = new ArrayList<>(List.of(candidate.label));
    for (RankCorrelation correlation :
        List.of(
            overRuns(candidate, GapMeasure.GAP),
            overMeans(candidate, GapMeasure.GAP),
            overRuns(candidate, GapMeasure.LOSS_GAP),
            overMeans(candidate, GapMeasure.LOSS_GAP),
            overRuns(candidate, GapMeasure.TEST_ERROR))) {
      row.add(coefficient(correlation));
      row.add(pValue(correlation));
    }
    return row;
  }

  private static boolean isKnown(RankCorrelation correlation) {
    return !Double.isNaN(correlation.coefficient());
  }

  private static boolean isClear(RankCorrelation correlation) {
    return isKnown(correlation) && correlation.pValue() < LEVEL / CANDIDATES.size();
  }

  /** Whether there are enough pairs for any relation to be clear. */
  private static boolean canBeClear(RankCorrelation correlation) {
    return !isKnown(correlation) || correlation.leastPValue() < LEVEL / CANDIDATES.size();
  }

  private static String coefficient(RankCorrelation correlation) {
    return isKnown(correlation)
        ? String.format(Locale.ROOT, "%+.2f", correlation.coefficient())
        : "–";
  }

  private static String pValue(RankCorrelation correlation) {
    if (!isKnown(correlation)) {
      return "–";
    }
    return correlation.pValue() < 0.001
        ? "<0.001"
        : String.format(Locale.ROOT, "%.3f", correlation.pValue());
  }

  private static String sentence(RankCorrelation correlation) {
    if (!isKnown(correlation)) {
      return "nothing tells whether the gap goes with the bound";
    }
    String verdict =
        !canBeClear(correlation)
            ? correlation.count() + " pairs are too few to tell whether the gap goes with the bound"
            : !isClear(correlation)
                ? "no clear relation of the gap to the bound"
                : correlation.coefficient() > 0
                    ? "the gap is larger where the bound is"
                    : "the gap is SMALLER where the bound is larger";
    return String.format(
        "%s (rank correlation %s, p %s)", verdict, coefficient(correlation), pValue(correlation));
  }

  /** Which candidates go with a gap, which against it, and which neither. */
  private static String sorted(Function<GapMeasure, RankCorrelation> of) {
    Map<GapMeasure, RankCorrelation> all = new EnumMap<>(GapMeasure.class);
    CANDIDATES.forEach(candidate -> all.put(candidate, of.apply(candidate)));
    return Stream.of(
            those("larger with a larger ", all, c -> isClear(c) && c.coefficient() > 0),
            those("smaller with a larger ", all, c -> isClear(c) && c.coefficient() < 0),
            those("no clear relation to ", all, c -> !isClear(c) && canBeClear(c)),
            those("too few to tell of ", all, c -> !isClear(c) && !canBeClear(c)))
        .flatMap(Optional::stream)
        .collect(Collectors.joining("; "));
  }

  private static Optional<String> those(
      String verdict, Map<GapMeasure, RankCorrelation> all, Predicate<RankCorrelation> which) {
    String those =
        CANDIDATES.stream()
            .filter(candidate -> which.test(all.get(candidate)))
            .map(candidate -> candidate.label + " (" + coefficient(all.get(candidate)) + ")")
            .collect(Collectors.joining(", "));
    return those.isEmpty() ? Optional.empty() : Optional.of(verdict + those);
  }
}
