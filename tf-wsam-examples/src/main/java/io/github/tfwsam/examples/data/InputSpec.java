package io.github.tfwsam.examples.data;

import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.tensorflow.Output;
import org.tensorflow.internal.types.registry.TensorTypeRegistry;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.DataType;
import org.tensorflow.types.family.TType;

/**
 * What a graph wants to be fed by one name: the first axis counts examples.
 *
 * @param name the name in the files
 * @param type the element type
 * @param shape the shape, of unknown rank or with unknown dimensions where any will do
 * @param range what the values must lie in, if that is known
 */
public record InputSpec(String name, DataType type, Shape shape, Optional<Range> range) {

  /**
   * A closed range of numbers.
   *
   * @param least the least of them
   * @param greatest the greatest of them
   */
  public record Range(long least, long greatest) {}

  /**
   * What a placeholder wants.
   *
   * @param name the name in the files
   * @param placeholder the placeholder
   * @return its specification
   * @throws IllegalArgumentException if it cannot be fed from a file: a scalar, or of an element
   *     type that TensorFlow-Java has no tensors of
   */
  public static InputSpec of(String name, Output<?> placeholder) {
    if (!ElementType.isFeedable(placeholder.dataType())) {
      throw new IllegalArgumentException(
          String.format(
              "The input '%s' is of type %s, which TensorFlow-Java cannot feed: cast inside of the"
                  + " model, and save it anew",
              name, ElementType.name(placeholder.dataType())));
    }
    if (placeholder.shape().numDimensions() == 0) {
      throw new IllegalArgumentException(
          "The input '"
              + name
              + "' is a scalar, with no axis that counts examples: save the model with a signature"
              + " that does without");
    }
    return new InputSpec(
        name, placeholder.dataType(), placeholder.shape(), Optional.<Range>empty());
  }

  /**
   * The same, with a range.
   *
   * @param values what the values must lie in
   * @return the specification
   */
  public InputSpec within(Range values) {
    return new InputSpec(name, type, shape, Optional.of(values));
  }

  /**
   * The only batch that can be fed.
   *
   * @return its number of examples; empty if any will do
   */
  public OptionalLong fixedBatch() {
    return shape.isUnknown() || shape.get(0) == Shape.UNKNOWN_SIZE
        ? OptionalLong.empty()
        : OptionalLong.of(shape.get(0));
  }

  /**
   * The class of its tensors.
   *
   * @return the class of the element type
   */
  public Class<? extends TType> javaType() {
    return TensorTypeRegistry.find(type).type();
  }

  /** The shape of an example; null if it is not known how many axes it has. */
  Shape example() {
    return shape.isUnknown() ? null : shape.tail();
  }

  /** Whether a batch of examples of this shape can be fed. */
  boolean admits(Shape example) {
    return example() == null
        || (example.numDimensions() == example().numDimensions()
            && example.isCompatibleWith(example()));
  }

  static String text(Shape shape) {
    return Arrays.stream(shape.asArray())
        .mapToObj(size -> size == Shape.UNKNOWN_SIZE ? "?" : Long.toString(size))
        .collect(Collectors.joining(", ", "[", "]"));
  }
}
