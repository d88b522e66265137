package io.github.tfwsam.update;

import io.github.tfwsam.graph.Node;
import io.github.tfwsam.graph.Operations;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.framework.optimizers.Optimizer;

/** Finds the learning rates that a base optimizer steps with, in the graph of its step. */
public final class LearningRates {
  private LearningRates() {}

  /**
   * The learning rate of each variable: what the base optimizer's {@code Apply..} op on it takes as
   * {@code lr} (or {@code alpha}, of gradient descent). Nadam has no such op but {@code w = w - lr
   * m / (..)}, and the rate is found there.
   *
   * @param base the optimizer
   * @param writes its writes
   * @param variables the handles of the variables
   * @return for each variable a scalar of its type, the rate of this step
   * @throws IllegalArgumentException if a rate is not found
   */
  public static List<Operand<?>> find(
      Optimizer base, List<GraphOperation> writes, List<Output<?>> variables) {
    Map<Output<?>, Operand<?>> rates = new HashMap<>();
    for (GraphOperation write : writes) {
      Output<?> variable = write.input(0);
      rate(write, variable).ifPresent(rate -> rates.putIfAbsent(variable, rate));
    }
    List<Operand<?>> found = new ArrayList<>();
    for (Output<?> variable : variables) {
      if (!rates.containsKey(variable)) {
        throw new IllegalArgumentException(
            "The learning rate of the base optimizer "
                + base.getOptimizerName()
                + " is not found in its step on the variable '"
                + variable.op().name()
                + "', and the decoupled form needs it: use Wsam.decoupled(false), or another base.");
      }
      found.add(rates.get(variable));
    }
    return found;
  }

  private static Optional<Operand<?>> rate(GraphOperation write, Output<?> variable) {
    String type = write.type();
    int argument =
        Operations.argumentIndex(type, type.contains("GradientDescent") ? "alpha" : "lr");
    if (argument >= 0) {
      return Optional.of(write.input(argument));
    }
    return type.equals("Assign") ? descentRate(write.input(1), variable) : Optional.empty();
  }

  /** The lr of {@code variable - lr * .. / ..}. */
  private static Optional<Operand<?>> descentRate(Output<?> value, Output<?> variable) {
    GraphOperation difference = Node.operation(value);
    if (!difference.type().equals("Sub") || !difference.input(0).equals(variable)) {
      return Optional.empty();
    }
    GraphOperation quotient = Node.operation(difference.input(1));
    if (!quotient.type().equals("Div")) {
      return Optional.empty();
    }
    GraphOperation product = Node.operation(quotient.input(0));
    return product.type().equals("Mul") ? Optional.of(product.input(0)) : Optional.empty();
  }
}
