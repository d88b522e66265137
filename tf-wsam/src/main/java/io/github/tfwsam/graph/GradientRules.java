package io.github.tfwsam.graph;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.tensorflow.proto.DataType;

/**
 * Where gradients that TensorFlow has registered crash, fail or are wrong: found by reading its
 * gradient functions and by comparing each with finite differences. Where a rule has a {@link
 * Rewrite}, other ops take its place; else it is refused.
 *
 * <p>Two cases pass, since only values tell them: DynamicStitch with an index given twice sends a
 * gradient to the overwritten value too, and SoftmaxCrossEntropyWithLogits takes for granted that
 * labels sum to 1 and, where shapes are unknown, that it does not broadcast.
 */
final class GradientRules {
  /**
   * A configuration of some ops that is refused.
   *
   * @param types the op types
   * @param applies tells the configuration; of a type without a rule that applies, all is right
   * @param refusal the reason and the way out
   * @param rewrite puts other ops in its place; null if there are none
   */
  private record Rule(
      Set<String> types, Predicate<Application> applies, String refusal, Rewrite rewrite) {
    Rule(Set<String> types, Predicate<Application> applies, String refusal) {
      this(types, applies, refusal, null);
    }
  }

  private static final String INLINE =
      "is differentiated by another registry, which lacks most gradients and tells so only when"
          + " run: build the function's operations in the graph itself.";

  private static final String TO_INT32 =
      "takes axes, indices or sizes of type int64, for which its gradient cannot be built: pass"
          + " them as int32.";

  private static final String DILATED =
      "is dilated, which its gradient ignores: use tf.spaceToBatchNd, a convolution without"
          + " dilation and padding, and tf.batchToSpaceNd.";

  private static final String PAD_FIRST =
      "has explicit padding, which its gradient ignores: use tf.pad and padding VALID.";

  private static final Set<String> BATCH_NORMS =
      Set.of("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3");

  private static final String IN_COMPLEX64 =
      "has a gradient in complex64 alone: cast its input to float32, or to complex64.";

  private static final List<Rule> RULES =
      List.of(
          new Rule(Set.of("PartitionedCall", "StatefulPartitionedCall"), a -> true, INLINE),

          // Their gradient is that of the variable's handle, which cannot be replaced.
          new Rule(
              Set.of("ResourceGather"),
              a -> true,
              "has no gradient with respect to a value: read the whole variable and use tf.gather.",
              Rewrites::readAndGather),
          new Rule(
              Set.of("ResourceGatherNd"),
              a -> true,
              "has no gradient with respect to a value: read the whole variable and use"
                  + " tf.gatherNd.",
              Rewrites::readAndGatherNd),

          // The type of an attribute is taken from an input, and that of a reference is none.
          new Rule(
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
                  "Square"),
              a -> IntStream.range(0, a.inputCount()).anyMatch(a::isReference),
              "takes a variable directly, on which its gradient crashes: read the variable through"
                  + " tf.identity.",
              Rewrites::dereference),

