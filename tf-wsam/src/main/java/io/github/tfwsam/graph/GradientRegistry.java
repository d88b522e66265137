package io.github.tfwsam.graph;

import static org.tensorflow.internal.c_api.global.tensorflow.TFJ_HasGradient;

import io.github.tfwsam.gradients.MissingGradients;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What TensorFlow's C API can differentiate, with the gradients that {@link MissingGradients} adds.
 * Where it cannot, its native code aborts the process, or returns a wrong gradient without a word;
 * here each such case has a reason and a way out.
 *
 * <p>Both parts of a refusal follow the name of an operation: "has no gradient in TensorFlow's C
 * API: use tf.gather.".
 */
final class GradientRegistry {
  /**
   * Registered without a gradient function. OneHot is too, but not counted here: it does have
   * derivatives with respect to its values, and {@link GradientRules} refuses to lose them.
   */
  private static final Set<String> STOPPING =
      Set.of(
          // Comparisons, logic and steps: piecewise constant.
          "ApproximateEqual",
          "Equal",
          "Floor",
          "Greater",
          "GreaterEqual",
          "Less",
          "LessEqual",
          "LogicalAnd",
          "LogicalNot",
          "LogicalOr",
          "NotEqual",
          // Shapes, indices and other integers.
          "BroadcastGradientArgs",
          "ConcatOffset",
          "EditDistance",
          "InvertPermutation",
          "NonMaxSuppression",
          "NonMaxSuppressionV2",
          "NonMaxSuppressionV3",
          "NonMaxSuppressionV4",
          "NonMaxSuppressionV5",
          "Rank",
          "Shape",
          "ShapeN",
          "Size",
          // Values that do not depend on their input's.
          "Const",
          "StopGradient",
          "ZerosLike",
          // Queues, stacks and session handles.
          "DeleteSessionTensor",
          "GetSessionHandle",
          "GetSessionHandleV2",
          "GetSessionTensor",
          "QueueClose",
          "QueueDequeue",
          "QueueDequeueMany",
          "QueueDequeueUpTo",
          "QueueEnqueue",
          "QueueEnqueueMany",
          "QueueSize",
          "Stack",
          "StackClose",
          "StackPop",
          "StackPush");

  private static final Set<String> LOOP_ENTRIES = Set.of("Enter", "RefEnter");

  private static final String BY_HAND =
      "build it from ops that have one, register one with TensorFlow.registerCustomGradient, or put"
          + " tf.stopGradient after it to take its derivative for zero";

  /** What to use instead, for the ops without a gradient that models are made of. */
  private static final Map<String, String> REPLACEMENTS = replacements();

  private static Map<String, String> replacements() {
    Map<String, String> uses = new HashMap<>();
    uses.put("Concat", "use tf.concat, which is ConcatV2");
    uses.put(
        "PreventGradient",
        "it stands where Python gives a gradient of its own (tf.custom_gradient), which is not known"
            + " here: leave the custom gradient out, or use tf.identity");
    uses.put("SegmentSumV2", "use tf.math.unsortedSegmentSum");
    for (String loop :
        List.of(
            "While",
            "StatelessWhile",
            "TensorListFromTensor",
            "TensorListGetItem",
            "TensorListReserve",
            "TensorListSetItem",
            "TensorListStack")) {
      uses.put(loop, "unroll the loop; in Keras, make the LSTM, GRU or RNN with unroll=True");
    }
    for (String branch :
        List.of(
            "Case",
            "If",
            "Merge",
            "RefMerge",
            "RefSwitch",
            "StatelessCase",
            "StatelessIf",
            "Switch")) {
      uses.put(branch, "compute all branches in the graph and choose with tf.select");
    }
    return Map.copyOf(uses);
  }

  private GradientRegistry() {}

  /**
   * Tells whether gradients end at an op: nothing that feeds it gets one through it.
   *
   * @param type an op type
   * @return true if it is registered with no gradient
   */
  static boolean stopsGradient(String type) {
    return STOPPING.contains(type) || MissingGradients.stopsGradient(type);
  }

  /**
   * Tells whether an operation that gets a gradient rightly sends none to a floating-point input.
   * Integers never get one: not even a cast sends it to them.
   *
   * @param node the operation
   * @param input the index of an input
   * @return true if the input is none that the operation differentiates
   */
  static boolean ignores(Node node, int input) {
    return switch (node.type()) {
      case "LeakyReluGrad" -> input == 1;
      // The averages that training only updates.
      case "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3" ->
          input >= 3 && new Application(node).flag("is_training");
      // The mean and variance of the second input, which counts for them too.
      case "FusedBatchNormGradV3" -> input >= 3;
      default -> false;
    };
  }

  /**
   * Tells why an operation must not depend on a trained variable at all, be it through its shape or
   * through tf.stopGradient. The native code walks a v1 loop back whether or not a gradient comes
   * out of it, and crashes on those that it has not built itself.
   *
   * @param node an operation that depends on a trained variable, and the loss on it
   * @return the reason and the way out; empty if the operation may
   */
  static Optional<String> refusalOfDependence(Node node) {
    return LOOP_ENTRIES.contains(node.type())
        ? Optional.of(
            "carries what depends on a trained variable into a v1 loop, and gradients of such"
                + " loops crash: unroll the loop.")
        : Optional.empty();
  }

  /**
   * Tells why a gradient cannot be sent back through an operation that does not stop it.
   *
   * @param node the operation
   * @param inputs the inputs that lead on to a trained variable; none if only integers or what
   *     stops a gradient does
   * @param outputs the outputs that a gradient arrives at
   * @return the reason and the way out; empty if the gradient will be right
   */
  static Optional<String> refusal(Node node, BitSet inputs, BitSet outputs) {
    MissingGradients.register();
    Optional<String> refusal = GradientRules.refusal(new Application(node, inputs, outputs));
    if (refusal.isPresent() || TFJ_HasGradient(node.type())) {
      return refusal;
    }
    String replacement = REPLACEMENTS.get(node.type());
    return Optional.of(
        replacement == null && inputs.isEmpty()
            ? "has no gradient in TensorFlow's C API, which asks for one although only integers (a"
                + " shape, say) or tf.stopGradient lead on to a trained variable: put"
                + " tf.stopGradient after it."
            : "has no gradient in TensorFlow's C API: "
                + (replacement == null ? BY_HAND : replacement)
                + ".");
  }
}
