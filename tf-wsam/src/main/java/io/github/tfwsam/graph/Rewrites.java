package io.github.tfwsam.graph;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Gather;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TNumber;
import org.tensorflow.types.family.TType;

/**
 * What is put in the place of operations that {@link GradientRules} would refuse: others that
 * compute the same, and have a right gradient.
 */
final class Rewrites {
  private Rewrites() {}

  /** All of the variable is read, and rows are gathered from that. */
  static <T extends TType, N extends TNumber> List<Output<?>> readAndGather(Replacement r) {
    Operand<N> indices = r.input(1);
    long batchDims = r.application().integer("batch_dims");
    Operand<T> gathered =
        r.tf()
            .gather(
                Rewrites.<T>read(r),
                indices,
                r.tf().constant((int) batchDims),
                Gather.batchDims(batchDims));
    return List.of(gathered.asOutput());
  }

  /** All of the variable is read, and elements are gathered from that. */
  static <T extends TType, N extends TNumber> List<Output<?>> readAndGatherNd(Replacement r) {
    Operand<N> indices = r.input(1);
    return List.of(r.tf().gatherNd(Rewrites.<T>read(r), indices).asOutput());
  }

  private static <T extends TType> Operand<T> read(Replacement r) {
    return r.tf().readVariableOp(r.input(0), r.type("dtype"));
  }

  /** What refers to a variable is read first. */
  static List<Output<?>> dereference(Replacement r) {
    List<Output<?>> inputs = new ArrayList<>();
    for (Output<?> input : r.inputs()) {
      inputs.add(Operations.isReference(input) ? r.tf().identity(input).asOutput() : input);
    }
    return r.build(r.application().type(), inputs, Map.of());
  }

  /** All int64 inputs but the first are cast. */
  static List<Output<?>> indicesToInt32(Replacement r) {
    List<Output<?>> inputs = new ArrayList<>(r.inputs());
    for (int i = 1; i < inputs.size(); i++) {
      if (inputs.get(i).type() == TInt64.class) {
        inputs.set(i, toInt32(r.tf(), r.input(i)).asOutput());
      }
    }
    return r.build(r.application().type(), inputs, Map.of());
  }

  /** The last input, an axis, is cast. */
  static List<Output<?>> axisToInt32(Replacement r) {
    int last = r.inputs().size() - 1;
    return r.with(last, toInt32(r.tf(), r.input(last)));
  }

  /** The largest int64 may stand for the end of an axis. */
  private static Operand<TInt32> toInt32(Ops tf, Operand<TInt64> value) {
    Operand<TInt64> clipped =
        tf.math.minimum(
            tf.math.maximum(value, tf.constant((long) Integer.MIN_VALUE)),
            tf.constant((long) Integer.MAX_VALUE));
    return tf.dtypes.cast(clipped, TInt32.class);
  }

  /** Axis and batch dimensions are counted from the first, in int32. */
  static List<Output<?>> gatherFromFirst(Replacement r) {
    Ops tf = r.tf();
    Application gather = r.application();
    OptionalLong axis = gather.constant(2);
    Operand<TInt32> axis32 =
        axis.isPresent()
            ? tf.constant((int) axis.getAsLong())
            : tf.dtypes.cast(r.<TNumber>input(2), TInt32.class);
    if (axis.orElse(0) < 0) {
      axis32 =
          gather.rankOf(0) < 0
              ? tf.math.add(tf.rank(r.input(0)), axis32)
              : tf.constant((int) axis.getAsLong() + gather.rankOf(0));
    }
    long batchDims = gather.integer("batch_dims");
    if (batchDims < 0 && gather.rankOf(1) >= 0) {
      batchDims += gather.rankOf(1);
    }
    List<Output<?>> inputs = List.of(r.inputs().get(0), r.inputs().get(1), axis32.asOutput());
    return r.build("GatherV2", inputs, Map.of("batch_dims", integer(batchDims)));
  }

  /** Split into one is the identity. */
  static List<Output<?>> split(Replacement r) {
    return List.of(
        r.tf().identity(r.input(r.application().type().equals("Split") ? 1 : 0)).asOutput());
  }

