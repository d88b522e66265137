package io.github.tfwsam.graph;

import static org.tensorflow.internal.c_api.global.tensorflow.TFJ_HasGradient;

import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;

/**
 * What TensorFlow's native gradients (tensorflow/cc/gradients, 2.16.2) cannot do: op types without
 * a gradient, those that abort the process, and those whose gradient is silently wrong for some
 * attributes. Each refusal is a sentence with a way out.
 */
final class GradientRegistry {
  /** Registered with no gradient: nothing flows on to their inputs. */
  private static final Set<String> STOPS =
      Set.of(
          "ApproximateEqual",
          "BroadcastGradientArgs",
          "ConcatOffset",
          "Const",
          "EditDistance",
          "Equal",
          "Floor",
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
          "Rank",
          "Shape",
          "ShapeN",
          "Size",
          "StopGradient",
          "ZerosLike");

  /**
   * Their gradients make an attribute of the type of an input: with a reference type that aborts
   * the process, or fails.
   */
  private static final Set<String> NOT_OF_A_REFERENCE =
      Set.of(
          "Acos",
          "Asin",
          "Atan",
          "Atanh",
          "BatchMatMul",
          "BatchMatMulV2",
          "BatchMatMulV3",
          "Log1p",
          "Pow",
          "Sign",
          "Square");

  /** They run in frames or functions that the native code aborts on, or fails on when run. */
  private static final Set<String> CONTROL_FLOW =
      Set.of(
          "Case",
          "Enter",
          "Exit",
          "If",
          "LoopCond",
          "Merge",
          "NextIteration",
          "PartitionedCall",
          "RefEnter",
          "RefExit",
          "RefMerge",
          "RefNextIteration",
          "RefSwitch",
          "RemoteCall",
          "StatefulPartitionedCall",
          "StatelessCase",
          "StatelessIf",
          "StatelessWhile",
          "Switch",
          "SymbolicGradient",
          "While");

  /** The ways around the missing gradients that networks meet most. */
  private static final Map<String, String> REPLACEMENTS =
      Map.ofEntries(
          Map.entry(
              "SparseSoftmaxCrossEntropyWithLogits",
              "use tf.nn.softmaxCrossEntropyWithLogits with tf.oneHot labels"),
          Map.entry("IdentityN", "use tf.identity on each tensor"),
          Map.entry("Gather", "use tf.gather"),
          Map.entry("ResourceGather", "read the variable and use tf.gather"),
          Map.entry("Conv3D", "use tf.nn.conv2d on slices"),
          Map.entry("FusedBatchNorm", "use tf.nn.fusedBatchNorm, which makes FusedBatchNormV3"),
          Map.entry("FusedBatchNormV2", "use tf.nn.fusedBatchNorm, which makes FusedBatchNormV3"),
          Map.entry("EnsureShape", "leave it out, or use tf.reshape"),
          Map.entry("PlaceholderWithDefault", "use tf.placeholder"),
          Map.entry("MulNoNan", "use tf.math.mul"),
          Map.entry("Xdivy", "use tf.math.divNoNan"),
          Map.entry("Xlogy", "use tf.math.mul and tf.math.log"),
          Map.entry("Erfc", "use 1 - tf.math.erf"),
          Map.entry("SegmentSumV2", "use tf.math.unsortedSegmentSum"),
          Map.entry(
              "TopKV2", "use tf.gatherNd with the indices it gives, stopped by tf.stopGradient"));

  private GradientRegistry() {}

  /** True of an op type that passes no gradient on, so that nothing before it is differentiated. */
  static boolean stopsGradient(String type) {
    return STOPS.contains(type);
  }

