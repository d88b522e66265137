package io.github.tfwsam.update;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.SwitchCond;
import org.tensorflow.types.TBool;
import org.tensorflow.types.family.TType;

/**
 * Stands between what a step reads and what it writes: nothing passes before all of the reading is
 * done, and nothing passes at all if the step is not to be taken.
 *
 * <p>In TensorFlow an operation whose input never comes does not run ({@code Switch}), so what
 * depends on a gradient behind the gate, by data or by control, needs no condition of its own.
 */
public final class Gate {
  private final Ops tf;
  private final Op fence;
  private final Optional<Operand<TBool>> open;

  private Gate(Ops tf, Op fence, Optional<Operand<TBool>> open) {
    this.tf = tf;
    this.fence = fence;
    this.open = open;
  }

  /**
   * Builds a gate.
   *
   * @param tf where to build
   * @param reading what must be done before anything is written
   * @param open whether the step is taken; always, if empty
   * @return the gate
   */
  public static Gate build(Ops tf, List<Op> reading, Optional<Operand<TBool>> open) {
    return new Gate(tf, tf.withControlDependencies(reading).withName("fence").noOp(), open);
  }

  /**
   * Puts a gradient behind the gate.
   *
   * @param gradient a gradient
   * @param <T> its type
   * @return the same gradient, there only when and if the step may write
   */
  public <T extends TType> Output<T> pass(Output<T> gradient) {
    Ops behind = tf.withControlDependencies(fence);
    // A control edge from the Switch itself would run either way; one from the Identity does not.
    return open.map(o -> tf.identity(behind.switchCond(gradient, o).outputTrue()))
        .orElseGet(() -> behind.identity(gradient))
        .asOutput();
  }

  /**
   * Ends the step.
   *
   * @param writes all that the step writes
   * @return what is done when they are, or when the gate is found closed
   */
  public List<Op> end(List<? extends Operation> writes) {
    if (open.isEmpty()) {
      return writes.stream().<Op>map(write -> () -> write).toList();
    }
    SwitchCond<TBool> decision =
        tf.withControlDependencies(fence).switchCond(open.get(), open.get());
    Operand<TBool> written =
        tf.withControlDependencyOps(new ArrayList<>(writes)).identity(decision.outputTrue());
    return List.of(tf.merge(List.of(written, decision.outputFalse())));
  }
}
