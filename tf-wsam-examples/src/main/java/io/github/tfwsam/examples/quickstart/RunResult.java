package io.github.tfwsam.examples.quickstart;

import java.util.Collections;
import java.util.List;

/**
 * What one run ended in.
 *
 * @param setting what it was run with
 * @param testAccuracies the share of test examples that are classified right, after each epoch
 * @param trainingLoss the mean cross entropy over the training labels (also the wrong ones), at the
 *     end
 * @param sharpness how much that loss rises within the radius {@link Setting#RHO}, at the end
 * @param stepMilliseconds the median time of a step
 */
record RunResult(
    Setting setting,
    List<Double> testAccuracies,
    double trainingLoss,
    double sharpness,
    double stepMilliseconds) {

  double testAccuracy() {
    return testAccuracies.get(testAccuracies.size() - 1);
  }

  /** That of the best epoch: what one who stops at the right time, and knows it, would have. */
  double bestTestAccuracy() {
    return Collections.max(testAccuracies);
  }
}
