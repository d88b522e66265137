package io.github.tfwsam.graph;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TNumber;

/**
 * The operations whose result changes when the values of some variables do: all that must be
 * computed again to know the loss at other values. Whatever does not depend on those values (the
 * batch, a dropout mask, a shape) is left out, so a copy of the slice shares it with the original.
 *
 * <p>Also left out is what writes (an update of batch-norm averages): it happens once, with the
 * original.
 */
public final class ForwardSlice {
  /** These tell of their input its shape alone. */
  private static final Set<String> SHAPE_ONLY =
      Set.of("Shape", "ShapeN", "Size", "Rank", "ZerosLike", "OnesLike", "BroadcastGradientArgs");

  /** The shape of their outputs depends on the values of a floating-point or boolean input. */
  private static final Set<String> DATA_DEPENDENT_SHAPE =
      Set.of(
          "Where",
          "Range",
          "RaggedRange",
          "PartitionedCall",
          "Unique",
          "UniqueV2",
          "UniqueWithCounts",
          "UniqueWithCountsV2",
          "ListDiff",
          "NonMaxSuppression",
          "NonMaxSuppressionV2",
          "NonMaxSuppressionV3",
          "NonMaxSuppressionV4",
          "NonMaxSuppressionV5",
          "NonMaxSuppressionWithOverlaps",
          "CombinedNonMaxSuppression",
          "CTCGreedyDecoder",
          "CTCBeamSearchDecoder");

  /** Their inputs run in frames of their own: one operation of a loop cannot be copied alone. */
  private static final Set<String> CONTROL_FLOW =
      Set.of(
          "Enter",
          "Exit",
          "NextIteration",
          "Merge",
          "Switch",
          "LoopCond",
          "RefEnter",
          "RefExit",
          "RefNextIteration",
          "RefMerge",
          "RefSwitch");

  private final LossGraph lossGraph;
  private final Set<GraphOperation> sources = new HashSet<>();
  private final Set<GraphOperation> valueDependent = new HashSet<>();
  private final Set<GraphOperation> shapeDependent = new HashSet<>();
  private final List<Node> slice = new ArrayList<>();

  private ForwardSlice(LossGraph lossGraph) {
    this.lossGraph = lossGraph;
  }

  /**
   * The slice between some values and a loss.
   *
   * @param lossGraph the operations of the loss
   * @param variables the variables whose values are to change
   * @return the operations that depend on these values
   * @throws IllegalArgumentException if one of them cannot be computed a second time: it names the
   *     operation, its type, and a way out
   */
  public static ForwardSlice between(Collection<TrainableVariable> variables, LossGraph lossGraph) {
    refuseWhatWrites(variables, lossGraph);
    var slice = new ForwardSlice(lossGraph);
    for (TrainableVariable variable : variables) {
      variable.reads().forEach(read -> slice.sources.add(Node.operation(read)));
    }
    lossGraph.nodes().forEach(slice::visit);
    return slice;
  }

  /** Where a pass itself writes a variable, its reads have several values, not one to replace. */
  private static void refuseWhatWrites(
      Collection<TrainableVariable> variables, LossGraph lossGraph) {
    Set<Output<?>> handles = new HashSet<>();
    variables.forEach(variable -> handles.add(variable.handle()));
    for (Node node : Node.allAncestors(List.of(Node.operation(lossGraph.loss())), Set.of())) {
      if (Operations.writes(node.type()) && handles.contains(node.inputs().get(0))) {
        throw new IllegalArgumentException(
            "The loss cannot be computed a second time: "
                + Operations.describe(node.operation())
                + " writes the trained variable '"
                + node.inputs().get(0).op().name()
                + "' on the way to it. Leave that out (spectral normalization, clipping of weights),"
                + " or exclude the variable from the perturbed ones.");
      }
    }
  }

  private void visit(Node node) {
    GraphOperation operation = node.operation();
    if (sources.contains(operation)) {
      valueDependent.add(operation);
      return;
    }
    boolean shapesDiffer = node.isFedByAny(shapeDependent);
    boolean valuesDiffer =
        SHAPE_ONLY.contains(node.type()) ? shapesDiffer : node.isFedByAny(valueDependent);
    if (!valuesDiffer || Operations.writes(node.type())) {
      return;
    }
    refuseWhatCannotRunTwice(node);
    valueDependent.add(operation);
    slice.add(node);
    if ((shapesDiffer || shapesFollowData(node)) && !hasStaticShapes(operation)) {
      shapeDependent.add(operation);
    }
  }

