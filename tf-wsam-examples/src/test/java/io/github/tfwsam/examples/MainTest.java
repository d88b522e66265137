package io.github.tfwsam.examples;

import static com.google.common.truth.Truth.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String commandLine) {
    return Main.run(
        new PrintWriter(out), new PrintWriter(err), commandLine.strip().split(" +", -1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nonsense",
        "toy --nonsense",
        "toy nonsense",
        "toy --rho -1",
        "toy --rho NaN",
        "toy --rho Infinity",
        "toy --rho two",
        "toy --gammas 1",
        "toy --gammas 0.5,-0.1",
        "toy --gammas NaN",
        "toy --gammas",
        "toy --modes sideways",
        "toy --steps 0",
        "toy --steps 1.5",
        "toy --steps 99999999999",
        "finetune",
        "finetune --model m --data d.npz --out o",
        "train",
        "train --task digits",
        "train --task digits --out o --optimizer base --gamma 0.5",
        "bench",
        "bench update --params 0",
        "bench update --params 3 --tensors 4",
      })
  void badUsageIsOneLineAndStatusTwo(String commandLine) {
    assertThat(run(commandLine)).isEqualTo(2);
    assertThat(err.toString().lines().toList()).hasSize(1);
    assertThat(err.toString()).startsWith("wsam: ");
    assertThat(err.toString()).contains("--help");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void noVerbIsBadUsage() {
    assertThat(Main.run(new PrintWriter(out), new PrintWriter(err))).isEqualTo(2);
    assertThat(err.toString().lines().toList()).hasSize(1);
  }

  @Test
  void workThatFailsIsOneLineAndStatusOne(@TempDir Path folder) throws IOException {
    Path file = Files.createFile(folder.resolve("file"));

    assertThat(run("toy --steps 1 --out " + file)).isEqualTo(1);
    assertThat(err.toString().lines().toList()).hasSize(1);
    assertThat(err.toString()).startsWith("wsam: " + file + ": ");
  }

  @Test
  void theStackTraceIsForThoseWhoAsk(@TempDir Path folder) throws IOException {
    Path file = Files.createFile(folder.resolve("file"));

    assertThat(run("toy --steps 1 --stacktrace --out " + file)).isEqualTo(1);
    assertThat(err.toString()).startsWith("wsam: " + file + ": ");
    assertThat(err.toString()).contains("\tat io.github.tfwsam.examples.toy.ToyCommand.call");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--help",
        "toy --help",
        "toy -h",
        "finetune --help",
        "train --help",
        "bench --help",
        "bench update --help",
        "--version"
      })
  void helpIsAResult(String commandLine) {
    assertThat(run(commandLine)).isEqualTo(0);
    assertThat(out.toString()).contains("wsam");
    assertThat(err.toString()).isEmpty();
  }
}
