package io.github.tfwsam;

import io.github.tfwsam.update.TwoGradients;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.SwitchCond;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TNumber;
import org.tensorflow.types.family.TType;

/**
 * Which steps are perturbed: the first one, and each k-th after it. Those between are steps of the
 * base optimizer alone.
 *
 * <p>Both kinds of step are in the graph. As in v1's {@code tf.cond}, a {@code Switch} lets one of
 * two pivots come. What waits for the other one, by data or by control, does not run, and {@code
 * Merge} passes on what did.
 */
final class Interval {

  /** The pivots: each comes in the steps of its kind alone. */
  private record Pivots(Operand<TBool> perturbed, Operand<TBool> plain) {}

  private final Ops tf;
  private final Optional<Pivots> pivots;

  private Interval(Ops tf, Optional<Pivots> pivots) {
    this.tf = tf;
    this.pivots = pivots;
  }

  /** Every step is perturbed, if it has a second pass: nothing is built. */
  static Interval eachStep(Ops tf) {
    return new Interval(tf, Optional.empty());
  }

  /** Each k-th step is perturbed. */
  static Interval of(Ops tf, int k, StepCounter counter) {
    if (k == 1) {
      return eachStep(tf);
    }
    Operand<TInt64> place = tf.math.floorMod(counter.step(tf), tf.constant((long) k));
    Operand<TBool> isPerturbed = tf.math.equal(place, tf.constant(0L));
    SwitchCond<TBool> pivot = tf.switchCond(isPerturbed, isPerturbed);
    return new Interval(
        tf,
        Optional.of(
            new Pivots(
                tf.withName("perturbed_step").identity(pivot.outputTrue()),
                tf.withName("plain_step").identity(pivot.outputFalse()))));
  }

  /** Where to build what runs in perturbed steps alone, after some operations. */
  Ops perturbed(Op... after) {
    List<Op> all = new ArrayList<>(Arrays.asList(after));
    pivots.map(Pivots::perturbed).ifPresent(all::add);
    return tf.withControlDependencies(all);
  }

  /**
   * A tensor that is there in both kinds of step.
   *
   * @param ofPerturbed what it is in perturbed steps
   * @param ofPlain builds what it is in plain steps; cast, if it is of another type
   */
  <T extends TType> Output<T> merge(
      Operand<T> ofPerturbed, Function<Ops, ? extends Operand<?>> ofPlain) {
    if (pivots.isEmpty()) {
      return ofPerturbed.asOutput();
    }
    Ops plain = tf.withControlDependencies(pivots.get().plain);
    Operand<T> other = as(plain, ofPerturbed.type(), ofPlain.apply(plain));
    // Merge takes one tensor. These identities come in the steps of their kind alone, even where
    // what they pass on is there in both.
    return tf.merge(List.of(perturbed().identity(ofPerturbed), plain.identity(other))).output();
  }

  @SuppressWarnings("unchecked") // It is of that type already.
  private static <T extends TType> Operand<T> as(Ops tf, Class<T> type, Operand<?> tensor) {
    return tensor.type().equals(type) ? (Operand<T>) tensor : cast(tf, type, tensor);
  }

  @SuppressWarnings("unchecked") // Both are numbers.
  private static <T extends TType> Operand<T> cast(Ops tf, Class<T> type, Operand<?> tensor) {
    return (Operand<T>)
        tf.dtypes.cast((Operand<? extends TNumber>) tensor, (Class<? extends TNumber>) type);
  }

  /** As {@link #merge(Operand, Function)}, for lists that run in parallel. */
  List<Output<?>> merge(List<Output<?>> ofPerturbed, Function<Ops, List<Output<?>>> ofPlain) {
    if (pivots.isEmpty()) {
      return ofPerturbed;
    }
    List<Output<?>> others = ofPlain.apply(tf.withControlDependencies(pivots.get().plain));
    List<Output<?>> merged = new ArrayList<>();
    for (int i = 0; i < others.size(); i++) {
      Output<?> other = others.get(i);
      merged.add(merge(ofPerturbed.get(i), plain -> other));
    }
    return merged;
  }

  /**
   * Two gradients in both kinds of step. In plain steps the second is the first, at the weight 0,
   * which is a step by the first alone.
   */
  TwoGradients merge(TwoGradients two) {
    return new TwoGradients(
        two.variables(),
        two.first(),
        merge(two.second(), plain -> two.first()),
        two.firstFactor(),
        two.secondFactor().map(factor -> merge(factor, plain -> two.firstFactor().orElseThrow())),
        merge(two.alpha(), plain -> plain.constant(0f)),
        two.decoupled());
  }

  /** What is done when some operations that run in perturbed steps alone are, or in a plain one. */
  List<Op> done(List<Op> operations) {
    return pivots
        .map(
            p ->
                tf.merge(
                    List.of(tf.withControlDependencies(operations).identity(p.perturbed), p.plain)))
        .<List<Op>>map(List::of)
        .orElse(operations);
  }
}
