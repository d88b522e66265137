package io.github.tfwsam.examples.tasks;

/** Gives each column of numbers the mean 0 and the deviation 1. */
final class ColumnScale {
  private final double[] means;
  private final double[] deviations;

  /**
   * The scale of a table.
   *
   * @param table row after row
   * @param columns how many numbers a row has
   */
  ColumnScale(float[] table, int columns) {
    means = new double[columns];
    deviations = new double[columns];
    int rows = table.length / columns;
    for (int i = 0; i < table.length; i++) {
      means[i % columns] += (double) table[i] / rows;
    }
    double[] variances = new double[columns];
    for (int i = 0; i < table.length; i++) {
      double centered = table[i] - means[i % columns];
      variances[i % columns] += centered * centered / rows;
    }
    for (int column = 0; column < columns; column++) {
      // Of equal numbers there is nothing to scale.
      deviations[column] = variances[column] > 0 ? Math.sqrt(variances[column]) : 1;
    }
  }

  /** Scales a table of the same columns, in place. */
  void apply(float[] table) {
    for (int i = 0; i < table.length; i++) {
      int column = i % means.length;
      table[i] = (float) ((table[i] - means[column]) / deviations[column]);
    }
  }
}
