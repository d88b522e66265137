package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.cli.AtomicFile;
import io.github.tfwsam.examples.experiment.GradientCurve.Point;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVRecord;

/**
 * The curves of an experiment as files: one in the folder of each run, and all of them joined, for
 * when those are gone. Each row has the columns of the setting, then seed, step, grad_norm and
 * loss.
 */
final class GradientCurves {
  /** The name of a run's file, and of the joined one. */
  static final String FILE = "gradient_norms.csv";

  private static final String SEED = "seed";
  private static final String STEP = "step";
  private static final String NORM = "grad_norm";
  private static final String LOSS = "loss";
  private static final List<String> OWN_COLUMNS = List.of(SEED, STEP, NORM, LOSS);

  private static final CSVFormat FORMAT =
      CSVFormat.DEFAULT.builder().setRecordSeparator('\n').get();

  private GradientCurves() {}

  /**
   * Writes the curve of a run.
   *
   * @param folder the run's
   * @throws IOException if it cannot be written
   */
  static void write(Path folder, GradientCurve curve) throws IOException {
    AtomicFile.write(folder.resolve(FILE), csv(List.of(curve)));
  }

  /**
   * The curves of all runs that there is one of, from their own files or the joined one; writes
   * that.
   *
   * @param folder the experiment's
   * @return the curves, in the order of the runs
   * @throws IOException if a file cannot be read or written, or is damaged
   */
  static List<GradientCurve> join(Path folder, List<Run> runs) throws IOException {
    Map<Key, List<Point>> points = new LinkedHashMap<>();
    if (Files.exists(folder.resolve(FILE))) {
      points.putAll(read(folder.resolve(FILE)));
    }
    if (Files.isDirectory(folder.resolve("runs"))) {
      try (Stream<Path> files = Files.walk(folder.resolve("runs"))) {
        for (Path file : files.filter(f -> f.endsWith(FILE)).toList()) {
          points.putAll(read(file));
        }
      }
    }
    List<GradientCurve> curves = new ArrayList<>();
    for (Run run : runs) {
      List<Point> found = points.get(new Key(run.setting(), run.seed()));
      if (found != null) {
        curves.add(new GradientCurve(run.setting(), run.seed(), found));
      }
    }
    if (!curves.isEmpty()) {
      AtomicFile.write(folder.resolve(FILE), csv(curves));
    }
    return curves;
  }

  private record Key(Setting setting, long seed) {}

  private static String csv(List<GradientCurve> curves) throws IOException {
    var text = new StringBuilder();
    try (var printer = FORMAT.print(text)) {
      List<String> header = new ArrayList<>(curves.get(0).setting().values().keySet());
      header.addAll(OWN_COLUMNS);
      printer.printRecord(header);
      for (GradientCurve curve : curves) {
        for (Point point : curve.points()) {
          List<Object> cells = new ArrayList<>(curve.setting().values().values());
          cells.add(curve.seed());
          cells.add(point.step());
          cells.add(String.format(Locale.ROOT, "%.4e", point.gradientNorm()));
          cells.add(String.format(Locale.ROOT, "%.6g", point.loss()));
          printer.printRecord(cells);
        }
      }
    }
    return text.toString();
  }

  private static Map<Key, List<Point>> read(Path file) throws IOException {
    Map<Key, List<Point>> points = new LinkedHashMap<>();
    try (Reader reader = Files.newBufferedReader(file);
        var parser = FORMAT.builder().setHeader().setSkipHeaderRecord(true).get().parse(reader)) {
      List<String> settings = new ArrayList<>(parser.getHeaderNames());
      settings.removeAll(OWN_COLUMNS);
      for (CSVRecord row : parser) {
        Map<String, String> values = new LinkedHashMap<>();
        settings.forEach(column -> values.put(column, row.get(column)));
        points
            .computeIfAbsent(
                new Key(new Setting(values), Long.parseLong(row.get(SEED))),
                key -> new ArrayList<>())
            .add(
                new Point(
                    Integer.parseInt(row.get(STEP)),
                    Double.parseDouble(row.get(NORM)),
                    Double.parseDouble(row.get(LOSS))));
      }
    } catch (IllegalArgumentException | IllegalStateException | UncheckedIOException e) {
      throw new IOException(
          file + ": is damaged (" + e.getMessage() + "); delete it, and its curves are left out",
          e);
    }
    return points;
  }
}
