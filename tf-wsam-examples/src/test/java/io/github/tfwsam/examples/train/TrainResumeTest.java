package io.github.tfwsam.examples.train;

import static com.google.common.truth.Truth.assertThat;

import io.github.tfwsam.examples.KilledCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run comes to that was stopped and resumed. The network normalizes batches. */
class TrainResumeTest {
  private static final List<Object> SETTINGS =
      List.of("--model", "conv", "--subset", 200, "--batch", 20, "--base", "adam", "--lr", 0.003);

  @TempDir private Path folder;
  private Path checkpoints;

  @BeforeEach
  void chooseFolder() {
    checkpoints = folder.resolve("checkpoints");
  }

  private static Object[] settings(Object... more) {
    List<Object> all = new ArrayList<>(SETTINGS);
    all.addAll(List.of("--threads", 2));
    all.addAll(List.of(more));
    return all.toArray();
  }

  private Run never(int epochs) {
    return Run.of(folder.resolve("never"), settings("--epochs", epochs)).done();
  }

  private Run run(Object... more) {
    List<Object> all = new ArrayList<>(List.of(more));
    all.addAll(List.of("--checkpoint", checkpoints));
    return Run.of(folder.resolve("stopped"), settings(all.toArray()));
  }

  private static void assertSame(Run one, Run other) throws IOException {
    assertThat(one.timelessRows()).isEqualTo(other.timelessRows());
    assertThat(one.points()).isEqualTo(other.points());
    assertThat(one.weights()).isEqualTo(other.weights());
  }

  @Test
  void itComesToTheBitsOfARunNeverStopped() throws IOException {
    Run stopped = run("--epochs", 2).done();
    // As if it had been killed after the checkpoint: the metrics are ahead.
    Files.writeString(
        stopped.metrics(),
        "{\"step\":21,\"epoch\":3,\"loss\":7}\n{\"step\":22,\"lo",
        StandardOpenOption.APPEND);
    Run resumed = run("--epochs", 4, "--resume").done();
    assertThat(resumed.stderr()).contains("wsam: resumed after step 20");
    assertSame(resumed, never(4));
  }

  @Test
  void alsoWhereItIsKilled() throws IOException, InterruptedException {
    Path out = folder.resolve("stopped");
    List<String> command = new ArrayList<>(List.of("train"));
    command.addAll(
        Run.arguments(out, settings("--checkpoint", checkpoints, "--epochs", 1_000_000)));
    KilledCommand.run(command, checkpoints.resolve("step-1"));
    Run resumed = run("--epochs", 12, "--resume").done();
    assertThat(resumed.stderr()).contains("wsam: resumed after step ");
    assertSame(resumed, never(12));
  }

  @Test
  void withoutACheckpointItBegins() throws IOException {
    Run begun = run("--epochs", 1, "--resume").done();
    assertThat(begun.stderr()).contains("holds none yet; the run begins");
    assertSame(begun, never(1));
  }

  @Test
  void aRunThatIsDoneCanBeWrittenAgain() throws IOException {
    byte[] before = run("--epochs", 1).done().weights();
    Run again = run("--epochs", 1, "--resume").done();
    assertThat(again.weights()).isEqualTo(before);
    assertSame(again, never(1));
    try (var files = Files.list(again.out())) {
      assertThat(files.toList()).hasSize(4);
    }
  }

  @Test
  void refusesWhatIsNotTheSameRun() {
    run("--epochs", 2).done();
    assertRefused("--lr 0.1", "--lr is 0.1 here, but was 0.003");
    assertRefused("--optimizer base", "--gamma is 0 here, but was 0.9");
    assertRefused("--model mlp", "--model is mlp here, but was conv");
    assertRefused("--seed 2", "--seed is 2 here");
    assertRefused("--batch 10", "--batch is 10 here");
    assertRefused("--label-noise 0.1", "--label-noise is 0.1 here");
    assertRefused("--subset 300", "the number of training examples is 300 here");
    assertRefused("--threads 1", "--threads is 1 here");
    assertRefused("--epochs 1", "20 steps are taken there, and the run is to have 10");
  }

  private void assertRefused(String options, String message) {
    List<String> arguments = new ArrayList<>(List.of(options.split(" ", -1)));
    arguments.addAll(List.of("--checkpoint", checkpoints.toString(), "--resume"));
    for (int i = 0; i < SETTINGS.size(); i += 2) {
      addUnlessThere(arguments, SETTINGS.get(i), SETTINGS.get(i + 1));
    }
    addUnlessThere(arguments, "--threads", 2);
    addUnlessThere(arguments, "--epochs", 2);
    Run other = Run.of(folder.resolve("stopped"), arguments.toArray());
    assertThat(other.stderr()).contains(message);
    assertThat(other.status()).isEqualTo(1);
  }

  private static void addUnlessThere(List<String> arguments, Object name, Object value) {
    if (!arguments.contains(name.toString())) {
      arguments.addAll(List.of(name.toString(), value.toString()));
    }
  }

  @Test
  void aRunThatIsDoneIsNotBegunAgain() throws IOException {
    Run never = never(1);
    String metrics = Files.readString(never.metrics());
    Run again =
        Run.of(never.out(), settings("--epochs", 1, "--checkpoint", checkpoints, "--resume"));
    assertThat(again.status()).isEqualTo(1);
    assertThat(again.stderr()).contains("holds a run that is done, and --checkpoint");
    assertThat(Files.readString(never.metrics())).isEqualTo(metrics);
  }

  @Test
  void anotherRunsMetricsAreRefused() throws IOException {
    Run stopped = run("--epochs", 1).done();
    Files.writeString(stopped.metrics(), "{\"step\":1,\"epoch\":1,\"loss\":2}\n");
    Run resumed = run("--epochs", 2, "--resume");
    assertThat(resumed.status()).isEqualTo(1);
    assertThat(resumed.stderr())
        .contains("metrics.jsonl: has 1 lines, but had 11 when the checkpoint was written");
    Files.writeString(stopped.metrics(), "{\"step\":1,\"loss\":2}\n" + "nonsense\n".repeat(10));
    assertThat(run("--epochs", 2, "--resume").stderr())
        .contains("metrics.jsonl, line 2: no row of a step or an epoch");
    assertThat(run("--epochs", 2).stderr()).contains("is not empty");
  }
}
