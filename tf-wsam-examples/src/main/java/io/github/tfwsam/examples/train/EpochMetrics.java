package io.github.tfwsam.examples.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.github.tfwsam.examples.run.NotFiniteException;

/**
 * What is known when an epoch ends.
 *
 * @param epoch its number, from 1
 * @param trainLoss the mean of its steps' losses, each before that step's update
 * @param measures what the network is like at its end; null if that was not measured
 * @param seconds how long its steps took, without what is measured, logged and kept of them
 */
public record EpochMetrics(int epoch, double trainLoss, Measures measures, double seconds) {
  /**
   * What a network is like, used for inference: with batch normalization by the averages.
   *
   * @param testLoss the mean cross entropy of the test examples
   * @param testAccuracy the share of them that it tells right
   * @param sharpness how much the training loss rises to the perturbed weights
   */
  public record Measures(double testLoss, double testAccuracy, double sharpness) {
    /**
     * Checks them.
     *
     * @param step the number of the step before
     * @throws NotFiniteException if one is not finite
     */
    void requireFinite(long step) {
      if (!Double.isFinite(testLoss) || !Double.isFinite(sharpness)) {
        throw new NotFiniteException(
            step,
            "the " + (Double.isFinite(testLoss) ? "sharpness" : "test loss") + " after it is");
      }
    }
  }

  String toJson() {
    boolean isMeasured = measures != null;
    return JsonNodeFactory.instance
        .objectNode()
        .put("epoch", epoch)
        .put("train_loss", trainLoss)
        .put("test_loss", isMeasured ? (Double) measures.testLoss : null)
        .put("test_accuracy", isMeasured ? (Double) measures.testAccuracy : null)
        .put("sharpness", isMeasured ? (Double) measures.sharpness : null)
        .put("seconds", seconds)
        .toString();
  }

  static EpochMetrics of(JsonNode row) {
    JsonNode testLoss = row.required("test_loss");
    return new EpochMetrics(
        row.required("epoch").intValue(),
        row.required("train_loss").doubleValue(),
        testLoss.isNull()
            ? null
            : new Measures(
                testLoss.doubleValue(),
                row.required("test_accuracy").doubleValue(),
                row.required("sharpness").doubleValue()),
        row.required("seconds").doubleValue());
  }
}
