package io.github.tfwsam.examples.experiment;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What a run ended in: a row of results.csv.
 *
 * @param setting what it was run with
 * @param seed what everything random was drawn by
 * @param measures what was measured at its end, by the name of the column; of one that diverged,
 *     what could be
 * @param status how it ended
 */
record Run(Setting setting, long seed, Map<String, Double> measures, Status status) {
  /** The mean of the last epoch's losses, each before its step's update. */
  static final String TRAIN_LOSS = "train_loss";

  /** The share of test examples that are told right. */
  static final String TEST_ACCURACY = "test_accuracy";

  /** How much the training loss rises to the perturbed weights. */
  static final String SHARPNESS = "sharpness";

  /** The largest eigenvalue of the training loss's Hessian. */
  static final String HESSIAN_TOP = "hessian_top";

  /** How long its steps took. */
  static final String SECONDS = "seconds";

  /** How a run ended. */
  enum Status {
    /** It took all of its steps, and learned something. */
    DONE,

    /** Something was not finite, or it ended no better than guessing. */
    DIVERGED;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Keeps an unmodifiable copy of the measures, in order.
   *
   * @param setting what it was run with
   * @param seed what everything random was drawn by
   * @param measures what was measured at its end, by the name of the column
   * @param status how it ended
   */
  Run {
    measures = Collections.unmodifiableMap(new LinkedHashMap<>(measures));
  }

  /** A measure; NaN if it was not taken. */
  double measure(String name) {
    return measures.getOrDefault(name, Double.NaN);
  }

  boolean isDone() {
    return status == Status.DONE;
  }

  /** What came out, in a word or two. */
  String outcome() {
    return isDone()
        ? String.format(Locale.ROOT, "loss %.4g", measure(TRAIN_LOSS))
        : status.toString();
  }
}
