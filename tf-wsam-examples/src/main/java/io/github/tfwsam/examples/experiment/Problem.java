package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.tasks.Task;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.types.family.TNumber;

/** Something to minimize, in a graph. */
sealed interface Problem permits ConvexProblem, ToyProblem, PerceptronProblem {
  /** The problems, by their names in results.csv. */
  enum Name {
    /** Logistic regression of the digits, with an L2 penalty. */
    CONVEX(0.05),
    /** The paper's loss of two parameters, with a sharp and a flat minimum. */
    TOY(2),
    /** A perceptron that learns the digits by minibatches. */
    DIGITS(0.05);

    private final double rho;

    Name(double rho) {
      this.rho = rho;
    }

    /** The length of the perturbation; the sharpness at the end is that at it, for all runs. */
    double rho() {
      return rho;
    }

    /**
     * Builds the problem.
     *
     * @param graph an empty graph
     * @param setting the columns subset and batch
     * @param seed what the start, the subset and the batches are drawn by
     * @param data the digits
     * @throws IOException if these cannot be read
     * @throws IllegalArgumentException if there are too few for the subset
     */
    Problem in(Graph graph, Setting setting, long seed, DataSets data) throws IOException {
      return switch (this) {
        case CONVEX -> ConvexProblem.of(graph, setting, seed, data.of(Task.DIGITS));
        case TOY -> ToyProblem.of(graph, seed);
        case DIGITS -> PerceptronProblem.of(graph, setting, seed, data.of(Task.DIGITS));
      };
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What is minimized, a scalar. */
  Operand<? extends TNumber> loss();

  /**
   * What the batch of a step feeds.
   *
   * @param step the number of the step, from 1
   * @return tensors that the caller closes
   */
  default Map<Operand<?>, Tensor> batch(long step) {
    return Map.of();
  }

  /**
   * What all training examples together feed.
   *
   * @return tensors that the caller closes
   */
  default Map<Operand<?>, Tensor> whole() {
    return Map.of();
  }

  /** The loss of who tells nothing apart; one that ends above it, and above its start, diverged. */
  double guessing();

  /** What is measured of it in particular, by the name of the column. */
  Map<String, Double> measures(Session session);
}