  private static void refuseWhatCannotRunTwice(Node node) {
    String reason = null;
    if (Operations.isRandom(node.type())) {
      reason =
          "draws random numbers whose shape or distribution depends on a trained variable, so that"
              + " two passes cannot share them. Use a stateless random op with a fixed seed, or cut"
              + " the dependence with tf.stopGradient on a value read outside the loss.";
    } else if (CONTROL_FLOW.contains(node.type())) {
      reason = "is part of a v1 loop or condition. Unroll the loop, or use tf.select.";
    } else if (node.type().equals("StatefulPartitionedCall")) {
      reason = "calls a function that may write or draw random numbers. Flatten the call.";
    }
    if (reason != null) {
      throw new IllegalArgumentException(
          "The loss cannot be computed a second time: "
              + Operations.describe(node.operation())
              + " "
              + reason);
    }
  }

  /** True where values that differ can make shapes differ: they are used as indices or sizes. */
  private boolean shapesFollowData(Node node) {
    return DATA_DEPENDENT_SHAPE.contains(node.type())
        || node.inputs().stream()
            .anyMatch(
                input ->
                    valueDependent.contains(Node.operation(input))
                        && !lossGraph.types().isRealFloating(input));
  }

  private static boolean hasStaticShapes(GraphOperation operation) {
    return IntStream.range(0, operation.numOutputs())
        .mapToObj(i -> operation.output(i).shape())
        .noneMatch(shape -> shape.isUnknown() || shape.hasUnknownDimension());
  }

  /**
   * Computes the loss once more, at other values.
   *
   * <p>If one of the values is wider than what it replaces (float32 for float16 or bfloat16), the
   * whole copy is computed in float32.
   *
   * @param tf where casts are built
   * @param replacements for each read of the variables the value that takes its place
   * @param name the name scope of the copy, below that of {@code tf}; in it, names are the
   *     original's
   * @return the pass at the replaced values
   */
  public PassCopy copy(Ops tf, Map<Output<?>, Output<?>> replacements, String name) {
    boolean widen =
        replacements.entrySet().stream()
            .anyMatch(e -> Operations.valueType(e.getKey()) != e.getValue().dataType());
    return new Copy(tf, replacements, tf.scope().makeOpName(name), widen).pass();
  }

  @SuppressWarnings("unchecked") // The loss is a real number, and so is its copy.
  private static Output<? extends TNumber> number(Output<?> loss) {
    return (Output<? extends TNumber>) loss;
  }

  private final class Copy {
    private final Ops tf;
    private final String prefix;
    private final boolean widen;
    private final OperationCopier copier;
    private final Map<GraphOperation, GraphOperation> copies = new HashMap<>();
    private final Map<Output<?>, Output<?>> values;

    Copy(Ops tf, Map<Output<?>, Output<?>> replacements, String prefix, boolean widen) {
      this.tf = tf;
      this.prefix = prefix;
      this.widen = widen;
      this.values = new HashMap<>(replacements);
      this.copier =
          widen
              ? new OperationCopier((Graph) tf.scope().env(), Copy::widened)
              : new OperationCopier((Graph) tf.scope().env());
    }

    PassCopy pass() {
      Map<Output<?>, Output<?>> originals = new HashMap<>();
      for (Node node : slice) {
        GraphOperation original = node.operation();
        List<Output<?>> inputs = node.inputs().stream().<Output<?>>map(this::value).toList();
        List<Operation> controlInputs =
            Node.controlInputs(original).stream()
                .<Operation>map(control -> copies.getOrDefault(control, control))
                .toList();
        GraphOperation copy =
            copier.copy(original, prefix + "/" + original.name(), inputs, controlInputs);
        copies.put(original, copy);
        // A widened output is of another type, and what is taken for its shape must be of the same.
        if (!widen && !shapeDependent.contains(original)) {
          for (int i = 0; i < original.numOutputs(); i++) {
            originals.put(copy.output(i), original.output(i));
          }
        }
      }
      return new PassCopy(number(value(lossGraph.loss())), originals);
    }

    /** What stands for an output of the original in the copy. */
    private Output<?> value(Output<?> output) {
      GraphOperation copy = copies.get(Node.operation(output));
      return copy != null
          ? copy.output(output.index())
          : values.computeIfAbsent(output, o -> widen && isNarrow(o.dataType()) ? cast(o) : o);
    }

    private Output<?> cast(Output<?> output) {
      return tf.dtypes.cast(output, TFloat32.class).asOutput();
    }

    private static boolean isNarrow(DataType type) {
      return type == DataType.DT_HALF || type == DataType.DT_BFLOAT16;
    }

    private static AttrValue widened(AttrValue attribute) {
      if (isNarrow(attribute.getType())) {
        return attribute.toBuilder().setType(DataType.DT_FLOAT).build();
      }
      if (attribute.getList().getTypeList().stream().noneMatch(Copy::isNarrow)) {
        return attribute;
      }
      var list = attribute.getList().toBuilder().clearType();
      attribute.getList().getTypeList().stream()
          .map(type -> isNarrow(type) ? DataType.DT_FLOAT : type)
          .forEach(list::addType);
      return AttrValue.newBuilder().setList(list).build();
    }
  }
}
