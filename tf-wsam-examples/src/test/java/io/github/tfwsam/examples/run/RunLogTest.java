package io.github.tfwsam.examples.run;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunLogTest {
  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void chooseFile() {
    file = folder.resolve("log.jsonl");
  }

  private void write(long from, long to, long kept) throws IOException {
    try (var log = RunLog.open(file, kept)) {
      for (long step = from; step <= to; step++) {
        log.write(new StepResult(step, 1.0 / step, step == 2 ? null : 2.0, 1e-7).toJson());
      }
    }
  }

  @Test
  void hasALineAStep() throws IOException {
    write(1, 2, 0);
    assertThat(Files.readAllLines(file))
        .containsExactly(
            "{\"step\":1,\"loss\":1.0,\"perturbed_loss\":2.0,\"grad_norm\":1.0E-7}",
            "{\"step\":2,\"loss\":0.5,\"perturbed_loss\":null,\"grad_norm\":1.0E-7}")
        .inOrder();
  }

  @Test
  void resumedItReadsLikeOneNeverStopped() throws IOException {
    write(1, 9, 0);
    String whole = Files.readString(file);
    Files.delete(file);
    write(1, 7, 0);
    Files.writeString(file, Files.readString(file) + "{\"step\":8,\"lo");
    write(5, 9, 4);
    assertThat(Files.readString(file)).isEqualTo(whole);
  }

  @Test
  void aNewRunBeginsANewLog() throws IOException {
    write(1, 9, 0);
    write(1, 1, 0);
    assertThat(Files.readAllLines(file)).hasSize(1);
  }

  @Test
  void refusesTheLogOfAnotherRun() throws IOException {
    write(1, 3, 0);
    var tooShort = assertThrows(IllegalArgumentException.class, () -> RunLog.open(file, 4));
    assertThat(tooShort)
        .hasMessageThat()
        .contains("has 3 lines, but had 4 when the checkpoint was written");
    Files.delete(file);
    assertThrows(IllegalArgumentException.class, () -> RunLog.open(file, 1));
  }
}
