package io.github.tfwsam.examples.data;

import java.util.Locale;
import org.tensorflow.proto.DataType;

/** Element types by the names that Python gives them, and which of them is cast to which. */
final class ElementType {
  private ElementType() {}

  static String name(DataType type) {
    return switch (type) {
      case DT_HALF -> "float16";
      case DT_FLOAT -> "float32";
      case DT_DOUBLE -> "float64";
      default -> type.name().substring("DT_".length()).toLowerCase(Locale.ROOT);
    };
  }

  /** Whether there is a class in Java for tensors of a type. */
  static boolean isFeedable(DataType type) {
    return switch (type) {
      case DT_BOOL,
          DT_UINT8,
          DT_UINT16,
          DT_INT32,
          DT_INT64,
          DT_HALF,
          DT_BFLOAT16,
          DT_FLOAT,
          DT_DOUBLE,
          DT_STRING ->
          true;
      default -> false;
    };
  }

  /**
   * Whether values may be cast: within a kind, and from bool to integer to float, as NumPy's
   * casting rule {@code same_kind} has it. Whether each value survives it is another question.
   */
  static boolean isCastable(DataType from, DataType to) {
    return kind(from) == kind(to) || (kind(from) < kind(to) && to != DataType.DT_STRING);
  }

  static boolean isFloating(DataType type) {
    return kind(type) == 2;
  }

  private static int kind(DataType type) {
    return switch (type) {
      case DT_BOOL -> 0;
      case DT_UINT8, DT_UINT16, DT_INT32, DT_INT64 -> 1;
      case DT_HALF, DT_BFLOAT16, DT_FLOAT, DT_DOUBLE -> 2;
      default -> 3;
    };
  }
}
