package io.github.tfwsam.examples.experiment;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Results that nothing was trained for. */
final class Grid {
  /** What a run ends in; null if it diverged. */
  @FunctionalInterface
  interface Outcome {
    /** The test accuracy from 0 to 1. */
    Double accuracy(Setting setting, long seed);
  }

  private final List<Run> runs = new ArrayList<>();

  /** A run of each setting with each seed; all but accuracy follow from gamma. */
  Grid add(List<Setting> settings, int seeds, Outcome outcome) {
    for (long seed = 1; seed <= seeds; seed++) {
      for (Setting setting : settings) {
        Double accuracy = outcome.accuracy(setting, seed);
        double gamma = setting.number("gamma");
        double passes = gamma == 0 ? 1 : 2;
        Map<String, Double> measures = new LinkedHashMap<>();
        measures.put(Run.TRAIN_LOSS, 0.5 + 0.1 * gamma + 0.001 * seed);
        measures.put(Run.TEST_ACCURACY, accuracy == null ? 0.1 : accuracy);
        measures.put(Run.SHARPNESS, 0.02 * (1.1 - gamma) + 0.0001 * seed * (1 + gamma));
        measures.put(Run.HESSIAN_TOP, accuracy == null ? Double.NaN : 30 * (1.1 - gamma) + seed);
        measures.put(Run.SECONDS, passes * setting.number("epochs") * (1 + 0.01 * seed));
        runs.add(
            new Run(
                setting, seed, measures, accuracy == null ? Run.Status.DIVERGED : Run.Status.DONE));
      }
    }
    return this;
  }

  Results results() {
    return new Results(runs);
  }

  /** Small deterministic noise, in which seeds and settings differ. */
  static double noise(Setting setting, long seed) {
    return 0.004 * Math.sin(setting.toString().hashCode() + 17.0 * seed);
  }

  /** What an experiment says of results. */
  static Report report(Experiment experiment, Results results) {
    try {
      var report = new Report("test", experiment.question());
      experiment.report(results, null, report);
      return report;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String findings(Experiment experiment, Results results) {
    return String.join("\n", report(experiment, results).findings());
  }
}
