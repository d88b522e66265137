package io.github.tfwsam.gradients;

import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.OperationBuilder;
import org.tensorflow.op.core.StridedSliceGrad;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TNumber;

/** Convolutions, and what pools or cuts patches. */
final class Convolutions {
  private static final String[] SPATIAL_3D = {"strides", "padding", "data_format", "dilations"};
  private static final String[] SPATIAL_2D = {
    "strides", "padding", "explicit_paddings", "data_format", "dilations"
  };

  static final Map<String, Gradient> GRADIENTS =
      Map.of(
          "Conv", Convolutions::convolution,
          "Conv2DBackpropFilter", Convolutions::filterBackprop2d,
          "Conv3D", Convolutions::convolution3d,
          "Conv3DBackpropFilterV2", Convolutions::filterBackprop3d,
          "Conv3DBackpropInputV2", Convolutions::inputBackprop3d,
          "ExtractImagePatches", Convolutions::patches,
          "MaxPoolWithArgmax", Convolutions::maxPool);

  private Convolutions() {}

  /**
   * A convolution in two dimensions, without groups. TensorFlow's gradient ops know of no dilation:
   * they are given the filter with zeros between its elements, and of its gradient each dilation-th
   * element is taken.
   */
  private static <T extends TNumber> List<Operand<?>> convolution(Backprop<T> b) {
    var tf = b.tf();
    boolean channelsFirst = b.text("data_format").equals("CHANNELS_FIRST");
    long[] dilations = b.integers("dilations");
    int height = channelsFirst ? 2 : 1;
    Operand<TInt32> steps =
        tf.constant(
            dilations.length == 0
                ? new int[] {1, 1, 1, 1}
                : new int[] {(int) dilations[height], (int) dilations[height + 1], 1, 1});
    Operand<T> filter = b.x(1);
    Operand<TInt32> begin = tf.constant(new int[4]);
    Operand<TInt32> one = tf.constant(1);
    Operand<TInt32> dilatedShape =
        tf.math.add(tf.math.mul(tf.math.sub(tf.shape(filter), one), steps), one);
    Operand<T> dilated =
        StridedSliceGrad.create(tf.scope(), dilatedShape, begin, dilatedShape, steps, filter);
    var dx = b.op("Conv2DBackpropInput", tf.shape(b.x(0)), dilated, b.dy(0));
    var ddilated = b.op("Conv2DBackpropFilter", b.x(0), dilatedShape, b.dy(0));
    for (OperationBuilder backprop : List.of(dx, ddilated)) {
      b.copyAttributes(backprop, "strides", "padding", "explicit_paddings")
          .setAttr("data_format", channelsFirst ? "NCHW" : "NHWC");
    }
    Operand<T> df = b.typed(ddilated.build().output(0));
    return b.gradients(dx.build().output(0), tf.stridedSlice(df, begin, dilatedShape, steps));
  }

  /** y = x * f: dx and df by the ops that are made for it. */
  private static <T extends TNumber> List<Operand<?>> convolution3d(Backprop<T> b) {
    var tf = b.tf();
    return b.gradients(
        b.like("Conv3DBackpropInputV2", SPATIAL_3D, tf.shape(b.x(0)), b.x(1), b.dy(0)),
        b.like("Conv3DBackpropFilterV2", SPATIAL_3D, b.x(0), tf.shape(b.x(1)), b.dy(0)));
  }

  /** dx of (sizes of x, f, dy), a transposed convolution: linear in f and in dy. */
  private static <T extends TNumber> List<Operand<?>> inputBackprop3d(Backprop<T> b) {
    var tf = b.tf();
    return b.gradients(
        null,
        b.like("Conv3DBackpropFilterV2", SPATIAL_3D, b.dy(0), tf.shape(b.x(1)), b.x(2)),
        b.like("Conv3D", SPATIAL_3D, b.dy(0), b.x(1)));
  }

