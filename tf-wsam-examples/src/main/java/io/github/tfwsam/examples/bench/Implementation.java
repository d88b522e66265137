package io.github.tfwsam.examples.bench;

import java.util.List;
import org.tensorflow.Output;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;

/** A way to do the optimizer's work. */
interface Implementation {
  /** Its name in the results. */
  String name();

  /**
   * Builds the work once.
   *
   * @param tf where to build; its control dependencies come before the work
   * @param work what to do
   * @param tensors what to do it on
   * @return what is left when the work is done
   */
  Done build(Ops tf, Work work, Tensors tensors);

  /**
   * Finished work.
   *
   * @param results the new tensors
   * @param writes the writes in place
   */
  record Done(List<Output<?>> results, List<? extends Op> writes) {
    static Done with(List<Output<?>> results) {
      return new Done(results, List.of());
    }

    static Done in(List<? extends Op> writes) {
      return new Done(List.of(), writes);
    }
  }

  /**
   * Makes one op of finished work, which runs when all of it is done, and needs all of it.
   *
   * <p>What an op computes must be wanted by somebody, or TensorFlow does not run the op; and
   * Grappler removes one that is wanted by a control dependency only. Without Grappler it would
   * run, but stock ops are to be measured as in training, with what Grappler makes of them. So new
   * tensors become the data of an {@code Assert}, which would print them if its condition were
   * false: an op that is never removed, takes all tensors at once, and looks at none of them. It is
   * one op for stock and fused alike, and it lets go of the tensors when it has run.
   */
  static Op end(Ops tf, Done done) {
    Ops after = tf.withControlDependencies(List.copyOf(done.writes));
    return done.results.isEmpty()
        ? after.noOp()
        : after.assertThat(tf.constant(true), List.copyOf(done.results));
  }
}