  /**
   * Why an operation cannot be differentiated, and the way out.
   *
   * @param node the operation
   * @param inputs the indices of the inputs that a gradient is wanted for
   * @param outputs the indices of the outputs that a gradient comes to
   * @return a sentence without its subject; empty if TensorFlow's gradient is right
   */
  static Optional<String> refusal(Node node, BitSet inputs, BitSet outputs) {
    String type = node.type();
    if (CONTROL_FLOW.contains(type)) {
      return Optional.of(
          "no gradient goes through loops, conditions and function calls here. Unroll the loop, use"
              + " tf.select for the condition, or build the function's operations into the graph.");
    }
    if (!TFJ_HasGradient(type)) {
      String replacement =
          REPLACEMENTS.getOrDefault(
              type, "build the same of other ops, or cut the gradient with tf.stopGradient");
      return Optional.of(
          "TensorFlow's C API has no gradient for " + type + ". Instead, " + replacement + ".");
    }
    if (NOT_OF_A_REFERENCE.contains(type)
        && node.inputs().stream().anyMatch(Operations::isReference)) {
      return Optional.of(
          "its gradient would abort the process where a variable is its input. Read the variable"
              + " through tf.identity first.");
    }
    return wrongGradient(node, inputs, outputs).map(reason -> "its gradient is wrong " + reason);
  }

  private static Optional<String> wrongGradient(Node node, BitSet inputs, BitSet outputs) {
    return Optional.ofNullable(
        switch (node.type()) {
          case "Conv2D" -> ofConvolution(node);
          case "MaxPool", "MaxPoolV2" ->
              attribute(node, "padding").getS().toStringUtf8().equals("EXPLICIT")
                  ? "with EXPLICIT padding. Pad with tf.pad first, and pool with VALID."
                  : null;
          case "LRN" -> hasDefaults(node) ? null : "unless all its attributes have their defaults.";
          case "LogSoftmax" ->
              node.inputs().get(0).shape().numDimensions() == 2
                  ? null
                  : "unless its input is known to be a matrix. Reshape the logits to [-1, classes],"
                      + " and back.";
          case "SoftmaxCrossEntropyWithLogits" -> ofCrossEntropy(node, outputs);
          case "FusedBatchNormV3" ->
              outputs.length() > 1
                  ? "with respect to the mean and variance that it returns. Compute them with"
                      + " tf.math.mean, or stop them with tf.stopGradient."
                  : inputs.length() > 3
                      ? "for the mean and variance that it takes. Stop them with tf.stopGradient."
                      : null;
          default -> null;
        });
  }

  private static String ofConvolution(Node node) {
    if (attribute(node, "dilations").getList().getIList().stream().anyMatch(d -> d != 1)) {
      return "with dilations. Use tf.spaceToBatchNd, an undilated convolution and"
          + " tf.batchToSpaceNd.";
    }
    if (attribute(node, "padding").getS().toStringUtf8().equals("EXPLICIT")) {
      return "with EXPLICIT padding. Pad with tf.pad first, and convolve with VALID.";
    }
    Shape input = node.inputs().get(0).shape();
    Shape filter = node.inputs().get(1).shape();
    if (input.numDimensions() != 4 || filter.numDimensions() != 4) {
      return null;
    }
    boolean channelsFirst = attribute(node, "data_format").getS().toStringUtf8().equals("NCHW");
    long channels = input.get(channelsFirst ? 1 : 3);
    long perGroup = filter.get(2);
    return channels != Shape.UNKNOWN_SIZE && perGroup != Shape.UNKNOWN_SIZE && channels != perGroup
        ? "with groups (here of "
            + perGroup
            + " channels of "
            + channels
            + "). Split the channels"
            + " with tf.split, convolve each group, and join them with tf.concat."
        : null;
  }

  private static String ofCrossEntropy(Node node, BitSet outputs) {
    if (outputs.get(1)) {
      return "with respect to its second output. Use its first output, the loss.";
    }
    return attribute(node, "T").getType() == DataType.DT_FLOAT
        ? null
        : "in other types than float32. Use -tf.reduceSum(labels * tf.nn.logSoftmax(logits), 1).";
  }

  private static boolean hasDefaults(Node node) {
    return Operations.definition(node.type()).getAttrList().stream()
        .filter(definition -> definition.hasDefaultValue())
        .filter(
            definition ->
                List.of("depth_radius", "bias", "alpha", "beta").contains(definition.getName()))
        .allMatch(
            definition ->
                attribute(node, definition.getName()).equals(definition.getDefaultValue()));
  }

  private static AttrValue attribute(Node node, String name) {
    return Operations.nodeDef(node.operation()).getAttrOrThrow(name);
  }
}
