package io.github.tfwsam.examples.experiment;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.tfwsam.examples.cli.Progress;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GridTest {
  private static final List<Setting> SETTINGS =
      List.of(
          Setting.of("task", "digits", "gamma", 0, "coupled", false),
          Setting.of("task", "digits", "gamma", 0.9, "coupled", false));

  @TempDir Path folder;

  private static Run done(Setting setting, long seed) {
    return new Run(setting, seed, Map.of(Run.TRAIN_LOSS, 0.25), Run.Status.DONE);
  }

  private Grid grid() throws IOException {
    return new Grid(folder, SETTINGS, 2, ResultsFile.open(folder, SETTINGS, List.of()));
  }

  @Test
  void progressTellsWhatDiffersAndCountsWhatEndedBefore() throws IOException {
    ResultsFile.open(folder, SETTINGS, List.of()).add(done(SETTINGS.get(0), 1));
    var err = new StringWriter();
    Grid grid = grid();
    assertThat(grid.total()).isEqualTo(4);
    assertThat(grid.size()).isEqualTo(3);
    try (var progress = new Progress("name", 4, 1, new PrintWriter(err))) {
      grid.run((setting, seed, own) -> done(setting, seed), 1, progress);
    }
    assertThat(err.toString()).startsWith("name: 2 of 4, gamma 0.9, seed 1: loss 0.2500, ");
  }

  @Test
  void whereARunFailsTheOthersHaveStoppedWhenThatIsTold() throws IOException {
    var isRunning = new CountDownLatch(1);
    var hasStopped = new AtomicBoolean();
    Runner runner =
        (setting, seed, own) -> {
          try {
            if (setting.equals(SETTINGS.get(0))) {
              isRunning.await();
              throw new IOException("no space is left");
            }
            isRunning.countDown();
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            long end = System.nanoTime() + 100_000_000L;
            while (System.nanoTime() < end) {
              Thread.onSpinWait();
            }
            hasStopped.set(true);
          }
          return done(setting, seed);
        };
    try (var progress = new Progress("name", 4, new PrintWriter(new StringWriter()))) {
      assertThat(assertThrows(IOException.class, () -> grid().run(runner, 2, progress)))
          .hasMessageThat()
          .isEqualTo("no space is left");
    }
    assertThat(hasStopped.get()).isTrue();
  }
}
