package io.github.tfwsam.optimizers;

/** The numbers that a hyper-parameter may be. NaN is in no range: comparisons with it are false. */
final class Ranges {
  private Ranges() {}

  static double nonNegative(String name, double value) {
    return checked(name, value, value >= 0 && value < Double.POSITIVE_INFINITY, "finite and >= 0");
  }

  static double fraction(String name, double value) {
    return checked(name, value, value >= 0 && value < 1, ">= 0 and < 1");
  }

  private static double checked(String name, double value, boolean inside, String range) {
    if (!inside) {
      throw new IllegalArgumentException(name + " must be " + range + "; it is " + value + ".");
    }
    return value;
  }
}
