package io.github.tfwsam.examples.data;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.tensorflow.DeviceSpec;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TNumber;
import org.tensorflow.types.family.TType;

/** Makes of what a file holds what a graph wants, value by value, or says why it cannot be. */
final class Conversion {
  /** Where columns are worked on, for they may be larger than a GPU. */
  static final DeviceSpec CPU =
      DeviceSpec.newBuilder().deviceType(DeviceSpec.DeviceType.CPU).deviceIndex(0).build();

  private final InputSpec input;
  private final long examples;
  private final String where;
  private final Ops tf;
  private final List<String> faults = new ArrayList<>();
  private final List<Operand<TInt64>> firstFaulty = new ArrayList<>();

  private Conversion(InputSpec input, long examples, String where, Ops tf) {
    this.input = input;
    this.examples = examples;
    this.where = where;
    this.tf = tf;
  }

  /**
   * Converts a column.
   *
   * @return the values first; to be closed by the caller
   * @throws IllegalArgumentException if its type, its shape or a value is not what is wanted
   */
  static Result convert(Column column, InputSpec input, String where) {
    try (var graph = new Graph();
        var session = new Session(graph)) {
      Ops tf = Ops.create(graph).withDevice(CPU);
      return new Conversion(input, column.shape().get(0), where, tf).run(column, session);
    }
  }

  private Result run(Column column, Session session) {
    TType values = column.values();
    requireCastable(column);
    Placeholder<? extends TType> file = tf.placeholder(values.type());
    Operand<? extends TType> inOrder =
        column.isReversed() ? tf.linalg.transpose(file, reverse(values.rank())) : file;
    Operand<? extends TType> shaped = shaped(inOrder, column.shape());
    Operand<? extends TType> wanted = cast(shaped);
    Session.Runner runner = session.runner().feed(file, values).fetch(tf.identity(wanted));
    firstFaulty.forEach(runner::fetch);
    Result result = runner.run();
    try {
      for (int i = 0; i < faults.size(); i++) {
        long row = ((TInt64) result.get(1 + i)).getLong();
        if (row < examples) {
          throw new IllegalArgumentException(
              where + ": example " + row + " (the first is 0) " + faults.get(i));
        }
      }
      return result;
    } catch (IllegalArgumentException e) {
      result.close();
      throw e;
    }
  }

  private void requireCastable(Column column) {
    if (!ElementType.isCastable(column.values().dataType(), input.type())) {
      throw new IllegalArgumentException(
          String.format(
              "%s: is %s, but %s is wanted; save it as that",
              where, column.dtype(), ElementType.name(input.type())));
    }
  }

  private Operand<TInt32> reverse(int rank) {
    return tf.array(IntStream.range(0, rank).map(axis -> rank - 1 - axis).toArray());
  }

  /** In the wanted shape: as in Keras, a last axis of 1 may be missing or surplus. */
  private <T extends TType> Operand<T> shaped(Operand<T> values, Shape shape) {
    Shape example = shape.tail();
    if (input.admits(example)) {
      return values;
    }
    Shape longer = example.append(1);
    if (input.admits(longer) && input.example().get(-1) == 1) {
      return tf.reshape(values, tf.constant(shape.append(1)));
    }
    if (example.numDimensions() > 0 && example.get(-1) == 1) {
      Shape shorter = shape.take(shape.numDimensions() - 1);
      if (input.admits(shorter.tail())) {
        return tf.reshape(values, tf.constant(shorter));
      }
    }
    throw new IllegalArgumentException(
        String.format(
            "%s: has the shape %s, but %s is wanted; save it in that",
            where, InputSpec.text(shape), InputSpec.text(input.shape())));
  }

  @SuppressWarnings("unchecked") // Numbers are what is left when bool and string are not.
  private Operand<? extends TType> cast(Operand<? extends TType> values) {
    Class<? extends TType> type = input.javaType();
    boolean isSame = values.type().equals(type);
    if (!TNumber.class.isAssignableFrom(type)) {
      return values; // bool or string, of the same type
    }
    Operand<? extends TNumber> cast =
        (Operand<? extends TNumber>) (isSame ? values : tf.dtypes.cast(values, type));
    String name = ElementType.name(input.type());
    if (ElementType.isFloating(input.type())) {
      fault(
          "is NaN, infinite or too large for " + name, tf.math.logicalNot(tf.math.isFinite(cast)));
    } else if (!isSame) {
      fault("does not fit " + name, changed(values, cast));
    }
    input
        .range()
        .ifPresent(
            range ->
                fault(
                    String.format("is not from %d to %d", range.least(), range.greatest()),
                    outside(tf.dtypes.cast(cast, TFloat64.class), range)));
    return cast;
  }

  private <T extends TType> Operand<TBool> changed(Operand<T> before, Operand<?> after) {
    return tf.math.notEqual(tf.dtypes.cast(after, before.type()), before);
  }

  private Operand<TBool> outside(Operand<TFloat64> values, InputSpec.Range range) {
    return tf.math.logicalOr(
        tf.math.less(values, tf.constant((double) range.least())),
        tf.math.greater(values, tf.constant((double) range.greatest())));
  }

  /** Notes in which example a fault is first; in none, it is the number of examples. */
  private void fault(String what, Operand<TBool> isFaulty) {
    Operand<TBool> byExample = tf.reshape(isFaulty, tf.array(examples, -1L));
    Operand<TInt64> perExample = tf.dtypes.cast(tf.reduceAny(byExample, tf.array(1)), TInt64.class);
    // Behind the last example one more that is faulty, so that there always is a first.
    Operand<TInt64> withEnd = tf.concat(List.of(perExample, tf.array(1L)), tf.constant(0));
    faults.add(what);
    firstFaulty.add(tf.math.argMax(withEnd, tf.constant(0)));
  }
}
