package io.github.tfwsam.graph;

import java.util.BitSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;

/** The configurations in which a gradient that TensorFlow has registered crashes or is wrong. */
final class GradientRules {
  /** Their gradients build a constant of the input's type, and a reference is no such type. */
  private static final Set<String> READ_THROUGH_IDENTITY =
      Set.of(
          "Acos",
          "Angle",
          "Asin",
          "Atan",
          "Atanh",
          "BatchMatMul",
          "BatchMatMulV2",
          "BatchMatMulV3",
          "Conj",
          "Imag",
          "Log1p",
          "Pow",
          "QuantizeAndDequantizeV4",
          "Real",
          "Sign",
          "Square");

  /** Their gradients take half-pixel centers for granted to be off. */
  private static final Set<String> RESIZES =
      Set.of("ResizeBilinear", "ResizeBicubic", "ResizeNearestNeighbor");

  private GradientRules() {}

  static Optional<String> refusal(Node node, BitSet inputs, BitSet outputs) {
    return Optional.ofNullable(reason(node, inputs, outputs));
  }

  private static String reason(Node node, BitSet inputs, BitSet outputs) {
    if (READ_THROUGH_IDENTITY.contains(node.type()) && takesReference(node)) {
      return "takes a variable directly, on which its gradient crashes: read the variable through"
          + " tf.identity first.";
    }
    if (RESIZES.contains(node.type()) && attributes(node).get("half_pixel_centers").getB()) {
      return "has half-pixel centers, which its gradient ignores: set halfPixelCenters to false.";
    }
    return switch (node.type()) {
      case "Conv2D" -> convolution(node);
      case "MaxPool", "MaxPoolV2" ->
          isExplicit(attributes(node))
              ? "has explicit padding, which its gradient ignores: use tf.pad and VALID padding."
              : null;
      case "FusedBatchNormV3" -> batchNorm(node, inputs, outputs);
      case "LogSoftmax" ->
          rank(node.inputs().get(0)) == 2
              ? null
              : "has a gradient that is right for logits of rank 2 alone: reshape them to [-1, classes] first.";
      case "LRN" ->
          hasDefaults(node)
              ? null
              : "has attributes other than the defaults, which its gradient ignores: build it from"
                  + " tf.nn.avgPool or tf.math ops.";
      case "SoftmaxCrossEntropyWithLogits" -> crossEntropy(node, outputs);
      default -> null;
    };
  }

  private static String convolution(Node node) {
    Map<String, AttrValue> attributes = attributes(node);
    if (attributes.get("dilations").getList().getIList().stream().anyMatch(d -> d != 1)) {
      return "is dilated, which its gradient ignores: use tf.spaceToBatchNd, an undilated"
          + " convolution, and tf.batchToSpaceNd.";
    }
    if (isExplicit(attributes)) {
      return "has explicit padding, which its gradient ignores: use tf.pad and VALID padding.";
    }
    int channelAxis = attributes.get("data_format").getS().toStringUtf8().equals("NCHW") ? 1 : 3;
    long channels = dimension(node.inputs().get(0), channelAxis);
    long filterChannels = dimension(node.inputs().get(1), 2);
    if (channels >= 0 && filterChannels >= 0 && channels != filterChannels) {
      return "is grouped, and its gradient is not: split the channels with tf.split, convolve each"
          + " group, and join them with tf.concat.";
    }
    return null;
  }

  private static String batchNorm(Node node, BitSet inputs, BitSet outputs) {
    if (outputs.nextSetBit(1) >= 0) {
      return "sends no gradient back from its mean and variance: compute those that the loss needs"
          + " with tf.nn.moments.";
    }
    if (inputs.nextSetBit(3) >= 0 && !attributes(node).get("is_training").getB()) {
      return "sends no gradient to the mean and variance that it takes: exclude them from the"
          + " trained variables, or read them through tf.stopGradient.";
    }
    return null;
  }

  private static boolean hasDefaults(Node node) {
    Map<String, AttrValue> attributes = attributes(node);
    return Operations.definition(node.type()).getAttrList().stream()
        .filter(attribute -> !attribute.getType().equals("type"))
        .allMatch(a -> attributes.get(a.getName()).equals(a.getDefaultValue()));
  }

  private static String crossEntropy(Node node, BitSet outputs) {
    if (outputs.get(1)) {
      return "has a wrong gradient for its second output: use the first, the loss.";
    }
    return Operations.valueType(node.inputs().get(0)) == DataType.DT_FLOAT
        ? null
        : "has a gradient in float32 alone: cast the logits, or use tf.nn.logSoftmax, tf.math.mul"
            + " with the labels, and tf.reduceSum.";
  }

  private static boolean isExplicit(Map<String, AttrValue> attributes) {
    return attributes.get("padding").getS().toStringUtf8().equals("EXPLICIT");
  }

  private static boolean takesReference(Node node) {
    return node.inputs().stream().anyMatch(Operations::isReference);
  }

  private static int rank(Output<?> output) {
    return output.shape().numDimensions();
  }

  private static long dimension(Output<?> output, int axis) {
    Shape shape = output.shape();
    return shape.isUnknown() || shape.numDimensions() <= axis ? -1 : shape.get(axis);
  }

  private static Map<String, AttrValue> attributes(Node node) {
    return Operations.nodeDef(node.operation()).getAttrMap();
  }
}
