package io.github.tfwsam;

import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TNumber;

/**
 * How a step that is not finite is skipped.
 *
 * @param finite whether loss, g1 and g2 are finite
 * @param skipped whether they are not
 * @param skippedSteps the steps skipped, this one included
 * @param count writes that number into its variable
 */
record Skipping(
    Operand<TBool> finite, Operand<TBool> skipped, Operand<TInt64> skippedSteps, Op count) {

  /**
   * Builds the decision. A gradient is taken for finite if its norm is: an entry that is not makes
   * the norm not finite, and so do entries too large for their squares, with which no step can be
   * made.
   *
   * @param tf where to build
   * @param scalars the loss and the norms
   * @param reading what is done before anything is written, the count too
   */
  static Skipping build(
      Ops tf, List<? extends Operand<? extends TNumber>> scalars, List<Op> reading) {
    Operand<TBool> finite =
        scalars.stream()
            .<Operand<TBool>>map(tf.math::isFinite)
            .reduce(tf.math::logicalAnd)
            .orElseThrow();
    Operand<TBool> skipped = tf.withName("skipped").math.logicalNot(finite);
    Ops init = tf.withInitScope();
    Variable<TInt64> counter =
        init.withName("skipped_steps_counter").variable(Shape.scalar(), TInt64.class);
    init.assign(counter, tf.constant(0L));
    Operand<TInt64> skippedSteps =
        tf.withName("skipped_steps").math.add(counter, tf.dtypes.cast(skipped, TInt64.class));
    List<Op> before = new ArrayList<>(reading);
    before.add(skippedSteps);
    Op count = tf.withControlDependencies(before).assign(counter, skippedSteps);
    return new Skipping(finite, skipped, skippedSteps, count);
  }
}
