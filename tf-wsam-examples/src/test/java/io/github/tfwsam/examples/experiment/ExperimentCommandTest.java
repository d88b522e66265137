package io.github.tfwsam.examples.experiment;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.tfwsam.examples.KilledCommand;
import io.github.tfwsam.examples.cli.ErrorLine;
import io.github.tfwsam.examples.train.TrainCommand;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class ExperimentCommandTest {
  private static final List<String> TINY =
      List.of("gamma-sweep", "--seeds", "1", "--epochs", "1", "--subset", "64");

  @TempDir Path folder;
  private Path out;

  @BeforeEach
  void out() {
    out = folder.resolve("out");
  }

  /** What a command ended in. */
  private record Outcome(int status, String stdout, String stderr) {
    void assertFailed(int expected, String message) {
      assertThat(stderr).contains(message);
      assertThat(status).isEqualTo(expected);
    }
  }

  private static Outcome run(Object command, List<String> arguments) {
    var stdout = new StringWriter();
    var stderr = new StringWriter();
    var errors = new ErrorLine(new PrintWriter(stderr), () -> false);
    int status =
        new CommandLine(command)
            .setOut(new PrintWriter(stdout))
            .setErr(new PrintWriter(stderr))
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setExecutionExceptionHandler(errors)
            .setParameterExceptionHandler(errors)
            .execute(arguments.toArray(new String[0]));
    return new Outcome(status, stdout.toString(), stderr.toString());
  }

  private static List<String> tiny(Path target, String... more) {
    List<String> arguments = new ArrayList<>(TINY);
    arguments.addAll(List.of("--out", target.toString()));
    arguments.addAll(Arrays.asList(more));
    return arguments;
  }

  private static Outcome tinyRun(Path target, String... more) {
    return run(new ExperimentCommand(), tiny(target, more));
  }

  private static List<String> rows(Path target) throws IOException {
    return Files.readAllLines(target.resolve("results.csv"));
  }

  /** The rows without what a clock says. */
  private static List<String> timeless(Path target) throws IOException {
    List<String> header = List.of(rows(target).get(0).split(",", -1));
    int seconds = header.indexOf("seconds");
    return rows(target).stream()
        .map(
            row -> {
              List<String> cells = new ArrayList<>(List.of(row.split(",", -1)));
              cells.remove(seconds);
              return String.join(",", cells);
            })
        .toList();
  }

  @Test
  void writesARowARunAndAReport() throws IOException {
    Outcome outcome = tinyRun(out);
    assertWithMessage(outcome.stderr()).that(outcome.status()).isEqualTo(0);
    List<String> rows = rows(out);
    assertThat(rows.get(0))
        .endsWith(
            "gamma,coupled,seed,train_loss,test_accuracy,sharpness,hessian_top,seconds,status");
    assertThat(rows).hasSize(9);
    for (String row : rows.subList(1, 9)) {
      assertThat(row).startsWith("digits,mlp,64,1,");
      assertThat(row).endsWith(",done");
      assertThat(row).doesNotContain(",,");
    }
    assertThat(Files.size(out.resolve("report.html"))).isGreaterThan(1000L);
    assertThat(outcome.stdout()).contains(out.resolve("report.html").toString());
  }

  @Test
  void whatEndedIsNeverRunAgain() throws IOException {
    tinyRun(out);
    List<String> rows = rows(out);
    // The clock's columns would differ.
    assertThat(tinyRun(out).status()).isEqualTo(0);
    assertThat(rows(out)).isEqualTo(rows);

    // Whichever is missing, and it alone, is run; to the same bits, however many run at a time.
    List<String> before = timeless(out);
    List<String> without = new ArrayList<>(rows);
    without.remove(3);
    Files.write(out.resolve("results.csv"), without);
    assertThat(tinyRun(out, "--jobs", "1").status()).isEqualTo(0);
    assertThat(timeless(out)).isEqualTo(before);
    List<String> after = new ArrayList<>(rows(out));
    after.remove(3);
    assertThat(after).isEqualTo(without);
  }

  @Test
  void moreSeedsAddRows() throws IOException {
    tinyRun(out);
    List<String> rows = rows(out);
    assertThat(tinyRun(out, "--seeds", "2").status()).isEqualTo(2); // Twice --seeds.
    List<String> arguments = tiny(out);
    arguments.set(2, "2");
    assertThat(run(new ExperimentCommand(), arguments).status()).isEqualTo(0);
    assertThat(rows(out)).hasSize(17);
    assertThat(rows(out).subList(0, 9)).isEqualTo(rows);
  }

  @Test
  void aRunIsThatOfTrain() throws IOException {
    tinyRun(out);
    Path trained = folder.resolve("trained");
    List<String> arguments =
        List.of(
            ("--task digits --subset 64 --epochs 1 --batch 32 --lr 0.05 --weight-decay 5e-4"
                    + " --schedule cosine --gamma 0.9 --seed 1 --threads 1 --out")
                .split(" ", -1));
    String rho = rows(out).get(1).split(",", -1)[10];
    List<String> all = new ArrayList<>(arguments);
    all.addAll(List.of(trained.toString(), "--rho", rho));
    assertThat(run(new TrainCommand(), all).status()).isEqualTo(0);
    List<String> lines = Files.readAllLines(trained.resolve("metrics.jsonl"));
    JsonNode last = new ObjectMapper().readTree(lines.get(lines.size() - 1));
    String row =
        rows(out).stream().filter(r -> r.contains(",0.9,false,")).findFirst().orElseThrow();
    assertThat(row)
        .contains(
            String.format(
                ",%s,%s,%s,",
                last.get("train_loss"), last.get("test_accuracy"), last.get("sharpness")));
  }

  @Test
  void goesOnAfterAKill() throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("experiment"));
    command.addAll(tiny(out));
    KilledCommand.run(command, out.resolve("results.csv"));
    List<String> ended = rows(out);
    assertThat(ended.size()).isLessThan(9);
    assertThat(tinyRun(out).status()).isEqualTo(0);
    assertThat(rows(out)).containsAtLeastElementsIn(ended);
    Path never = folder.resolve("never");
    tinyRun(never);
    assertThat(timeless(out)).isEqualTo(timeless(never));
    try (Stream<Path> left = Files.walk(out)) {
      assertThat(left.filter(path -> path.endsWith("checkpoints")).toList()).isEmpty();
    }
  }

  @Test
  void otherRunsAreRefused() throws IOException {
    tinyRun(out);
    List<String> rows = rows(out);
    List<String> arguments = tiny(out);
    arguments.set(4, "2");
    run(new ExperimentCommand(), arguments)
        .assertFailed(1, "row 1 is of a run that this command has not (task digits, model mlp");
    arguments.set(0, "label-noise");
    run(new ExperimentCommand(), arguments)
        .assertFailed(1, "has not the columns of this experiment; choose another --out");
    assertThat(rows(out)).isEqualTo(rows);

    Files.writeString(
        out.resolve("results.csv"), String.join("\n", rows).replace(",done", ",dead"));
    tinyRun(out).assertFailed(1, "row 1 is damaged: delete the row, and it is run anew");
    Files.writeString(out.resolve("results.csv"), rows.get(0) + "\na,b\n");
    tinyRun(out).assertFailed(1, "row 1 is damaged");
    Files.writeString(out.resolve("results.csv"), "");
    tinyRun(out).assertFailed(1, "has not the columns");
  }

  @ParameterizedTest
  @CsvSource({
    "nonsense, Invalid value for positional parameter",
    "gamma-sweep --task text, the task text reads files: give --data DIR",
    "gamma-sweep --recipe paper, the task cifar10 reads files: give --data DIR",
    "gamma-sweep --recipe paper --task digits, --recipe paper is for cifar10 and cifar100",
    "domains --recipe paper, --recipe paper is for cifar10 and cifar100",
    "cost --jobs 2, cost measures time",
    "gamma-sweep --subset 31, --subset 31: a batch of digits alone has 32 examples",
    "gamma-sweep --seeds 0, 'a whole number >= 1'"
  })
  void badUsage(String options, String message) {
    List<String> arguments = new ArrayList<>(List.of(options.split(" ", -1)));
    arguments.addAll(List.of("--out", out.toString()));
    run(new ExperimentCommand(), arguments).assertFailed(2, message.replace("'", ""));
    assertThat(Files.exists(out)).isFalse();
  }

  @Test
  void missingDataFailsBeforeAnythingIsRun() {
    Outcome outcome = tinyRun(out, "--data", folder.resolve("nowhere").toString());
    outcome.assertFailed(1, "nowhere");
    assertThat(Files.exists(out.resolve("results.csv"))).isFalse();
  }
}
