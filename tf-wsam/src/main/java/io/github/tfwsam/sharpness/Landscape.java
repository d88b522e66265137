package io.github.tfwsam.sharpness;

import io.github.tfwsam.graph.ForwardSlice;
import io.github.tfwsam.graph.GradientFlow;
import io.github.tfwsam.graph.Gradients;
import io.github.tfwsam.graph.LossGraph;
import io.github.tfwsam.graph.TrainableVariable;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TNumber;

/** A loss as a function of its trainable variables: where they are, and elsewhere. */
final class Landscape {
  private final Ops tf;
  private final LossGraph lossGraph;
  private final List<TrainableVariable> variables;
  private ForwardSlice slice;

  /** The loss at some values of the variables, and what it is differentiated with respect to. */
  record Point(Output<? extends TNumber> loss, List<List<Output<?>>> values) {
    List<Output<?>> gradients(Ops tf, String name) {
      return Gradients.add(tf, loss, values, name);
    }
  }

  private Landscape(Ops tf, LossGraph lossGraph, List<TrainableVariable> variables) {
    this.tf = tf;
    this.lossGraph = lossGraph;
    this.variables = variables;
  }

  /**
   * Finds the variables of a loss.
   *
   * @param graph the graph of the loss
   * @param name the name scope of all that is built
   * @param result the name of one operation that will be built in it
   * @throws IllegalArgumentException if the loss is no real scalar of this graph, cannot be
   *     differentiated, or depends on no trainable variable
   */
  static Landscape of(
      Graph graph, String name, String result, Operand<?> loss, Predicate<String> trainable) {
    Ops tf = newScope(graph, name, result);
    LossGraph lossGraph = LossGraph.of(graph, loss.asOutput()).differentiable(tf);
    List<TrainableVariable> variables = GradientFlow.trace(lossGraph, trainable);
    if (variables.isEmpty()) {
      throw new IllegalArgumentException(
          "The loss '"
              + loss.op().name()
              + "' depends on no trainable variable: no gradient flows from it to a variable that"
              + " the filter of trainable variables admits.");
    }
    return new Landscape(tf, lossGraph, variables);
  }

  /** A name scope that nothing in the graph uses, not even what was imported into it. */
  private static Ops newScope(Graph graph, String name, String result) {
    while (true) {
      Ops scope = Ops.create(graph).withSubScope(name);
      String any = scope.scope().makeOpName("any");
      if (graph.operation(any.substring(0, any.length() - "any".length()) + result) == null) {
        return scope;
      }
    }
  }

  Ops tf() {
    return tf;
  }

  List<TrainableVariable> variables() {
    return variables;
  }

  /** The values of the variables. */
  List<Output<?>> w() {
    return variables.stream().<Output<?>>map(variable -> variable.reads().get(0)).toList();
  }

  Point here() {
    return new Point(lossGraph.loss(), variables.stream().map(TrainableVariable::reads).toList());
  }

  /** The same batch, the same random numbers, other values. */
  Point at(List<? extends Operand<?>> values, String name) {
    if (slice == null) {
      slice = ForwardSlice.between(variables, lossGraph);
    }
    List<Output<?>> cut =
        values.stream().<Output<?>>map(value -> tf.stopGradient(value).asOutput()).toList();
    Map<Output<?>, Output<?>> replacements = new HashMap<>();
    for (int i = 0; i < cut.size(); i++) {
      Output<?> value = cut.get(i);
      variables.get(i).reads().forEach(read -> replacements.put(read, value));
    }
    return new Point(
        slice.copy(tf, replacements, name).loss(),
        cut.stream().<List<Output<?>>>map(List::of).toList());
  }
}
