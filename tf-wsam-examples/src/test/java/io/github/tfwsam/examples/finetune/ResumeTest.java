package io.github.tfwsam.examples.finetune;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import io.github.tfwsam.examples.KilledCommand;
import io.github.tfwsam.examples.finetune.SampleModel.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a run comes to that was stopped and resumed. The model has dropout in training. */
class ResumeTest {
  private static final SampleModel MODEL = SampleModel.DROPOUT;
  private static final Object[] SETTINGS = {
    "--base", "adam", "--lr", 0.01, "--batch", 7, "--validation", MODEL.data()
  };

  @TempDir private Path folder;

  /** Where a run writes to. */
  private record Target(Path out, Path log, Path checkpoints) {}

  private Target target(String name) {
    return new Target(
        folder.resolve(name),
        folder.resolve(name + ".jsonl"),
        folder.resolve(name + ".checkpoints"));
  }

  /** Runs the verb; of a setting that is given again, the new value holds. */
  private static Outcome run(Target target, Object... more) {
    List<Object> arguments = new ArrayList<>(Arrays.asList(more));
    for (int i = 0; i < SETTINGS.length; i += 2) {
      if (!arguments.contains(SETTINGS[i])) {
        arguments.addAll(List.of(SETTINGS[i], SETTINGS[i + 1]));
      }
    }
    arguments.addAll(List.of("--out", target.out, "--log", target.log));
    arguments.addAll(List.of("--checkpoint", target.checkpoints));
    return MODEL.finetune(arguments.toArray());
  }

  private static void assertDone(Outcome outcome) {
    assertWithMessage(outcome.error()).that(outcome.status()).isEqualTo(0);
  }

  private static void delete(Path out) throws IOException {
    try (var paths = Files.walk(out)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  private static void assertSame(Target one, Target other) throws IOException {
    String weights = "variables/variables.data-00000-of-00001";
    assertThat(Files.readAllBytes(one.out.resolve(weights)))
        .isEqualTo(Files.readAllBytes(other.out.resolve(weights)));
    assertThat(Files.readString(one.log)).isEqualTo(Files.readString(other.log));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5})
  void itComesToTheBitsOfARunNeverStopped(int every) throws IOException {
    Target never = target("never");
    Outcome whole = run(never, "--steps", 23, "--every", every);
    assertDone(whole);

    Target stopped = target("stopped");
    assertDone(run(stopped, "--steps", 12, "--every", every));
    delete(stopped.out);
    // As if it had been killed after the checkpoint: the log is ahead, and another is half written.
    Files.writeString(
        stopped.log, Files.readString(stopped.log) + "{\"step\":13}\n{\"step\":14,\"lo");
    Files.createDirectory(stopped.checkpoints.resolve("step-15.part"));
    Outcome resumed = run(stopped, "--steps", 23, "--every", every, "--resume");
    assertDone(resumed);
    assertThat(resumed.error()).contains("wsam: resumed after step 12");
    assertSame(stopped, never);
    assertThat(resumed.out().replace("stopped", "never")).isEqualTo(whole.out());
  }

  @Test
  void alsoWhereItIsKilled() throws IOException, InterruptedException {
    Target killed = target("killed");
    List<String> command = new ArrayList<>(List.of("finetune"));
    command.addAll(MODEL.arguments(SETTINGS));
    command.addAll(List.of("--out", killed.out.toString(), "--log", killed.log.toString()));
    command.addAll(List.of("--checkpoint", killed.checkpoints.toString(), "--steps", "10000000"));
    KilledCommand.run(command, killed.checkpoints.resolve("step-1"));
    assertThat(Files.exists(killed.out)).isFalse();
    assertDone(run(killed, "--steps", 600, "--resume"));

    Target never = target("never");
    assertDone(run(never, "--steps", 600));
    assertSame(killed, never);
  }

  @Test
  void withoutACheckpointItBegins() throws IOException {
    Target target = target("new");
    Outcome outcome = run(target, "--steps", 3, "--resume");
    assertDone(outcome);
    assertThat(outcome.error()).contains("holds none yet; the run begins");
    Target never = target("never");
    assertDone(run(never, "--steps", 3));
    assertSame(target, never);
  }

  @Test
  void aRunThatIsDoneCanBeWrittenAgain() throws IOException {
    Target done = target("done");
    assertDone(run(done, "--steps", 5));
    byte[] before = Files.readAllBytes(done.out.resolve("variables/variables.data-00000-of-00001"));
    delete(done.out);
    assertDone(run(done, "--steps", 5, "--resume"));
    assertThat(Files.readAllBytes(done.out.resolve("variables/variables.data-00000-of-00001")))
        .isEqualTo(before);
  }

  @Test
  void refusesWhatIsNotTheSameRun() throws IOException {
    Target target = target("run");
    assertDone(run(target, "--steps", 5));
    delete(target.out);
    assertRefused(target, "holds a checkpoint of a run; give --resume", "--steps", 9);
    assertRefused(
        target, "--lr is 0.02 here, but was 0.01", "--steps", 9, "--resume", "--lr", 0.02);
    assertRefused(
        target, "--base is sgd here, but was adam", "--steps", 9, "--resume", "--base", "sgd");
    assertRefused(target, "--seed is 2 here, but was 1", "--steps", 9, "--resume", "--seed", 2);
    assertRefused(target, "--batch is 8 here, but was 7", "--steps", 9, "--resume", "--batch", 8);
    assertRefused(
        target,
        "--trainable is w here, but was not given",
        "--steps",
        9,
        "--resume",
        "--trainable",
        "w");
    assertRefused(
        target, "5 steps are taken there, and the run is to have 4", "--steps", 4, "--resume");
    Files.writeString(target.log, "{\"step\":1}\n");
    assertRefused(
        target, "has 1 lines, but had 5 when the checkpoint was written", "--steps", 9, "--resume");
  }

  private static void assertRefused(Target target, String message, Object... more) {
    Outcome outcome = run(target, more);
    assertThat(outcome.error()).contains(message);
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(Files.exists(target.out)).isFalse();
  }
}
