package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.cli.AtomicFile;
import io.github.tfwsam.examples.experiment.GradientCurve.Point;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The curves of an experiment as files: one in the folder of each run, and all of them joined, for
 * when those are gone. Each row has the columns of the setting, then seed, step, grad_norm and
 * loss.
 */
final class GradientCurves {
  /** The name of a run's file, and of the joined one. */
  static final String FILE = "gradient_norms.csv";

  private static final List<String> OWN_COLUMNS = List.of("seed", "step", "grad_norm", "loss");

  private static final Pattern COMMA = Pattern.compile(",");

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
      read(folder.resolve(FILE), points);
    }
    if (Files.isDirectory(folder.resolve("runs"))) {
      try (Stream<Path> folders = Files.list(folder.resolve("runs"))) {
        for (Path file : folders.map(f -> f.resolve(FILE)).filter(Files::exists).toList()) {
          Map<Key, List<Point>> own = new LinkedHashMap<>();
          read(file, own);
          points.putAll(own);
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

  private static String csv(List<GradientCurve> curves) {
    var csv = new StringBuilder();
    List<String> header = new ArrayList<>(curves.get(0).setting().values().keySet());
    header.addAll(OWN_COLUMNS);
    csv.append(String.join(",", header)).append('\n');
    for (GradientCurve curve : curves) {
      String start = String.join(",", curve.setting().values().values()) + "," + curve.seed();
      for (Point point : curve.points()) {
        csv.append(
            String.format(
                Locale.ROOT,
                "%s,%d,%.4e,%.6g\n",
                start,
                point.step(),
                point.gradientNorm(),
                point.loss()));
      }
    }
    return csv.toString();
  }

  private static void read(Path file, Map<Key, List<Point>> points) throws IOException {
    List<String> lines = Files.readAllLines(file);
    List<String> header =
        lines.isEmpty() ? List.of() : Arrays.asList(COMMA.split(lines.get(0), -1));
    int own = header.size() - OWN_COLUMNS.size();
    if (own < 0 || !header.subList(own, header.size()).equals(OWN_COLUMNS)) {
      throw new IOException(
          file + ": no header that ends in " + String.join(",", OWN_COLUMNS) + "; delete the file");
    }
    for (int i = 1; i < lines.size(); i++) {
      String[] cells = COMMA.split(lines.get(i), -1);
      try {
        Map<String, String> values = new LinkedHashMap<>();
        for (int column = 0; column < own; column++) {
          values.put(header.get(column), cells[column]);
        }
        var key = new Key(new Setting(values), Long.parseLong(cells[own]));
        points
            .computeIfAbsent(key, k -> new ArrayList<>())
            .add(
                new Point(
                    Integer.parseInt(cells[own + 1]),
                    Double.parseDouble(cells[own + 2]),
                    Double.parseDouble(cells[own + 3])));
      } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
        throw new IOException(
            file + ", line " + (i + 1) + ": not a row of the file; delete the file", e);
      }
    }
  }
}
