package io.github.tfwsam.update;

import io.github.tfwsam.graph.Node;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.types.family.TNumber;

/**
 * The gradients of both passes, and what they are combined with. Lists run in parallel.
 *
 * @param variables the handles of the variables
 * @param first g1
 * @param second g2
 * @param firstFactor what clipping multiplies g1 by; empty without clipping
 * @param secondFactor what clipping multiplies g2 by; empty without clipping
 * @param alpha the weight of the sharpness, gamma / (1 - gamma)
 * @param decoupled true if the base optimizer steps with g1, false if with the blend
 */
public record TwoGradients(
    List<Output<?>> variables,
    List<Output<?>> first,
    List<Output<?>> second,
    Optional<Operand<? extends TNumber>> firstFactor,
    Optional<Operand<? extends TNumber>> secondFactor,
    Operand<? extends TNumber> alpha,
    boolean decoupled) {

  /**
   * The gradients of some of the variables.
   *
   * @param some their handles
   * @return the gradients, in the order of the handles
   */
  public TwoGradients of(List<Output<?>> some) {
    Map<Output<?>, Integer> index = new HashMap<>();
    for (int i = 0; i < variables.size(); i++) {
      index.put(variables.get(i), i);
    }
    List<Integer> indices = some.stream().map(index::get).toList();
    return at(indices);
  }

  /** The gradients at some places of the lists. */
  TwoGradients at(List<Integer> indices) {
    return new TwoGradients(
        indices.stream().<Output<?>>map(variables::get).toList(),
        indices.stream().<Output<?>>map(first::get).toList(),
        indices.stream().<Output<?>>map(second::get).toList(),
        firstFactor,
        secondFactor,
        alpha,
        decoupled);
  }

  /**
   * The same behind a gate: what needs alpha waits for the gate.
   *
   * @param gate the gate
   * @return the gradients with an alpha that is there when and if the step may write
   */
  public TwoGradients behind(Gate gate) {
    return new TwoGradients(
        variables,
        first,
        second,
        firstFactor,
        secondFactor,
        gate.pass(alpha.asOutput()),
        decoupled);
  }

  /** What computes the gradients and alpha. */
  Set<GraphOperation> operations() {
    Set<GraphOperation> operations = new HashSet<>();
    first.forEach(gradient -> operations.add(Node.operation(gradient)));
    second.forEach(gradient -> operations.add(Node.operation(gradient)));
    firstFactor.ifPresent(factor -> operations.add(Node.operation(factor.asOutput())));
    secondFactor.ifPresent(factor -> operations.add(Node.operation(factor.asOutput())));
    operations.add(Node.operation(alpha.asOutput()));
    return operations;
  }
}