  /**
   * Dilated or explicitly padded: the op Conv, which runs the same kernel; its gradient is ours.
   * Grouped: a convolution for each group, or a depthwise one where each channel is a group.
   */
  static <T extends TNumber> List<Output<?>> convolution(Replacement r) {
    Application convolution = r.application();
    boolean plain = !isDilated(convolution) && !convolution.text("padding").equals("EXPLICIT");
    if (!GradientRules.isGrouped(convolution)) {
      return plainOrConv(r, r.inputs(), plain);
    }
    Ops tf = r.tf();
    boolean channelsFirst = convolution.text("data_format").equals("NCHW");
    int channelAxis = channelsFirst ? 1 : 3;
    int height = channelsFirst ? 2 : 1;
    long groups = convolution.sizeOf(0, channelAxis) / convolution.sizeOf(1, 2);
    List<Long> strides = convolution.integers("strides");
    boolean depthwise =
        convolution.sizeOf(1, 2) == 1 && strides.get(height).equals(strides.get(height + 1));
    Operand<T> x = r.input(0);
    Operand<T> filter = r.input(1);
    if (plain && depthwise) {
      Operand<TInt32> spatial =
          tf.slice(tf.shape(filter), tf.constant(new int[1]), tf.constant(new int[] {2}));
      Operand<TInt32> shape =
          tf.concat(List.of(spatial, tf.constant(new int[] {(int) groups, -1})), tf.constant(0));
      return r.build(
          "DepthwiseConv2dNative",
          List.of(x.asOutput(), tf.reshape(filter, shape).asOutput()),
          Map.of());
    }
    List<Output<T>> xs = tf.split(tf.constant(channelAxis), x, groups).output();
    List<Output<T>> filters = tf.split(tf.constant(3), filter, groups).output();
    List<Operand<T>> ys = new ArrayList<>();
    for (int i = 0; i < groups; i++) {
      Replacement group = r.part(i);
      ys.add(group.typed(plainOrConv(group, List.of(xs.get(i), filters.get(i)), plain).get(0)));
    }
    return List.of(tf.concat(ys, tf.constant(channelAxis)).asOutput());
  }

  private static List<Output<?>> plainOrConv(Replacement r, List<Output<?>> inputs, boolean plain) {
    String format =
        r.application().text("data_format").equals("NCHW") ? "CHANNELS_FIRST" : "CHANNELS_LAST";
    return plain
        ? r.build("Conv2D", inputs, Map.of())
        : r.build("Conv", inputs, Map.of("data_format", text(format)));
  }

  static boolean isDilated(Application convolution) {
    return convolution.integers("dilations").stream().anyMatch(d -> d != 1);
  }

  /** The padding is put in front of it, with what is less than all else. */
  static <T extends TNumber> List<Output<?>> maxPool(Replacement r) {
    Ops tf = r.tf();
    List<Long> paddings = r.application().integers("explicit_paddings");
    var pairs = new int[4][2];
    for (int i = 0; i < paddings.size(); i++) {
      pairs[i / 2][i % 2] = paddings.get(i).intValue();
    }
    Operand<T> x = r.input(0);
    Operand<T> lowest = tf.dtypes.cast(tf.constant(Double.NEGATIVE_INFINITY), x.type());
    return r.build(
        "MaxPool",
        List.of(tf.pad(x, tf.constant(pairs), lowest).asOutput()),
        Map.of(
            "padding",
            text("VALID"),
            "explicit_paddings",
            AttrValue.newBuilder().setList(AttrValue.ListValue.getDefaultInstance()).build()));
  }

