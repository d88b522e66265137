package io.github.tfwsam.gradients;

import java.util.Arrays;
import java.util.List;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.OperationBuilder;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.BroadcastGradientArgs;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TNumber;
import org.tensorflow.types.family.TType;

/**
 * One operation that is being differentiated, as its gradient function sees it.
 *
 * <p>Static shapes cannot be asked for here: TensorFlow holds the graph's lock meanwhile, and would
 * wait for itself. Whatever depends on a shape is computed in the graph.
 *
 * @param <T> the element type of what is differentiated
 */
final class Backprop<T extends TNumber> {
  private final Ops tf;
  private final GraphOperation operation;
  private final List<Output<?>> gradients;

  Backprop(Ops tf, GraphOperation operation, List<Output<?>> gradients) {
    this.tf = tf;
    this.operation = operation;
    this.gradients = gradients;
  }

  /** Where the gradient's operations are built. */
  Ops tf() {
    return tf;
  }

  String type() {
    return operation.type();
  }

  /** An input of the differentiated type. */
  Operand<T> x(int input) {
    return input(input);
  }

  /** An input of whatever type: the caller knows it from the op's definition. */
  @SuppressWarnings("unchecked")
  <U extends TType> Operand<U> input(int input) {
    return (Operand<U>) operation.input(input);
  }

  int inputCount() {
    return operation.numInputs();
  }

  /** An output of the differentiated type. */
  Operand<T> y(int output) {
    return output(output);
  }

  /** An output of whatever type: the caller knows it from the op's definition. */
  <U extends TType> Operand<U> output(int output) {
    return operation.output(output);
  }

  /** The gradient that arrives at an output; zeros if none does. */
  @SuppressWarnings("unchecked")
  Operand<T> dy(int output) {
    return (Operand<T>) gradients.get(output);
  }

  /** False if no gradient arrives at an output, so that {@link #dy} is zeros. */
  boolean arrivesAt(int output) {
    return !gradients.get(output).op().type().equals("ZerosLike");
  }

  long integer(String attribute) {
    return operation.attributes().getAttrInt(attribute);
  }

  boolean flag(String attribute) {
    return operation.attributes().getAttrBool(attribute);
  }

  float number(String attribute) {
    return operation.attributes().getAttrFloat(attribute);
  }

  String text(String attribute) {
    return operation.attributes().getAttrString(attribute);
  }

  long[] integers(String attribute) {
    return operation.attributes().getAttrIntList(attribute);
  }

  /** The gradients of the first inputs, null where there is none; the other inputs have none. */
  List<Operand<?>> gradients(Operand<?>... first) {
    return Arrays.asList(Arrays.copyOf(first, operation.numInputs()));
  }

  /** A scalar of the differentiated type. */
  Operand<T> scalar(double value, Operand<T> like) {
    return tf.dtypes.cast(tf.constant(value), like.type());
  }

  /** The size of an axis, counted from the last if it is negative. */
  Operand<TInt32> size(Operand<?> tensor, int axis) {
    Operand<TInt32> index = tf.constant(axis);
    if (axis < 0) {
      index = tf.math.add(tf.rank(tensor), index);
    }
    return tf.gather(tf.shape(tensor), index, tf.constant(0));
  }

  /**
   * The gradients of two inputs that were broadcast against each other, each summed over the axes
   * along which its input was repeated.
   */
  List<Operand<?>> unbroadcast(Operand<T> da, Operand<T> db) {
    return unbroadcast(da, db, tf.shape(input(0)), tf.shape(input(1)));
  }

  /** The same of matrices, whose last two axes do not broadcast. */
  List<Operand<?>> unbroadcastMatrices(Operand<T> da, Operand<T> db) {
    return unbroadcast(da, db, batchOf(input(0)), batchOf(input(1)));
  }

  private Operand<TInt32> batchOf(Operand<?> matrices) {
    Operand<TInt32> axes = tf.math.sub(tf.rank(matrices), tf.constant(2));
    return tf.slice(
        tf.shape(matrices), tf.constant(new int[1]), tf.expandDims(axes, tf.constant(0)));
  }

  private List<Operand<?>> unbroadcast(
      Operand<T> da, Operand<T> db, Operand<TInt32> shapeA, Operand<TInt32> shapeB) {
    var axes = BroadcastGradientArgs.create(tf.scope(), shapeA, shapeB);
    return gradients(
        tf.reshape(tf.reduceSum(da, axes.r0()), tf.shape(input(0))),
        tf.reshape(tf.reduceSum(db, axes.r1()), tf.shape(input(1))));
  }

  /** A builder for an op that has no class of its own, or one with more types than are known. */
  OperationBuilder op(String type, Operand<?>... inputs) {
    OperationBuilder builder = tf.scope().opBuilder(type, type);
    for (Operand<?> input : inputs) {
      builder.addInput(input.asOutput());
    }
    return builder;
  }

  /** A builder that is given attributes of this operation. */
  OperationBuilder copyAttributes(OperationBuilder builder, String... attributes) {
    for (String attribute : attributes) {
      builder.setAttr(attribute, operation.attributes().getAttrValueProto(attribute));
    }
    return builder;
  }

  /** An op of one output with attributes of this operation. */
  Operand<T> like(String type, String[] attributes, Operand<?>... inputs) {
    return typed(copyAttributes(op(type, inputs), attributes).build().output(0));
  }

  /** An output that is known to be of the differentiated type. */
  @SuppressWarnings("unchecked")
  Operand<T> typed(Output<?> output) {
    return (Operand<T>) output;
  }
}
