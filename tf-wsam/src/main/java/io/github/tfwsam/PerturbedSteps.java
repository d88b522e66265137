package io.github.tfwsam;

import io.github.tfwsam.graph.Branches;
import io.github.tfwsam.graph.Node;
import io.github.tfwsam.graph.WriteOrder;
import io.github.tfwsam.update.TwoGradients;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.SwitchCond;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TNumber;
import org.tensorflow.types.family.TType;

/**
 * Which steps are perturbed: the first one, and each k-th after it. Those between are plain steps
 * of the base optimizer.
 *
 * <p>Both kinds are in the graph. {@code Switch} lets a tensor come in the steps of one kind alone,
 * and in those of the other kind nothing runs that depends on it; {@code Merge} passes on what did
 * come. If each step is perturbed, nothing is built, and tensors pass as they are.
 *
 * <p>Tensors are switched, and not operations by control edges, so that Grappler rewrites a second
 * pass as it does where each step is perturbed: what waits for a control edge it leaves alone, and
 * bits would differ.
 */
final class PerturbedSteps {
  private final Ops tf;
  private final Optional<Operand<TBool>> isPerturbed;
  private final Map<Output<?>, SwitchCond<?>> switches = new HashMap<>();

  private PerturbedSteps(Ops tf, Optional<Operand<TBool>> isPerturbed) {
    this.tf = tf;
    this.isPerturbed = isPerturbed;
  }

  /** Each step is perturbed. */
  static PerturbedSteps none(Ops tf) {
    return new PerturbedSteps(tf, Optional.empty());
  }

  /** Each k-th step is perturbed, by the number of steps taken before. */
  static PerturbedSteps of(Ops tf, int k, StepCounter counter) {
    if (k == 1) {
      return none(tf);
    }
    Operand<TInt64> sinceLastPerturbed = tf.math.floorMod(counter.step(tf), tf.constant((long) k));
    return new PerturbedSteps(
        tf,
        Optional.of(tf.withName("perturbed_step").math.equal(sinceLastPerturbed, tf.constant(0L))));
  }

  /** A tensor in perturbed steps alone. */
  <T extends TType> Output<T> perturbed(Operand<T> tensor) {
    return isPerturbed.isEmpty() ? tensor.asOutput() : switched(tensor).outputTrue();
  }

  /** Tensors in perturbed steps alone. */
  List<Output<?>> perturbed(List<Output<?>> tensors) {
    return tensors.stream().<Output<?>>map(this::perturbed).toList();
  }

  /** Gradients in perturbed steps alone. */
  TwoGradients perturbed(TwoGradients two) {
    return new TwoGradients(
        two.variables(),
        perturbed(two.first()),
        perturbed(two.second()),
        two.firstFactor().map(this::perturbed),
        two.secondFactor().map(this::perturbed),
        perturbed(two.alpha()),
        two.decoupled());
  }

  private List<Output<?>> plain(List<Output<?>> tensors) {
    return tensors.stream().<Output<?>>map(tensor -> switched(tensor).outputFalse()).toList();
  }

  @SuppressWarnings("unchecked") // A switch is of the type of its tensor.
  private <T extends TType> SwitchCond<T> switched(Operand<T> tensor) {
    return (SwitchCond<T>)
        switches.computeIfAbsent(
            tensor.asOutput(), t -> tf.switchCond((Output<T>) t, isPerturbed.orElseThrow()));
  }

  /**
   * A tensor of perturbed steps, and in plain ones another, which is cast if it is of another type.
   * Here and below, what is of perturbed steps comes in these alone.
   */
  <T extends TType> Output<T> merge(Operand<T> ofPerturbed, Operand<?> ofPlain) {
    return isPerturbed.isEmpty()
        ? ofPerturbed.asOutput()
        : join(ofPerturbed, switched(ofPlain).outputFalse());
  }

  /** A number of perturbed steps, and in plain ones a constant. */
  <T extends TNumber> Output<T> merge(Operand<T> ofPerturbed, float ofPlain) {
    return isPerturbed.isEmpty()
        ? ofPerturbed.asOutput()
        : merge(ofPerturbed, tf.constant(ofPlain));
  }

  /** A tensor of perturbed steps, and in plain ones what is computed of others. */
  <T extends TType> Output<T> merge(
      Operand<T> ofPerturbed,
      List<Output<?>> others,
      Function<List<Output<?>>, Operand<?>> ofPlain) {
    return isPerturbed.isEmpty()
        ? ofPerturbed.asOutput()
        : join(ofPerturbed, ofPlain.apply(plain(others)));
  }

  /** Tensors of perturbed steps, and in plain ones what is computed of others. */
  List<Output<?>> merge(
      List<Output<?>> ofPerturbed, List<Output<?>> others, UnaryOperator<List<Output<?>>> ofPlain) {
    if (isPerturbed.isEmpty()) {
      return ofPerturbed;
    }
    List<Output<?>> merged = new ArrayList<>();
    for (Output<?> plain : ofPlain.apply(plain(others))) {
      merged.add(join(ofPerturbed.get(merged.size()), plain));
    }
    return merged;
  }

  @SuppressWarnings("unchecked") // What is not of the type already is a number.
  private <T extends TType> Output<T> join(Operand<T> ofPerturbed, Operand<?> ofPlain) {
    Class<T> type = ofPerturbed.type();
    Operand<T> plain =
        ofPlain.type().equals(type)
            ? (Operand<T>) ofPlain
            : (Operand<T>)
                tf.dtypes.cast(
                    (Operand<? extends TNumber>) ofPlain, (Class<? extends TNumber>) type);
    return tf.merge(List.of(ofPerturbed, plain)).output();
  }

  /**
   * What is done when some operations of perturbed steps are; in a plain step, when what they would
   * have waited for is.
   *
   * @param operations operations of perturbed steps
   * @param before what is known to be done then in either kind of step
   * @param later further operations of perturbed steps, whose writes wait for them by themselves
   */
  List<Op> done(List<Op> operations, List<? extends Op> before, Op... later) {
    if (isPerturbed.isEmpty()) {
      return operations;
    }
    List<Op> all = new ArrayList<>(operations);
    all.addAll(List.of(later));
    SwitchCond<TBool> kind = switched(isPerturbed.get());
    Operand<TBool> perturbed = tf.withControlDependencies(operations).identity(kind.outputTrue());
    Operand<TBool> plain =
        tf.withControlDependencyOps(alsoInPlainSteps(all, before)).identity(kind.outputFalse());
    return List.of(tf.merge(List.of(perturbed, plain)));
  }

  /** What reads variables for operations that do not run in plain steps, and does run itself. */
  private List<Operation> alsoInPlainSteps(List<Op> operations, List<? extends Op> before) {
    List<Node> plain =
        Branches.running(
            Node.allAncestors(operationsOf(operations), Set.of()),
            Map.of(isPerturbed.orElseThrow().asOutput(), false));
    Set<Operation> reading = new LinkedHashSet<>(WriteOrder.readers(plain));
    Node.allAncestors(operationsOf(before), Set.of())
        .forEach(node -> reading.remove(node.operation()));
    return List.copyOf(reading);
  }

  private static List<GraphOperation> operationsOf(List<? extends Op> ops) {
    return ops.stream().map(op -> (GraphOperation) op.op()).toList();
  }
}
