package io.github.tfwsam.examples.cli;

import java.util.ArrayList;
import java.util.List;

/** A table of text: columns as wide as their cells, the first ones aligned left, the rest right. */
public final class TextTable {
  private static final String GAP = "  ";

  private final int leftAligned;
  private final List<List<String>> rows = new ArrayList<>();

  /**
   * A table that has but its header.
   *
   * @param leftAligned how many columns are aligned left
   * @param header a title a column
   */
  public TextTable(int leftAligned, String... header) {
    this.leftAligned = leftAligned;
    row(header);
  }

  /**
   * Adds a row.
   *
   * @param cells a text a column
   */
  public void row(String... cells) {
    rows.add(List.of(cells));
  }

  /** The lines of the table, each ending in a line feed. */
  @Override
  public String toString() {
    var text = new StringBuilder();
    for (List<String> row : rows) {
      var line = new StringBuilder();
      for (int column = 0; column < row.size(); column++) {
        String cell = row.get(column);
        String padding = " ".repeat(width(column) - cell.length());
        line.append(column < leftAligned ? cell + padding : padding + cell).append(GAP);
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }

  private int width(int column) {
    return rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0);
  }
}
