package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.cli.Numbers;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What runs are run with, but for the seed: a value for each column of results.csv. The columns are
 * named as the options of {@code wsam train}, with {@code _} for {@code -}.
 *
 * @param values the value of each column, in the order of the columns
 */
record Setting(Map<String, String> values) {
  /**
   * Keeps an unmodifiable copy, in order.
   *
   * @param values the value of each column, in the order of the columns
   */
  Setting {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /** Of alternating columns and values. */
  static Setting of(Object... columnsAndValues) {
    return new Setting(Map.of()).with(columnsAndValues);
  }

  /** The columns in which settings, at least one, have the same value. */
  static Setting common(List<Setting> settings) {
    Map<String, String> common = new LinkedHashMap<>(settings.get(0).values());
    settings.forEach(setting -> common.entrySet().retainAll(setting.values().entrySet()));
    return new Setting(common);
  }

  /** The columns that another setting does not have. */
  Setting without(Setting other) {
    Map<String, String> left = new LinkedHashMap<>(values);
    left.keySet().removeAll(other.values().keySet());
    return new Setting(left);
  }

  /** The same, but for these columns, which are added where they are not there yet. */
  Setting with(Object... columnsAndValues) {
    Map<String, String> changed = new LinkedHashMap<>(values);
    for (int i = 0; i < columnsAndValues.length; i += 2) {
      changed.put((String) columnsAndValues[i], text(columnsAndValues[i + 1]));
    }
    return new Setting(changed);
  }

  /**
   * The value of a column.
   *
   * @throws IllegalArgumentException if there is no such column
   */
  String get(String column) {
    String value = values.get(column);
    if (value == null) {
      throw new IllegalArgumentException("no column '" + column + "' in " + values.keySet());
    }
    return value;
  }

  /** A value as it is written: of a number no more digits than it needs. */
  static String text(Object value) {
    return value instanceof Double number ? Numbers.plain(number) : value.toString();
  }

  /** The number in a column. */
  double number(String column) {
    return Double.parseDouble(get(column));
  }

  /** The same as options of {@code wsam train}; a flag is given where it is true. */
  List<String> arguments() {
    List<String> arguments = new ArrayList<>();
    values.forEach(
        (column, value) -> {
          if (!value.equals("false")) {
            arguments.add("--" + column.replace('_', '-'));
            if (!value.equals("true")) {
              arguments.add(value);
            }
          }
        });
    return arguments;
  }

  /** As a reader meets it: {@code task digits, gamma 0.9}. */
  @Override
  public String toString() {
    List<String> parts = new ArrayList<>();
    values.forEach((column, value) -> parts.add(column.replace('_', ' ') + " " + value));
    return String.join(", ", parts);
  }
}
