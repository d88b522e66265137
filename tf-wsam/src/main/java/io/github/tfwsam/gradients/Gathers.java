package io.github.tfwsam.gradients;

import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TNumber;

/** Ops that take elements out of a tensor, or put some in. */
final class Gathers {
  static final Map<String, Gradient> GRADIENTS =
      Map.of(
          "Gather", Gathers::gather,
          "TensorScatterAdd", Gathers::scatterAdd,
          "TensorScatterSub", Gathers::scatterSub,
          "TensorScatterUpdate", Gathers::scatterUpdate,
          "TopKV2", Gathers::top);

  private Gathers() {}

  /** y = x[indices]: dx[r] = sum of dy where indices are r. */
  private static <T extends TNumber, N extends TNumber> List<Operand<?>> gather(Backprop<T> b) {
    var tf = b.tf();
    Operand<N> indices = b.input(1);
    Operand<TInt32> shape = tf.shape(b.x(0));
    Operand<TInt32> row = tf.slice(shape, tf.constant(new int[] {1}), tf.constant(new int[] {-1}));
    Operand<TInt32> count = tf.expandDims(tf.size(indices), tf.constant(0));
    Operand<T> rows = tf.reshape(b.dy(0), tf.concat(List.of(count, row), tf.constant(0)));
    Operand<N> flat = tf.reshape(indices, tf.constant(new int[] {-1}));
    return b.gradients(tf.math.unsortedSegmentSum(rows, flat, b.size(b.x(0), 0)));
  }

  /** y = x with updates added at indices: dx = dy, dupdates = dy[indices]. */
  private static <T extends TNumber, N extends TNumber> List<Operand<?>> scatterAdd(Backprop<T> b) {
    return b.gradients(b.dy(0), null, b.tf().gatherNd(b.dy(0), b.<N>input(1)));
  }

  /** y = x with updates subtracted at indices: dx = dy, dupdates = -dy[indices]. */
  private static <T extends TNumber, N extends TNumber> List<Operand<?>> scatterSub(Backprop<T> b) {
    var tf = b.tf();
    return b.gradients(b.dy(0), null, tf.math.neg(tf.gatherNd(b.dy(0), b.<N>input(1))));
  }

  /** y = x with updates in place of x[indices]: dx = dy but 0 there, dupdates = dy[indices]. */
  private static <T extends TNumber, N extends TNumber> List<Operand<?>> scatterUpdate(
      Backprop<T> b) {
    var tf = b.tf();
    Operand<N> indices = b.input(1);
    return b.gradients(
        tf.tensorScatterNdUpdate(b.dy(0), indices, tf.zerosLike(b.x(2))),
        null,
        tf.gatherNd(b.dy(0), indices));
  }

  /** (values, indices) of the largest of the last axis: dx[.., indices] = dvalues, else 0. */
  private static <T extends TNumber, N extends TNumber> List<Operand<?>> top(Backprop<T> b) {
    var tf = b.tf();
    Operand<TInt32> flat = tf.constant(new int[] {-1});
    Operand<TInt32> indices = tf.dtypes.cast(b.<N>output(1), TInt32.class);
    Operand<TInt32> shape = tf.shape(b.x(0));
    Operand<TInt32> classes = b.size(b.x(0), -1);
    Operand<TInt32> k = b.size(indices, -1);
    Operand<TInt32> size = tf.reduceProd(shape, tf.constant(0));
    Operand<TInt32> starts = tf.range(tf.constant(0), size, classes);
    Operand<TInt32> rows = tf.reshape(indices, tf.stack(List.of(tf.size(starts), k)));
    Operand<TInt32> positions = tf.math.add(rows, tf.expandDims(starts, tf.constant(1)));
    Operand<T> dx =
        tf.scatterNd(
            tf.reshape(positions, tf.constant(new int[] {-1, 1})),
            tf.reshape(b.dy(0), flat),
            tf.expandDims(size, tf.constant(0)));
    return b.gradients(tf.reshape(dx, shape));
  }
}
