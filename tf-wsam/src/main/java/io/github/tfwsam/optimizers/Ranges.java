package io.github.tfwsam.optimizers;

import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TType;

/** The numbers that a hyper-parameter may be. NaN is in no range: comparisons with it are false. */
final class Ranges {
  private Ranges() {}

  static double nonNegative(String name, double value) {
    return checked(name, value, value >= 0 && value < Double.POSITIVE_INFINITY, "finite and >= 0");
  }

  static double fraction(String name, double value) {
    return checked(name, value, value >= 0 && value < 1, ">= 0 and < 1");
  }

  /** A moving average whose decay is rounded to 1 would never move. */
  static void requireBelowOne(String name, double fraction, StateVariable<?> variable) {
    if (1 - fraction <= halfStepBelowOne(variable.type())) {
      throw new IllegalArgumentException(
          name
              + " = "
              + fraction
              + " is 1 when it is rounded to the type of the variable '"
              + variable.name()
              + "' ("
              + variable.type().getSimpleName()
              + "): choose a smaller one, or keep the variable in float32.");
    }
  }

  /** Half of the distance between 1 and the largest number below it. */
  private static double halfStepBelowOne(Class<? extends TType> type) {
    if (type.equals(TBfloat16.class)) {
      return 0x1p-9;
    }
    if (type.equals(TFloat16.class)) {
      return 0x1p-12;
    }
    return type.equals(TFloat32.class) ? 0x1p-25 : 0;
  }

  private static double checked(String name, double value, boolean inside, String range) {
    if (!inside) {
      throw new IllegalArgumentException(name + " must be " + range + "; it is " + value + ".");
    }
    return value;
  }
}
