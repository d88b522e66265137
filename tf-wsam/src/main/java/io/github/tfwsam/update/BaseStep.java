package io.github.tfwsam.update;

import io.github.tfwsam.graph.Node;
import io.github.tfwsam.graph.OperationCopier;
import io.github.tfwsam.graph.Operations;
import io.github.tfwsam.graph.WriteOrder;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Output;
import org.tensorflow.framework.optimizers.Optimizer;
import org.tensorflow.framework.optimizers.Optimizer.GradAndVar;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TInt64;

/**
 * The step of a base optimizer, every write of which comes after the gradients it was given, and in
 * one fixed order.
 *
 * <p>Some optimizers of tensorflow-framework write without waiting for a gradient: Adam and Adamax
 * advance {@code beta1_power} while the updates that read it may still run, Nadam multiplies up its
 * momentum schedule at once, AdaGradDA counts each step twice, at any moment. Such writes are built
 * again in their place: what the rest of the step uses as soon as the gradients are there, what
 * only the next step uses after all else.
 *
 * <p>Where the step is one that {@link UpdateOps#fuse} knows, a fused operation takes the place of
 * those of all its variables. An operation of a graph cannot be changed or removed, so those
 * replaced stay behind; nothing runs them.
 */
public final class BaseStep {
  private static final String ADAGRAD_DA = "ApplyAdagradDA";

  /** The place of {@code global_step} among the inputs of {@code ApplyAdagradDA}. */
  private static final int ADAGRAD_DA_STEP = 7;

  private final Ops tf;
  private final OperationCopier copier;
  private final Map<GraphOperation, GraphOperation> copies = new HashMap<>();
  private final Map<Output<?>, Output<?>> countedSteps = new HashMap<>();
  private final Set<Output<?>> fused = new LinkedHashSet<>();
  private final Set<GraphOperation> writes = new LinkedHashSet<>();

  private BaseStep(Ops tf) {
    this.tf = tf;
    this.copier = new OperationCopier((Graph) tf.scope().env());
  }

  /**
   * Lets the base optimizer build its step, puts its writes in order, and fuses what can be fused.
   *
   * @param tf where what must be built again is built
   * @param base the optimizer
   * @param gradientsAndVariables what it steps with; nothing is written before these gradients are
   *     there, so a fence put before them is before the whole step
   * @param name the name of the operation with which the base optimizer ends its step
   * @param update what fuses
   * @param fusible what the gradients were made of, for those variables whose gradient is just that
   * @return the step
   * @throws IllegalArgumentException if the optimizer's reads and writes cannot be put in order
   */
  public static BaseStep build(
      Ops tf,
      Optimizer base,
      List<GradAndVar<?>> gradientsAndVariables,
      String name,
      UpdateOps update,
      Optional<TwoGradients> fusible) {
    Op end = base.applyGradients(new BehindOneGate(gradientsAndVariables), name);
    Map<Output<?>, Output<?>> gradientOf = new HashMap<>();
    gradientsAndVariables.forEach(pair -> gradientOf.put(pair.getVariable(), pair.getGradient()));
    Set<GraphOperation> gradients = new HashSet<>();
    gradientOf.values().forEach(gradient -> gradients.add(Node.operation(gradient)));
    List<Node> nodes =
        Node.allAncestors(List.of((GraphOperation) end.op()), gradients).stream()
            .filter(node -> !gradients.contains(node.operation()))
            .toList();

    var step = new BaseStep(tf);
    fusible.ifPresent(two -> step.fuse(nodes, gradientOf, update, two));
    step.order(nodes, gradients);

    Set<GraphOperation> given = new HashSet<>(gradients);
    fusible.map(TwoGradients::operations).ifPresent(given::addAll);
    List<String> races = WriteOrder.violations(step.writes, given);
    if (!races.isEmpty()) {
      throw new IllegalArgumentException(
          "The base optimizer "
              + base.getOptimizerName()
              + " has a race, so that its steps differ from run to run: "
              + races.get(0)
              + ". Use another base optimizer.");
    }
    return step;
  }

  /**
   * What writes the new values.
   *
   * @return the operations that write variables and slots; the step is done when all are
   */
  public List<GraphOperation> writes() {
    return List.copyOf(writes);
  }

  /**
   * What was fused: in the decoupled form these variables have taken the decoupled step as well.
   *
   * @return the handles of variables
   */
  public Set<Output<?>> fused() {
    return Collections.unmodifiableSet(fused);
  }