          // Shapes are computed in int32 and mixed with what the op was given.
          new Rule(
              Set.of(
                  "BroadcastTo",
                  "Max",
                  "Mean",
                  "Min",
                  "Pad",
                  "PadV2",
                  "Prod",
                  "Slice",
                  "StridedSlice",
                  "Sum"),
              a -> a.typeOf(1) == DataType.DT_INT64,
              TO_INT32,
              Rewrites::indicesToInt32),
          new Rule(
              Set.of("ConcatV2"),
              a -> a.typeOf(a.inputCount() - 1) == DataType.DT_INT64,
              TO_INT32,
              Rewrites::axisToInt32),
          new Rule(
              Set.of("GatherV2"),
              a -> a.typeOf(2) == DataType.DT_INT64,
              TO_INT32,
              Rewrites::gatherFromFirst),
          new Rule(
              Set.of("GatherV2"),
              a -> a.constant(2).orElse(0) < 0 || a.integer("batch_dims") < 0,
              "has a negative axis or number of batch dimensions, with which its gradient fails:"
                  + " count them from the first.",
              Rewrites::gatherFromFirst),
          new Rule(
              Set.of("Split", "SplitV"),
              a -> a.integer("num_split") == 1,
              "splits into one, for which its gradient cannot be built: use tf.identity.",
              Rewrites::split),
          new Rule(Set.of("Conv2D"), Rewrites::isDilated, DILATED, Rewrites::convolution),
          new Rule(Set.of("DepthwiseConv2dNative"), Rewrites::isDilated, DILATED),
          new Rule(
              Set.of("Conv2D"),
              GradientRules::isGrouped,
              "is grouped, for which its gradient fails when run wherever oneDNN is off: split the"
                  + " channels with tf.split, convolve each group, and join them with tf.concat.",
              Rewrites::convolution),
          new Rule(
              Set.of("Conv2D"),
              GradientRules::isPaddedExplicitly,
              PAD_FIRST,
              Rewrites::convolution),
          new Rule(
              Set.of("MaxPool"), GradientRules::isPaddedExplicitly, PAD_FIRST, Rewrites::maxPool),
          new Rule(
              Set.of("Conv"),
              a -> a.integers("strides").size() != 4 || a.integer("groups") != 1,
              "is grouped or not of two dimensions: use tf.nn.conv2d or tf.nn.conv3d."),
          new Rule(
              Set.of("MaxPool"),
              a -> a.integers("ksize").get(a.text("data_format").equals("NCHW") ? 1 : 3) != 1,
              "pools over channels, for which its gradient fails: use tf.reshape and"
                  + " tf.reduceMax."),
          new Rule(
              Set.of("DepthToSpace", "SpaceToDepth"),
              a -> !a.text("data_format").equals("NHWC"),
              "has another data format than NHWC, which its gradient takes for granted: use"
                  + " tf.linalg.transpose before and after."),
          new Rule(
              Set.of("LRN"),
              a ->
                  a.integer("depth_radius") != 5
                      || a.number("bias") != 1
                      || a.number("alpha") != 1
                      || a.number("beta") != 0.5f,
              "has other than the default attributes, which its gradient ignores: use the defaults"
                  + " (depthRadius 5, bias 1, alpha 1, beta 0.5), or another normalization.",
              Rewrites::localResponseNormalization),
          new Rule(
              BATCH_NORMS,
              a -> a.receivesFrom(1),
              "sends no gradient back from its batch mean and variance: compute those that the loss"
                  + " needs with tf.math.mean."),
          new Rule(
              BATCH_NORMS,
              a -> a.differentiatesFrom(3) && !a.flag("is_training"),
              "sends no gradient to the mean and variance that it is given: exclude these from the"
                  + " trained variables, or read them through tf.stopGradient."),
          new Rule(
              Set.of("LogSoftmax"),
              a -> a.rankOf(0) != 2,
              "has a gradient that is right for rank 2 alone, and the logits are not known to be"
                  + " of it: reshape them to [-1, classes].",
              Rewrites::logSoftmax),
          new Rule(
              Set.of("SoftmaxCrossEntropyWithLogits"),
              a -> a.typeOf(0) != DataType.DT_FLOAT,
              "has a gradient in float32 alone: cast logits and labels to float32, or sum labels"
                  + " times tf.nn.logSoftmax.",
              Rewrites::softmaxCrossEntropy),
          new Rule(
              Set.of("SoftmaxCrossEntropyWithLogits"),
              a -> a.broadcasts(0, 1),
              "broadcasts, which its gradient does not undo: use tf.broadcastTo on logits and"
                  + " labels.",
              Rewrites::softmaxCrossEntropy),
          new Rule(
              Set.of("SoftmaxCrossEntropyWithLogits"),
              a -> a.receivesFrom(1) && a.differentiates(1),
              "sends no gradient from its second output to the labels: use tf.nn.softmax minus the"
                  + " labels."),
          new Rule(
              Set.of("FusedBatchNormGradV3"),
              a -> !a.flag("is_training") || !a.text("data_format").equals("NHWC"),
              "is differentiated in training and with channels last alone."),
          new Rule(
              Set.of("CTCLoss"),
              a -> a.receivesFrom(1),
              "sends no gradient back from its second output, which is the gradient of the first."),
          new Rule(
              Set.of("Atan2"),
              a -> a.mayBroadcast(0, 1) && !a.isBroadcastAlike(0, 1),
              "may broadcast, which its gradient does not undo: use tf.broadcastTo on both inputs,"
                  + " so that their shapes are known to be equal.",
              Rewrites::broadcastFirst),
          new Rule(
              Set.of("OneHot"),
              a -> a.differentiatesFrom(2),
              "sends no gradient to its values: use tf.oneHot of 1 and 0, and scale it."),
          new Rule(
              Set.of("PadV2"),
              a -> a.differentiates(2),
              "sends no gradient to the value that it pads with: use tf.concat with tf.fill."),
          new Rule(
              Set.of("QuantizeAndDequantizeV3"),
              a -> a.differentiatesFrom(1),
              "sends no gradient to its range: read the range through tf.stopGradient."),
          new Rule(
              Set.of("QuantizeAndDequantizeV4"),
              a -> true,
              "has a gradient that cannot be built: use tf.quantization.quantizeAndDequantizeV3."),
          new Rule(
              Set.of("ScaleAndTranslate"),
              a -> a.differentiatesFrom(2),
              "sends no gradient to scale and translation: read them through tf.stopGradient."),
          new Rule(
              Set.of("ScaleAndTranslate"),
              a -> a.typeOf(0) != DataType.DT_FLOAT,
              "has a gradient in float32 alone: cast the images to float32.",
              Rewrites::inFloat32),
          new Rule(
              Set.of("ResizeBicubic"),
              a -> a.typeOf(0) != DataType.DT_FLOAT && a.typeOf(0) != DataType.DT_DOUBLE,
              "has a gradient in float32 and float64 alone: cast the images to float32.",
              Rewrites::inFloat32),
          new Rule(
              Set.of("CropAndResize"),
              a -> a.differentiates(1) && a.text("method").equals("nearest"),
              "sends its boxes a gradient as if it interpolated: use the method bilinear, or read"
                  + " the boxes through tf.stopGradient."),
          new Rule(
              Set.of("Angle", "Imag", "Real"),
              a -> a.typeOf(0) == DataType.DT_COMPLEX128,
              IN_COMPLEX64),
          new Rule(Set.of("Complex"), a -> a.typeOf(0) == DataType.DT_DOUBLE, IN_COMPLEX64),
          new Rule(
              Set.of("Acos", "Atan", "Prod", "Sign", "SquaredDifference"),
              a -> Operations.isComplex(a.typeOf(0)),
              "has a wrong gradient for complex numbers: write it in real and imaginary parts."));

  private static final Map<String, List<Rule>> BY_TYPE =
      RULES.stream()
          .flatMap(rule -> rule.types().stream().map(type -> Map.entry(type, rule)))
          .collect(
              Collectors.groupingBy(
                  Map.Entry::getKey,
                  Collectors.mapping(Map.Entry::getValue, Collectors.toUnmodifiableList())));

  private GradientRules() {}

  private static boolean isPaddedExplicitly(Application application) {
    return application.text("padding").equals("EXPLICIT");
  }

  static boolean isGrouped(Application convolution) {
    long channels = convolution.sizeOf(0, convolution.text("data_format").equals("NCHW") ? 1 : 3);
    long filterChannels = convolution.sizeOf(1, 2);
    return channels >= 0 && filterChannels >= 0 && channels != filterChannels;
  }

  /** What would be refused, and the way out. */
  static Optional<String> refusal(Application application) {
    return applying(application).map(Rule::refusal).findFirst();
  }

  /** What is done so that it is not refused. */
  static Optional<Rewrite> rewrite(Application application) {
    return applying(application).map(Rule::rewrite).filter(Objects::nonNull).findFirst();
  }

  private static Stream<Rule> applying(Application application) {
    return BY_TYPE.getOrDefault(application.type(), List.of()).stream()
        .filter(rule -> rule.applies().test(application));
  }
}
