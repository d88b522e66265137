package io.github.tfwsam;

import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.AssignAdd;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TInt64;

/** Counts the steps of an optimizer in a variable of the graph, for schedules. */
final class StepCounter {
  private static final String NAME = "steps";

  private Variable<TInt64> steps;

  /** The number of steps taken before; the variable is made when it is first asked for. */
  Operand<TInt64> step(Ops tf) {
    if (steps == null) {
      steps = tf.withName(NAME).variable(Shape.scalar(), TInt64.class);
      Ops init = tf.withInitScope();
      init.assign(steps, init.constant(0L));
    }
    return tf.identity(steps);
  }

  /** True if something in the graph depends on the count. */
  boolean isUsed() {
    return steps != null;
  }

  /** Counts a step. */
  Operation count(Ops tf) {
    return tf.assignAdd(steps, tf.constant(1L), AssignAdd.useLocking(true)).op();
  }
}
