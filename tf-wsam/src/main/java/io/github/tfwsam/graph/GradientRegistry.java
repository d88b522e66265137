package io.github.tfwsam.graph;

import static org.tensorflow.internal.c_api.global.tensorflow.TFJ_HasGradient;

import java.util.BitSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What TensorFlow's C API can differentiate. The native code aborts the process, or returns a wrong
 * gradient without a word, in cases that only its sources tell; here each has a name and a way out.
 */
final class GradientRegistry {
  /** Registered natively with no gradient, or of a derivative that is zero wherever it exists. */
  private static final Set<String> STOPPING =
      Set.of(
          "ApproximateEqual",
          "BroadcastGradientArgs",
          "ConcatOffset",
          "Const",
          "DeleteSessionTensor",
          "EditDistance",
          "Equal",
          "Floor",
          "GetSessionHandle",
          "GetSessionHandleV2",
          "GetSessionTensor",
          "Greater",
          "GreaterEqual",
          "InvertPermutation",
          "Less",
          "LessEqual",
          "LogicalAnd",
          "LogicalNot",
          "LogicalOr",
          "NonMaxSuppression",
          "NonMaxSuppressionV2",
          "NonMaxSuppressionV3",
          "NonMaxSuppressionV4",
          "NonMaxSuppressionV5",
          "NotEqual",
          "OneHot",
          "QueueClose",
          "QueueDequeue",
          "QueueDequeueMany",
          "QueueDequeueUpTo",
          "QueueEnqueue",
          "QueueEnqueueMany",
          "QueueSize",
          "Rank",
          "Shape",
          "ShapeN",
          "Size",
          "Stack",
          "StackClose",
          "StackPop",
          "StackPush",
          "StopGradient",
          "ZerosLike");

  private static final String FLATTEN =
      "inline the function: build its operations in the graph itself";

  /** What to use instead of the ops without a gradient that models are made of. */
  private static final Map<String, String> REPLACEMENTS =
      Map.ofEntries(
          Map.entry(
              "SparseSoftmaxCrossEntropyWithLogits",
              "use tf.nn.softmaxCrossEntropyWithLogits on tf.oneHot of the labels"),
          Map.entry("ResourceGather", "read the whole variable and use tf.gather"),
          Map.entry("ResourceGatherNd", "read the whole variable and use tf.gatherNd"),
          Map.entry("Gather", "use tf.gather, which is GatherV2"),
          Map.entry("IdentityN", "use tf.identity on each tensor"),
          Map.entry("If", FLATTEN + ", and choose with tf.select"),
          Map.entry("StatelessIf", FLATTEN + ", and choose with tf.select"),
          Map.entry("Case", FLATTEN + ", and choose with tf.select"),
          Map.entry("Merge", "choose with tf.select"),
          Map.entry("Exit", "unroll the loop"),
          Map.entry("While", "unroll the loop"),
          Map.entry("StatelessWhile", "unroll the loop"),
          Map.entry("PlaceholderWithDefault", "use tf.placeholder"),
          Map.entry("EnsureShape", "leave it out, or use tf.reshape"),
          Map.entry("MulNoNan", "use tf.math.mul"),
          Map.entry("Erfc", "use 1 - tf.math.erf"),
          Map.entry("SegmentSumV2", "use tf.math.unsortedSegmentSum"),
          Map.entry("FusedBatchNorm", "use tf.nn.fusedBatchNorm, which is FusedBatchNormV3"),
          Map.entry("FusedBatchNormV2", "use tf.nn.fusedBatchNorm, which is FusedBatchNormV3"));

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
   * Tells why a gradient cannot be sent back through an operation.
   *
   * @param node the operation
   * @param inputs the inputs that the gradient is for
   * @param outputs the outputs that a gradient arrives at
   * @return the reason and the way out; empty if the gradient will be right
   */
  static Optional<String> refusal(Node node, BitSet inputs, BitSet outputs) {
    if (node.type().equals("PartitionedCall") || node.type().equals("StatefulPartitionedCall")) {
      return Optional.of("calls a function, and its gradient fails when run: " + FLATTEN + ".");
    }
    if (!TFJ_HasGradient(node.type())) {
      return Optional.of(
          "has no gradient in TensorFlow's C API: "
              + REPLACEMENTS.getOrDefault(
                  node.type(),
                  "build it from ops that have one, register one with"
                      + " TensorFlow.registerCustomGradient, or cut the gradient at it with tf.stopGradient")
              + ".");
    }
    return GradientRules.refusal(node, inputs, outputs);
  }
}
