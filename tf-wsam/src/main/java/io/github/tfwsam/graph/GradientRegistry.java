package io.github.tfwsam.graph;

import static org.tensorflow.internal.c_api.global.tensorflow.TFJ_HasGradient;

import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What TensorFlow's C API can differentiate. Where it cannot, its native code aborts the process,
 * or returns a wrong gradient without a word; here each such case has a reason and a way out.
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
    uses.put(
        "SparseSoftmaxCrossEntropyWithLogits",
        "use tf.nn.softmaxCrossEntropyWithLogits, with tf.oneHot of the labels");
    uses.put("Gather", "use tf.gather, which is GatherV2");
    uses.put("ResourceGather", "read the whole variable and use tf.gather");
    uses.put("ResourceGatherNd", "read the whole variable and use tf.gatherNd");
    uses.put("TopKV2", "use tf.gather, with the indices of tf.nn.topK");
    uses.put("Concat", "use tf.concat, which is ConcatV2");
    uses.put("CheckNumericsV2", "leave it out, or use the op CheckNumerics");
    uses.put("ComplexAbs", "use tf.math.sqrt of the squares of tf.math.real and tf.math.imag");
    uses.put("EuclideanNorm", "use tf.math.sqrt of tf.reduceSum of the squares");
    uses.put("Erfc", "use 1 - tf.math.erf");
    uses.put("FloorMod", "use x - y * tf.math.floor(x / y)");
    uses.put("MulNoNan", "use tf.math.mul, and tf.select where the factor is 0");
    uses.put("Xlogy", "use tf.math.mul and tf.math.log, and tf.select where x is 0");
    uses.put("Xdivy", "use tf.math.divNoNan");
    uses.put("MatrixDiagV2", "multiply tf.expandDims of the diagonal by an identity matrix");
    uses.put("MatrixDiagV3", "multiply tf.expandDims of the diagonal by an identity matrix");
    uses.put("MaxPoolWithArgmax", "use tf.nn.maxPool");
    uses.put("SegmentMean", "divide tf.math.unsortedSegmentSum by the sizes of the segments");
    uses.put("SegmentSumV2", "use tf.math.unsortedSegmentSum");
    uses.put("TensorScatterAdd", "add tf.scatterNd of the updates");
    uses.put("TensorScatterSub", "subtract tf.scatterNd of the updates");
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
    uses.put(
        "PreventGradient",
        "Python gives a gradient of its own here (tf.custom_gradient), which is not known: leave"
            + " the custom gradient out");
    for (String identity :
        List.of(
            "DeepCopy",
            "EnsureShape",
            "GuaranteeConst",
            "IdentityN",
            "PlaceholderWithDefault",
            "Snapshot")) {
      uses.put(identity, "use tf.identity");
    }
    for (String diagonal : List.of("MatrixDiagPart", "MatrixDiagPartV2", "MatrixDiagPartV3")) {
      uses.put(diagonal, "use tf.linalg.einsum with ...ii->...i");
    }
    for (String batchNorm : List.of("FusedBatchNorm", "FusedBatchNormV2")) {
      uses.put(batchNorm, "use tf.nn.fusedBatchNorm, which is FusedBatchNormV3");
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
    return STOPPING.contains(type);
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
      case "FusedBatchNormV3" -> input >= 3 && new Application(node).flag("is_training");
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
    if (TFJ_HasGradient(node.type())) {
      return GradientRules.refusal(new Application(node, inputs, outputs));
    }
    return Optional.of(
        inputs.isEmpty()
            ? "has no gradient in TensorFlow's C API, which asks for one although only integers (a"
                + " shape, say) or tf.stopGradient lead on to a trained variable: put"
                + " tf.stopGradient after it."
            : "has no gradient in TensorFlow's C API: "
                + REPLACEMENTS.getOrDefault(node.type(), BY_HAND)
                + ".");
  }
}