  /** df of (x, sizes of f, dy): linear in x and in dy. */
  private static <T extends TNumber> List<Operand<?>> filterBackprop3d(Backprop<T> b) {
    var tf = b.tf();
    return b.gradients(
        b.like("Conv3DBackpropInputV2", SPATIAL_3D, tf.shape(b.x(0)), b.dy(0), b.x(2)),
        null,
        b.like("Conv3D", SPATIAL_3D, b.x(0), b.dy(0)));
  }

  /** df of (x, sizes of f, dy): linear in x and in dy. */
  private static <T extends TNumber> List<Operand<?>> filterBackprop2d(Backprop<T> b) {
    var tf = b.tf();
    return b.gradients(
        b.like("Conv2DBackpropInput", SPATIAL_2D, tf.shape(b.x(0)), b.dy(0), b.x(2)),
        null,
        b.like("Conv2D", SPATIAL_2D, b.x(0), b.dy(0)));
  }

  /** (y, argmax): dx by the op that is made for it. */
  private static <T extends TNumber> List<Operand<?>> maxPool(Backprop<T> b) {
    String[] attributes = {"ksize", "strides", "padding", "include_batch_in_index"};
    return b.gradients(b.like("MaxPoolGradWithArgmax", attributes, b.x(0), b.dy(0), b.output(1)));
  }

  /**
   * Patches of an image are its convolution with a filter for each pixel of the patch, the same for
   * all channels: so the channels go into the batch, and dx is that of the convolution.
   */
  private static <T extends TNumber> List<Operand<?>> patches(Backprop<T> b) {
    var tf = b.tf();
    int height = (int) b.integers("ksizes")[1];
    int width = (int) b.integers("ksizes")[2];
    int pixels = height * width;
    Operand<TInt32> shape = tf.shape(b.x(0));
    Operand<TInt32> batch = b.size(b.x(0), 0);
    Operand<TInt32> rows = b.size(b.x(0), 1);
    Operand<TInt32> columns = b.size(b.x(0), 2);
    Operand<TInt32> channels = b.size(b.x(0), 3);
    Operand<TInt32> outRows = b.size(b.dy(0), 1);
    Operand<TInt32> outColumns = b.size(b.dy(0), 2);
    Operand<TInt32> images = tf.math.mul(batch, channels);
    Operand<T> split =
        tf.reshape(
            b.dy(0), tf.stack(List.of(batch, outRows, outColumns, tf.constant(pixels), channels)));
    Operand<T> dy =
        tf.reshape(
            tf.linalg.transpose(split, tf.constant(new int[] {0, 4, 1, 2, 3})),
            tf.stack(List.of(images, outRows, outColumns, tf.constant(pixels))));
    Operand<T> dx =
        b.typed(
            b.copyAttributes(
                    b.op(
                        "Conv2DBackpropInput",
                        tf.stack(List.of(images, rows, columns, tf.constant(1))),
                        pixelFilters(b, height, width),
                        dy),
                    "strides",
                    "padding")
                .build()
                .output(0));
    Operand<T> separate = tf.reshape(dx, tf.stack(List.of(batch, channels, rows, columns)));
    return b.gradients(
        tf.reshape(tf.linalg.transpose(separate, tf.constant(new int[] {0, 2, 3, 1})), shape));
  }

  /** For each pixel of a patch a filter that takes it, with zeros between the pixels by rate. */
  private static <T extends TNumber> Operand<T> pixelFilters(Backprop<T> b, int height, int width) {
    var tf = b.tf();
    int down = (int) b.integers("rates")[1];
    int right = (int) b.integers("rates")[2];
    int pixels = height * width;
    var filters = new float[(height - 1) * down + 1][(width - 1) * right + 1][1][pixels];
    for (int i = 0; i < pixels; i++) {
      filters[i / width * down][i % width * right][0][i] = 1;
    }
    return tf.dtypes.cast(tf.constant(filters), b.x(0).type());
  }
}