  /** All axes but the last become one. */
  static <T extends TNumber> List<Output<?>> logSoftmax(Replacement r) {
    Ops tf = r.tf();
    Operand<T> x = r.input(0);
    Operand<TInt32> shape = tf.shape(x);
    Operand<TInt32> last = tf.expandDims(tf.math.sub(tf.rank(x), tf.constant(1)), tf.constant(0));
    Operand<TInt32> classes = tf.slice(shape, last, tf.constant(new int[] {1}));
    Operand<TInt32> rows =
        tf.expandDims(
            tf.reduceProd(tf.slice(shape, tf.constant(new int[1]), last), tf.constant(0)),
            tf.constant(0));
    Operand<T> flat = tf.reshape(x, tf.concat(List.of(rows, classes), tf.constant(0)));
    return List.of(tf.reshape(tf.nn.logSoftmax(flat), shape).asOutput());
  }

  /** (-sum of y log p, p - y): in float32 by the op itself, on what it would broadcast to. */
  static <T extends TNumber> List<Output<?>> softmaxCrossEntropy(Replacement r) {
    Ops tf = r.tf();
    Operand<T> x = r.input(0);
    Operand<T> y = r.input(1);
    if (r.application().mayBroadcast(0, 1)) {
      Operand<TInt32> shape = tf.broadcastDynamicShape(tf.shape(x), tf.shape(y));
      x = tf.broadcastTo(x, shape);
      y = tf.broadcastTo(y, shape);
    }
    if (x.type() == TFloat32.class) {
      return r.build(r.application().type(), List.of(x.asOutput(), y.asOutput()), Map.of());
    }
    Operand<T> products = tf.math.mul(y, tf.nn.logSoftmax(x));
    return List.of(
        tf.math.neg(tf.reduceSum(products, tf.constant(1))).asOutput(),
        tf.math.sub(tf.nn.softmax(x), y).asOutput());
  }

  /** Both inputs are broadcast first. */
  static <T extends TNumber> List<Output<?>> broadcastFirst(Replacement r) {
    Ops tf = r.tf();
    Operand<T> a = r.input(0);
    Operand<T> b = r.input(1);
    Operand<TInt32> shape = tf.broadcastDynamicShape(tf.shape(a), tf.shape(b));
    return r.build(
        r.application().type(),
        List.of(tf.broadcastTo(a, shape).asOutput(), tf.broadcastTo(b, shape).asOutput()),
        Map.of());
  }

  /** The first input in float32, as the op computes and returns. */
  static <T extends TNumber> List<Output<?>> inFloat32(Replacement r) {
    return r.with(0, r.tf().dtypes.cast(r.<T>input(0), TFloat32.class));
  }

  /** y = x (bias + alpha s)^-beta, with s the sum of squares over the channels around. */
  static <T extends TNumber> List<Output<?>> localResponseNormalization(Replacement r) {
    Ops tf = r.tf();
    Application lrn = r.application();
    Operand<T> x = r.input(0);
    Operand<TInt32> shape = tf.shape(x);
    Operand<TInt32> channels = tf.gather(shape, tf.constant(3), tf.constant(0));
    Operand<TInt64> radius =
        tf.dtypes.cast(
            tf.math.minimum(tf.constant((int) lrn.integer("depth_radius")), channels),
            TInt64.class);
    Operand<T> ones =
        tf.fill(tf.stack(List.of(channels, channels)), tf.dtypes.cast(tf.constant(1f), x.type()));
    Operand<T> around = tf.linalg.bandPart(ones, radius, radius);
    Operand<T> squares =
        tf.reshape(tf.math.square(x), tf.stack(List.of(tf.constant(-1), channels)));
    Operand<T> sums = tf.reshape(tf.linalg.matMul(squares, around), shape);
    Operand<T> base =
        tf.math.add(
            tf.dtypes.cast(tf.constant(lrn.number("bias")), x.type()),
            tf.math.mul(tf.dtypes.cast(tf.constant(lrn.number("alpha")), x.type()), sums));
    Operand<T> power =
        tf.math.pow(base, tf.dtypes.cast(tf.constant(-lrn.number("beta")), x.type()));
    return List.of(tf.math.mul(x, power).asOutput());
  }

  private static AttrValue integer(long value) {
    return AttrValue.newBuilder().setI(value).build();
  }

  private static AttrValue text(String value) {
    return AttrValue.newBuilder().setS(ByteString.copyFromUtf8(value)).build();
  }
}
