package io.github.tfwsam.examples.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Variable;
import org.tensorflow.op.random.RandomUniform;
import org.tensorflow.types.TFloat32;

/**
 * What is worked on, all of it reference variables with random values: nothing is a constant that
 * could be folded, and nothing need be fed.
 */
final class Tensors {
  /** w. */
  final List<Output<?>> variables;

  /** g1. */
  final List<Output<?>> first;

  /** g2. */
  final List<Output<?>> second;

  /** m, if there is a slot. */
  final List<Output<?>> firstSlots;

  /** v, if there are two slots. */
  final List<Output<?>> secondSlots;

  private final List<Op> initializers = new ArrayList<>();
  private long seed;

  Tensors(Ops tf, List<Shape> shapes, int slots) {
    variables = list(tf, shapes, -0.5f);
    first = list(tf, shapes, -0.5f);
    second = list(tf, shapes, -0.5f);
    firstSlots = slots > 0 ? list(tf, shapes, -0.5f) : List.of();
    secondSlots = slots > 1 ? list(tf, shapes, 0) : List.of();
  }

  /** Numbers from {@code least} to {@code least + 1}. */
  private List<Output<?>> list(Ops tf, List<Shape> shapes, float least) {
    List<Output<?>> list = new ArrayList<>();
    for (Shape shape : shapes) {
      Variable<TFloat32> variable = tf.variable(shape, TFloat32.class);
      seed++;
      var uniform =
          tf.random.randomUniform(
              tf.constant(shape.asArray()),
              TFloat32.class,
              RandomUniform.seed(seed),
              RandomUniform.seed2(seed));
      initializers.add(tf.assign(variable, tf.math.add(uniform, tf.constant(least))));
      list.add(variable.asOutput());
    }
    return list;
  }

  /** All of them. */
  List<Output<?>> all() {
    return Stream.of(variables, first, second, firstSlots, secondSlots)
        .<Output<?>>flatMap(List::stream)
        .toList();
  }

  List<Op> initializers() {
    return initializers;
  }
}
