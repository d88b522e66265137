package io.github.tfwsam.examples.cli;

import java.math.BigDecimal;
import java.util.function.DoublePredicate;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Numbers of the command line: a converter a range, so that a number outside is bad usage. */
public final class Numbers {
  private Numbers() {}

  /** A number that is at least 0, and finite. */
  public static final class NonNegative implements ITypeConverter<Double> {
    /** The converter. */
    public NonNegative() {}

    @Override
    public Double convert(String text) {
      return number(text, "a number >= 0", x -> x >= 0 && x < Double.POSITIVE_INFINITY);
    }
  }

  /** A number that is greater than 0, and finite. */
  public static final class Positive implements ITypeConverter<Double> {
    /** The converter. */
    public Positive() {}

    @Override
    public Double convert(String text) {
      return number(text, "a number > 0", x -> x > 0 && x < Double.POSITIVE_INFINITY);
    }
  }

  /** A number that is at least 0 and less than 1, as gamma is. */
  public static final class Fraction implements ITypeConverter<Double> {
    /** The converter. */
    public Fraction() {}

    @Override
    public Double convert(String text) {
      return number(text, "a number >= 0 and < 1", x -> x >= 0 && x < 1);
    }
  }

  /** A whole number that is at least 1. */
  public static final class Count implements ITypeConverter<Integer> {
    /** The converter. */
    public Count() {}

    @Override
    public Integer convert(String text) {
      return wholeNumber(text, 1);
    }
  }

  /** A whole number that is at least 0. */
  public static final class CountFromZero implements ITypeConverter<Integer> {
    /** The converter. */
    public CountFromZero() {}

    @Override
    public Integer convert(String text) {
      return wholeNumber(text, 0);
    }
  }

  private static int wholeNumber(String text, int least) {
    try {
      int number = Integer.parseInt(text);
      if (number >= least) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Told as any other number out of range.
    }
    throw new TypeConversionException("'" + text + "' is not a whole number >= " + least);
  }

  private static double number(String text, String range, DoublePredicate inside) {
    try {
      double value = Double.parseDouble(text);
      if (inside.test(value)) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Told as any other number out of range.
    }
    throw new TypeConversionException("'" + text + "' is not " + range);
  }

  /**
   * A number with no more digits than it needs.
   *
   * @param value a finite number
   * @return as one would type it: 0, 0.95, 150
   */
  public static String plain(double value) {
    return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
  }
}
