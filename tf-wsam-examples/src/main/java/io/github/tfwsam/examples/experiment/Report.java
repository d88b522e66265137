package io.github.tfwsam.examples.experiment;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.knowm.xchart.XYChart;

/** What an experiment tells: findings, tables and pictures. */
final class Report {
  /**
   * An empty report.
   *
   * @param title the experiment's name
   * @param question what is asked
   */
  Report(String title, String question) {}

  /** Adds a sentence or two that answer the question, whichever way it turned out. */
  void finding(String sentence) {}

  /** Begins a section. */
  void section(String heading) {}

  /** Adds a paragraph to the section. */
  void text(String paragraph) {}

  /**
   * Adds a table to the section.
   *
   * @param header the columns' names
   * @param rows a cell for each column
   */
  void table(List<String> header, List<List<String>> rows) {}

  /**
   * Adds a picture to the section, which is written as a file too.
   *
   * @param name the file's name, without .png
   * @param chart the picture
   * @param caption what it shows
   */
  void picture(String name, XYChart chart, String caption) {}

  /** Writes report.html and the pictures. */
  void write(Path folder, String command) throws IOException {}

  /** Tables and findings, for the terminal. */
  String text() {
    return "";
  }
}
