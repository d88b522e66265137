package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.cli.AtomicFile;
import io.github.tfwsam.examples.cli.TextTable;
import io.github.tfwsam.examples.report.Html;
import io.github.tfwsam.examples.report.Picture;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.knowm.xchart.XYChart;

/** What an experiment tells: findings, tables and pictures. */
final class Report {
  private sealed interface Part {}

  private record Heading(String text) implements Part {}

  private record Paragraph(String text) implements Part {}

  private record Table(List<String> header, List<List<String>> rows) implements Part {
    /** The first column, and those beside it in which no cell is a number. */
    int leftAligned() {
      int column = 1;
      while (column < header.size() && isText(column)) {
        column++;
      }
      return column;
    }

    private boolean isText(int column) {
      return rows.stream().noneMatch(row -> row.get(column).matches("[-+]?\\d.*"));
    }
  }

  private record Drawing(String name, XYChart chart, String caption) implements Part {}

  private final String title;
  private final String question;
  private final List<String> findings = new ArrayList<>();
  private final List<Part> parts = new ArrayList<>();

  /**
   * An empty report.
   *
   * @param title the experiment's name
   * @param question what is asked
   */
  Report(String title, String question) {
    this.title = title;
    this.question = question;
  }

  /** Adds a sentence or two that answer the question, whichever way it turned out. */
  void finding(String sentence) {
    findings.add(sentence);
  }

  List<String> findings() {
    return List.copyOf(findings);
  }

  /** Begins a section. */
  void section(String heading) {
    parts.add(new Heading(heading));
  }

  /** Adds a paragraph to the section. */
  void text(String paragraph) {
    parts.add(new Paragraph(paragraph));
  }

  /**
   * Adds a table to the section.
   *
   * @param header the columns' names
   * @param rows a cell for each column
   */
  void table(List<String> header, List<List<String>> rows) {
    parts.add(new Table(header, rows));
  }

  /**
   * Adds a picture to the section, which is written as a file too; one without series is left out.
   *
   * @param name the file's name, without .png
   * @param chart the picture
   * @param caption what it shows
   */
  void picture(String name, XYChart chart, String caption) {
    if (!chart.getSeriesMap().isEmpty()) {
      parts.add(new Drawing(name, chart, caption));
    }
  }

  /** Writes report.html and the pictures. */
  void write(Path folder, String command) throws IOException {
    var html = new Html(title, question);
    html.note("The experiment " + title + ".");
    html.findings(findings);
    List<Picture> row = new ArrayList<>();
    for (Part part : parts) {
      if (part instanceof Drawing drawing) {
        Picture picture = Picture.of(drawing.chart(), drawing.caption());
        AtomicFile.write(
            folder.resolve(drawing.name() + ".png"), stream -> stream.write(picture.png()));
        row.add(picture);
        continue;
      }
      flush(row, html);
      if (part instanceof Heading heading) {
        html.heading(heading.text());
      } else if (part instanceof Paragraph paragraph) {
        html.paragraph(paragraph.text());
      } else if (part instanceof Table table) {
        html.table(table.leftAligned(), table.header(), table.rows());
      }
    }
    flush(row, html);
    html.repeat(command);
    AtomicFile.write(folder.resolve("report.html"), html.toString());
  }

  /** Pictures that follow one another stand beside one another. */
  private static void flush(List<Picture> row, Html html) {
    if (!row.isEmpty()) {
      html.pictures(row);
      row.clear();
    }
  }

  /** Tables and findings, for the terminal. */
  String text() {
    var text = new StringBuilder();
    for (Part part : parts) {
      if (part instanceof Heading heading) {
        text.append(heading.text()).append("\n\n");
      } else if (part instanceof Table table) {
        var lines = new TextTable(table.leftAligned(), table.header().toArray(new String[0]));
        table.rows().forEach(row -> lines.row(row.toArray(new String[0])));
        text.append(lines).append('\n');
      }
    }
    findings.forEach(finding -> text.append("- ").append(finding).append('\n'));
    return text.toString();
  }
}
