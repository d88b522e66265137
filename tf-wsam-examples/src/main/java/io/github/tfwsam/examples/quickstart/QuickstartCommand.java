package io.github.tfwsam.examples.quickstart;

import io.github.tfwsam.examples.cli.AtomicFile;
import io.github.tfwsam.examples.cli.Numbers;
import io.github.tfwsam.examples.cli.Progress;
import io.github.tfwsam.examples.cli.TextTable;
import io.github.tfwsam.examples.data.Digits;
import io.github.tfwsam.examples.data.Examples;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code wsam quickstart}: trains on real data with the base optimizer, SAM and WSAM. */
@Command(
    name = "quickstart",
    showDefaultValues = true,
    description = {
      "Trains a small network on handwritten digits with the base optimizer, SAM and WSAM, with clean"
          + " and with wrong labels, and says what came out."
    })
public final class QuickstartCommand implements Callable<Integer> {
  private static final List<Double> NOISES = List.of(0.0, 0.4);

  /** Not 1: rho was chosen by looking at runs of the first seeds. */
  private static final int FIRST_SEED = 101;

  @Spec private CommandSpec spec;

  @Option(
      names = "--seeds",
      defaultValue = "10",
      converter = Numbers.Count.class,
      description = "How often each setting is run, each time with another seed, >= 1.")
  private int seeds;

  @Option(
      names = "--epochs",
      defaultValue = "50",
      converter = Numbers.Count.class,
      description = "How often each training example is seen, >= 1.")
  private int epochs;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "wsam-out/quickstart",
      description = "The folder for report.html.")
  private Path out;

  /** The verb. */
  public QuickstartCommand() {}

  @Override
  public Integer call() throws IOException {
    AtomicFile.createFolder(out);
    Results results = run(Digits.read());
    Path report = out.resolve("report.html");
    String command =
        String.format(Locale.ROOT, "./wsam quickstart --seeds %d --epochs %d", seeds, epochs);
    AtomicFile.write(report, Report.of(results, command));
    print(results, report, spec.commandLine().getOut());
    return 0;
  }

  private Results run(Examples examples) {
    List<Setting> settings = new ArrayList<>();
    for (int seed = FIRST_SEED; seed < FIRST_SEED + seeds; seed++) {
      for (double noise : NOISES) {
        // In turn, so that what else the machine does meets them alike.
        for (Method method : Method.values()) {
          settings.add(new Setting(method, noise, seed, epochs));
        }
      }
    }
    List<RunResult> runs = new ArrayList<>();
    try (var progress = new Progress("quickstart", settings.size(), spec.commandLine().getErr())) {
      for (Setting setting : settings) {
        RunResult result = Training.run(examples, setting);
        runs.add(result);
        progress.step(
            String.format(
                Locale.ROOT,
                "%s, seed %d: %.1f %%",
                setting.method().label,
                setting.seed(),
                100 * result.testAccuracy()));
      }
    }
    return new Results(runs);
  }

  private static void print(Results results, Path report, PrintWriter stdout) {
    var table = new TextTable(2, ResultsTable.HEADER.toArray(new String[0]));
    ResultsTable.rows(results).forEach(row -> table.row(row.toArray(new String[0])));
    stdout.print(table);
    stdout.println();
    Findings.of(results).forEach(finding -> stdout.println("- " + finding));
    stdout.println();
    stdout.println(report);
  }
}