  private void fuse(
      List<Node> nodes,
      Map<Output<?>, Output<?>> gradientOf,
      UpdateOps update,
      TwoGradients fusible) {
    Map<Output<?>, Output<?>> given = new HashMap<>(gradientOf);
    given.keySet().retainAll(fusible.variables());
    List<ApplyStep> steps = ApplyStep.among(nodes, given);
    if (steps.isEmpty()) {
      return;
    }
    copies.putAll(update.fuse(tf, steps, fusible));
    steps.stream()
        .filter(step -> copies.keySet().containsAll(step.operations()))
        .forEach(step -> fused.add(step.variable()));
  }

  private void order(List<Node> nodes, Set<GraphOperation> gradients) {
    Set<GraphOperation> waiting = new HashSet<>(gradients);
    Set<GraphOperation> used = new HashSet<>();
    for (Node node : nodes) {
      node.inputs().forEach(input -> used.add(Node.operation(input)));
      if (comesAfterAny(waiting, node)) {
        waiting.add(node.operation());
      }
    }
    List<Node> late = new ArrayList<>();
    for (Node node : nodes) {
      GraphOperation operation = node.operation();
      boolean write = Operations.writes(node.type());
      if (copies.containsKey(operation)) {
        writes.add(copies.get(operation));
        continue;
      }
      boolean tooEarly = write && !waiting.contains(operation);
      if (tooEarly && !used.contains(operation)) {
        late.add(node);
        continue;
      }
      if (tooEarly) {
        copy(node, node.inputs(), gradients);
      } else if (node.type().equals(ADAGRAD_DA)) {
        copy(node, withCountedStep(node), List.of());
      } else if (comesAfterAny(copies.keySet(), node)) {
        copy(node, node.inputs(), List.of());
      }
      if (write) {
        writes.add(copies.getOrDefault(operation, operation));
      }
    }
    addLate(late);
  }

  private static boolean comesAfterAny(Collection<GraphOperation> operations, Node node) {
    return node.isFedByAny(operations)
        || node.controlInputs().stream().anyMatch(operations::contains);
  }

  private void addLate(List<Node> late) {
    List<GraphOperation> before = List.copyOf(writes);
    Set<Output<?>> counted = new HashSet<>();
    for (Node node : late) {
      Output<?> state = node.inputs().get(0);
      if (!countedSteps.containsKey(state) || counted.add(state)) {
        copy(node, node.inputs(), before);
        writes.add(copies.get(node.operation()));
      }
    }
  }

  private void copy(Node node, List<Output<?>> inputs, Collection<GraphOperation> alsoAfter) {
    List<Output<?>> copiedInputs =
        inputs.stream()
            .<Output<?>>map(
                input -> {
                  GraphOperation copy = copies.get(Node.operation(input));
                  return copy == null ? input : copy.output(input.index());
                })
            .toList();
    List<GraphOperation> controlInputs = new ArrayList<>(alsoAfter);
    node.controlInputs()
        .forEach(control -> controlInputs.add(copies.getOrDefault(control, control)));
    String name = tf.scope().makeOpName(node.type());
    copies.put(node.operation(), copier.copy(node.operation(), name, copiedInputs, controlInputs));
  }

  /**
   * The step number that AdaGradDA means: that of this step, from 1 (as in
   * tensorflow/python/training/adagrad_da.py), where the framework's may be any of t to t + 2.
   */
  @SuppressWarnings("unchecked") // The op's definition says int64.
  private List<Output<?>> withCountedStep(Node node) {
    List<Output<?>> inputs = new ArrayList<>(node.inputs());
    Output<?> step =
        countedSteps.computeIfAbsent(
            inputs.get(ADAGRAD_DA_STEP),
            finished -> tf.math.add((Output<TInt64>) finished, tf.constant(1L)).asOutput());
    inputs.set(ADAGRAD_DA_STEP, step);
    return inputs;
  }

  /**
   * Gradients that come all together, so that to wait for one is to wait for all.
   *
   * <p>The framework streams its list twice: for the variables, then for the gradients that every
   * op of the step waits for, a control edge for each. That takes time cubic in the number of
   * variables (51 s for 2,000); one edge is enough.
   */
  private static final class BehindOneGate extends AbstractList<GradAndVar<?>> {
    private final List<GradAndVar<?>> pairs;
    private int streams;

    BehindOneGate(List<GradAndVar<?>> pairs) {
      this.pairs = pairs;
    }

    @Override
    public Stream<GradAndVar<?>> stream() {
      return ++streams == 2 ? pairs.stream().limit(1) : pairs.stream();
    }

    @Override
    public GradAndVar<?> get(int index) {
      return pairs.get(index);
    }

    @Override
    public int size() {
      return pairs.size();
    }
  }
}
