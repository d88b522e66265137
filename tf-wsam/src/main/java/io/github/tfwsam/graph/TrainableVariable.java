package io.github.tfwsam.graph;

import java.util.List;
import org.tensorflow.Output;

/** A variable of the graph that a loss can be differentiated with respect to. */
public sealed interface TrainableVariable {

  /**
   * What an optimizer's update op takes as the variable: the reference or the resource handle.
   *
   * @return the output of the variable's own operation
   */
  Output<?> handle();

  /**
   * The outputs that carry the variable's value into the loss. To evaluate the loss elsewhere,
   * every one of them is replaced; the gradient is the sum over all of them.
   *
   * @return at least one output
   */
  List<Output<?>> reads();

  /**
   * The variable's name.
   *
   * @return the name of its operation
   */
  default String name() {
    return handle().op().name();
  }

  /**
   * A {@code VariableV2}: its output is the value, read wherever it is an input.
   *
   * @param handle the output of the {@code VariableV2}
   */
  record Reference(Output<?> handle) implements TrainableVariable {
    @Override
    public List<Output<?>> reads() {
      return List.of(handle);
    }
  }

  /**
   * A {@code VarHandleOp}: the value comes out of each {@code ReadVariableOp} on its handle.
   *
   * @param handle the output of the {@code VarHandleOp}
   * @param reads the outputs of the {@code ReadVariableOp}s that the loss depends on
   */
  record Resource(Output<?> handle, List<Output<?>> reads) implements TrainableVariable {
    /**
     * Keeps an unmodifiable copy of the reads.
     *
     * @param handle the output of the {@code VarHandleOp}
     * @param reads the outputs of the {@code ReadVariableOp}s that the loss depends on
     */
    public Resource {
      reads = List.copyOf(reads);
    }
  }
}
