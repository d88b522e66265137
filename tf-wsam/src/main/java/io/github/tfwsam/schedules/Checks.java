package io.github.tfwsam.schedules;

/** What the numbers of a schedule must be. */
final class Checks {
  private Checks() {}

  static void finite(String name, double value) {
    require(Double.isFinite(value), name, "finite", value);
  }

  static void positive(String name, double value) {
    require(value > 0 && value < Double.POSITIVE_INFINITY, name, "finite and > 0", value);
  }

  static void nonNegative(String name, double value) {
    require(value >= 0 && value < Double.POSITIVE_INFINITY, name, "finite and >= 0", value);
  }

  static void positive(String name, long value) {
    require(value > 0, name, "> 0", value);
  }

  static void nonNegative(String name, long value) {
    require(value >= 0, name, ">= 0", value);
  }

  private static void require(boolean holds, String name, String range, Object value) {
    if (!holds) {
      throw new IllegalArgumentException(name + " must be " + range + "; it is " + value + ".");
    }
  }
}
