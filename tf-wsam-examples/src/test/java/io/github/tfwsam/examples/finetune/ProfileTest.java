package io.github.tfwsam.examples.finetune;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.tfwsam.examples.finetune.SampleModel.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code wsam finetune --profile}. The model has dropout in training. */
class ProfileTest {
  private static final SampleModel MODEL = SampleModel.DROPOUT;

  @TempDir private Path folder;

  private Outcome run(String name, Object... more) {
    List<Object> arguments = new ArrayList<>(Arrays.asList(more));
    arguments.addAll(List.of("--base", "momentum", "--lr", 0.01, "--batch", 8));
    arguments.addAll(List.of("--out", folder.resolve(name)));
    return MODEL.finetune(arguments.toArray());
  }

  private static void assertDone(Outcome outcome) {
    assertWithMessage(outcome.error()).that(outcome.status()).isEqualTo(0);
  }

  private static List<String> names(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  @Test
  void changesNoBitOfTheRun() throws IOException {
    Path profile = folder.resolve("new/profile");
    Outcome plain = run("plain", "--steps", 12, "--log", folder.resolve("plain.jsonl"));
    Outcome traced =
        run("traced", "--steps", 12, "--log", folder.resolve("traced.jsonl"), "--profile", profile);
    assertDone(plain);
    assertDone(traced);
    assertThat(Files.readString(folder.resolve("traced.jsonl")))
        .isEqualTo(Files.readString(folder.resolve("plain.jsonl")));
    String weights = "variables/variables.data-00000-of-00001";
    assertThat(Files.readAllBytes(folder.resolve("traced").resolve(weights)))
        .isEqualTo(Files.readAllBytes(folder.resolve("plain").resolve(weights)));

    assertThat(names(profile)).containsExactly("step-10.json");
    assertThat(traced.out()).contains("step 10: ");
    assertThat(traced.out()).contains(profile.resolve("step-10.json").toString());
    JsonNode trace = new ObjectMapper().readTree(profile.resolve("step-10.json").toFile());
    Set<String> phases = new TreeSet<>();
    trace.get("traceEvents").forEach(event -> phases.add(event.path("cat").asText()));
    phases.remove("");
    assertThat(phases)
        .containsExactly(
            "forward",
            "first gradients",
            "perturbation",
            "second pass",
            "second gradients",
            "update",
            "other");
  }

  @Test
  void tracesTheLastStepOfAShortRun() throws IOException {
    Path profile = folder.resolve("profile");
    assertDone(run("out", "--steps", 3, "--gamma", 0, "--profile", profile));
    assertThat(names(profile)).containsExactly("step-3.json");
  }

  @Test
  void aResumedRunTracesItsOwnTenthStep() throws IOException {
    Path profile = folder.resolve("profile");
    Path checkpoints = folder.resolve("checkpoints");
    assertDone(run("one", "--steps", 4, "--checkpoint", checkpoints));
    Object[] resume = {"--checkpoint", checkpoints, "--resume", "--profile", profile};
    List<Object> more = new ArrayList<>(List.of("--steps", 4));
    more.addAll(Arrays.asList(resume));
    assertDone(run("two", more.toArray()));
    assertThat(names(profile)).isEmpty(); // No step was left.
    more.set(1, 20);
    assertDone(run("three", more.toArray()));
    assertThat(names(profile)).containsExactly("step-14.json");
  }

  @Test
  void refusesAFolderThatCannotBeMadeBeforeTraining() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    Path log = folder.resolve("log.jsonl");
    Outcome outcome = run("out", "--steps", 3, "--log", log, "--profile", file);
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.error().lines().toList()).hasSize(1);
    assertThat(outcome.error()).startsWith("wsam: " + file + ": ");
    assertThat(Files.exists(log)).isFalse();
    assertThat(Files.exists(folder.resolve("out"))).isFalse();
  }
}
