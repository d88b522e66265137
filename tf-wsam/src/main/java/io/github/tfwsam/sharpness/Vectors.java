package io.github.tfwsam.sharpness;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TNumber;

/** All trained variables as one vector: as a list of tensors, or flat, one after the other. */
final class Vectors {
  private Vectors() {}

  /** In the type to compute in: float64 for float64, else float32. */
  static Operand<TNumber> wide(Ops tf, Operand<?> tensor) {
    Class<? extends TNumber> type =
        tensor.type().equals(TFloat64.class) ? TFloat64.class : TFloat32.class;
    return tensor.type().equals(type) ? typed(tensor) : typed(tf.dtypes.cast(typed(tensor), type));
  }

  static Operand<TNumber> castLike(Ops tf, Operand<?> tensor, Operand<TNumber> like) {
    return tensor.type().equals(like.type())
        ? typed(tensor)
        : tf.dtypes.cast(typed(tensor), like.type());
  }

  static Operand<TFloat64> inDouble(Ops tf, Operand<?> tensor) {
    return tf.dtypes.cast(typed(tensor), TFloat64.class);
  }

  /** How many elements all tensors have together. */
  static Operand<TInt64> size(Ops tf, List<? extends Operand<?>> tensors) {
    return tf.reduceSum(sizes(tf, tensors), tf.constant(0));
  }

  private static Operand<TInt64> sizes(Ops tf, List<? extends Operand<?>> tensors) {
    List<Operand<TInt64>> sizes = new ArrayList<>();
    tensors.forEach(tensor -> sizes.add(tf.size(typed(tensor), TInt64.class)));
    return tf.stack(sizes);
  }

  /** The elements of all tensors in one vector. */
  static Operand<TFloat64> join(Ops tf, List<? extends Operand<?>> tensors) {
    List<Operand<TFloat64>> parts = new ArrayList<>();
    for (Operand<?> tensor : tensors) {
      parts.add(tf.reshape(inDouble(tf, tensor), tf.constant(new int[] {-1})));
    }
    return parts.size() == 1 ? parts.get(0) : tf.concat(parts, tf.constant(0));
  }

  /** A vector cut into tensors of these shapes, still in float64. */
  static List<Operand<TFloat64>> split(
      Ops tf, Operand<TFloat64> vector, List<? extends Operand<?>> like) {
    List<Output<TFloat64>> parts =
        tf.splitV(vector, sizes(tf, like), tf.constant(0), (long) like.size()).output();
    return IntStream.range(0, like.size())
        .<Operand<TFloat64>>mapToObj(i -> tf.reshape(parts.get(i), tf.shape(like.get(i))))
        .toList();
  }

  @SuppressWarnings("unchecked") // The types of operands are known to TensorFlow, not to javac.
  static Operand<TNumber> typed(Operand<?> tensor) {
    return (Operand<TNumber>) tensor;
  }
}
