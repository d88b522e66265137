package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.cli.AtomicFile;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVRecord;

/**
 * results.csv: a row a run that ended, with the setting's columns, the seed, what was measured, and
 * the status. It is written whole after each run, so that a kill loses none that ended.
 */
final class ResultsFile {
  static final String NAME = "results.csv";

  private static final String SEED = "seed";
  private static final String STATUS = "status";
  private static final List<String> MEASURES =
      List.of(Run.TRAIN_LOSS, Run.TEST_ACCURACY, Run.SHARPNESS, Run.HESSIAN_TOP, Run.SECONDS);
  private static final CSVFormat FORMAT =
      CSVFormat.DEFAULT.builder().setRecordSeparator('\n').get();

  private final Path file;
  private final List<Setting> settings;
  private final List<String> columns;
  private final List<String> furtherMeasures;
  private final List<Run> runs = new ArrayList<>();

  private ResultsFile(Path file, List<Setting> settings, List<String> furtherMeasures) {
    this.file = file;
    this.settings = settings;
    this.columns = List.copyOf(settings.get(0).values().keySet());
    this.furtherMeasures = furtherMeasures;
  }

  /**
   * Reads the runs that ended before, if there are any.
   *
   * @param folder where the file is
   * @param settings the settings of the grid
   * @param furtherMeasures what the experiment measures besides
   * @throws IOException if the file cannot be read, or is no such file
   * @throws IllegalArgumentException if it is of other settings
   */
  static ResultsFile open(Path folder, List<Setting> settings, List<String> furtherMeasures)
      throws IOException {
    var results = new ResultsFile(folder.resolve(NAME), List.copyOf(settings), furtherMeasures);
    if (Files.exists(results.file)) {
      results.read();
    }
    return results;
  }

  private List<String> header() {
    List<String> header = new ArrayList<>(columns);
    header.add(SEED);
    header.addAll(MEASURES);
    header.add(STATUS);
    header.addAll(furtherMeasures);
    return header;
  }

  private void read() throws IOException {
    try (Reader reader = Files.newBufferedReader(file);
        var parser = FORMAT.builder().setHeader().setSkipHeaderRecord(true).get().parse(reader)) {
      if (!parser.getHeaderNames().equals(header())) {
        throw new IllegalArgumentException(
            file + ": has not the columns of this experiment; choose another --out");
      }
      for (CSVRecord row : parser) {
        Run run = run(row);
        if (!settings.contains(run.setting())) {
          throw new IllegalArgumentException(
              String.format(
                  "%s: row %d is of a run that this command has not (%s); repeat the command as it"
                      + " was, or choose another --out",
                  file, row.getRecordNumber(), run.setting()));
        }
        if (!contains(run.setting(), run.seed())) {
          runs.add(run);
        }
      }
    } catch (UncheckedIOException | IllegalStateException e) { // The parser's, within the loop.
      throw new IOException(file + ": is damaged: " + e.getMessage(), e);
    }
  }

  private Run run(CSVRecord row) throws IOException {
    try {
      Map<String, String> values = new LinkedHashMap<>();
      columns.forEach(column -> values.put(column, row.get(column)));
      Map<String, Double> measures = new LinkedHashMap<>();
      for (String measure : measures()) {
        if (!row.get(measure).isEmpty()) {
          measures.put(measure, Double.valueOf(row.get(measure)));
        }
      }
      return new Run(
          new Setting(values),
          Long.parseLong(row.get(SEED)),
          measures,
          Run.Status.valueOf(row.get(STATUS).toUpperCase(Locale.ROOT)));
    } catch (IllegalArgumentException e) {
      throw new IOException(
          file
              + ": row "
              + row.getRecordNumber()
              + " is damaged: delete the row, and it is run anew",
          e);
    }
  }

  private List<String> measures() {
    List<String> measures = new ArrayList<>(MEASURES);
    measures.addAll(furtherMeasures);
    return measures;
  }

  /** Whether a run ended. */
  boolean contains(Setting setting, long seed) {
    return runs.stream().anyMatch(run -> run.seed() == seed && run.setting().equals(setting));
  }

  /**
   * Adds a run that ended, in the order of the seeds and of the grid.
   *
   * @throws IOException if the file cannot be written
   */
  void add(Run run) throws IOException {
    runs.add(run);
    runs.sort(
        Comparator.comparingLong(Run::seed)
            .thenComparingInt((Run row) -> settings.indexOf(row.setting())));
    var text = new StringBuilder();
    try (var printer = FORMAT.print(text)) {
      printer.printRecord(header());
      for (Run row : runs) {
        printer.printRecord(cells(row));
      }
    }
    AtomicFile.write(file, text.toString());
  }

  private List<String> cells(Run run) {
    List<String> cells = new ArrayList<>(run.setting().values().values());
    cells.add(Long.toString(run.seed()));
    MEASURES.forEach(measure -> cells.add(cell(run, measure)));
    cells.add(run.status().toString());
    furtherMeasures.forEach(measure -> cells.add(cell(run, measure)));
    return cells;
  }

  private static String cell(Run run, String measure) {
    double value = run.measure(measure);
    return Double.isFinite(value) ? Double.toString(value) : "";
  }

  Results results() {
    return new Results(runs);
  }
}
