package io.github.tfwsam.checkpoint;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointTest {
  private static final String DATA = "variables.data-00000-of-00001";

  @TempDir private Path folder;

  private static void save(Path folder, int... steps) throws IOException {
    try (var variables = new Variables(3)) {
      var checkpoints = new CheckpointFolder(folder, variables.session);
      for (int step : steps) {
        variables.set(step);
        checkpoints.save(step, Map.of("step", Integer.toString(step)));
      }
    }
  }

  private static String valuesAt(int step) {
    try (var variables = new Variables(3)) {
      variables.set(step);
      return variables.values();
    }
  }

  /** What the newest valid checkpoint restores, in a session of its own. */
  private static String restored(Path folder) throws IOException {
    try (var variables = new Variables(3)) {
      var checkpoints = new CheckpointFolder(folder, variables.session);
      var restored = checkpoints.restoreNewest((step, properties) -> {}).orElseThrow();
      assertThat(restored.properties()).containsExactly("step", Long.toString(restored.step()));
      return variables.values();
    }
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> paths = Files.list(folder)) {
      return paths.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void restoresVariablesOfAllKindsToTheBit() throws IOException {
    save(folder, 7);
    assertThat(restored(folder)).isEqualTo(valuesAt(7));
    assertThat(restored(folder)).isNotEqualTo(valuesAt(0));
  }

  @Test
  void keepsTheNewestTwo() throws IOException {
    save(folder.resolve("new"), 1, 2, 10, 30);
    assertThat(names(folder.resolve("new"))).containsExactly("step-10", "step-30");
    assertThat(restored(folder.resolve("new"))).isEqualTo(valuesAt(30));
  }

  @Test
  void knowsWhetherThereIsOne() throws IOException {
    assertThat(CheckpointFolder.hasCheckpoint(folder.resolve("none"))).isFalse();
    Files.createDirectory(folder.resolve("step-3.part"));
    Files.createDirectory(folder.resolve("step-x"));
    assertThat(CheckpointFolder.hasCheckpoint(folder)).isFalse();
    try (var variables = new Variables(3)) {
      var checkpoints = new CheckpointFolder(folder, variables.session);
      assertThat(checkpoints.restoreNewest((step, properties) -> {})).isEmpty();
    }
    save(folder, 1);
    assertThat(CheckpointFolder.hasCheckpoint(folder)).isTrue();
  }

  @Test
  void whatAKilledProcessLeftDoesNotCount() throws IOException {
    save(folder, 4);
    Path unfinished = Files.createDirectory(folder.resolve("step-8.part"));
    Files.write(unfinished.resolve(DATA), new byte[10]);
    assertThat(restored(folder)).isEqualTo(valuesAt(4));

    save(folder, 8);
    assertThat(names(folder)).containsExactly("step-4", "step-8");
    assertThat(restored(folder)).isEqualTo(valuesAt(8));
  }

  @Test
  void theOneBeforeADamagedOneCounts() throws IOException {
    for (String damage : List.of("bit", "cut", "no data", "no index")) {
      Path at = folder.resolve(damage);
      save(at, 4, 8);
      Path data = at.resolve("step-8").resolve(DATA);
      switch (damage) {
        case "bit" -> {
          byte[] bytes = Files.readAllBytes(data);
          bytes[bytes.length - 9] ^= 1;
          Files.write(data, bytes);
        }
        case "cut" -> Files.write(data, new byte[3]);
        case "no data" -> Files.delete(data);
        default -> Files.delete(at.resolve("step-8").resolve("variables.index"));
      }
      assertThat(restored(at)).isEqualTo(valuesAt(4));

      save(at, 6);
      assertThat(names(at)).containsExactly("step-4", "step-6");
    }
  }

  @Test
  void damageAloneIsAnErrorAndChangesNothing() throws IOException {
    save(folder, 4);
    Files.write(folder.resolve("step-4").resolve(DATA), new byte[3]);
    try (var variables = new Variables(3)) {
      var checkpoints = new CheckpointFolder(folder, variables.session);
      var e =
          assertThrows(
              IOException.class, () -> checkpoints.restoreNewest((step, properties) -> {}));
      assertThat(e).hasMessageThat().contains("step-4");
      assertThat(variables.values()).isEqualTo(valuesAt(0));
    }
  }

  @Test
  void refusesTheVariablesOfAnotherGraph() throws IOException {
    save(folder, 4);
    try (var others = new Variables(5)) {
      String before = others.values();
      var checkpoints = new CheckpointFolder(folder, others.session);
      var e =
          assertThrows(
              IllegalArgumentException.class,
              () -> checkpoints.restoreNewest((step, properties) -> {}));
      assertThat(e).hasMessageThat().contains("'weights' is DT_FLOAT of shape [2, 3] there");
      assertThat(e).hasMessageThat().contains("DT_FLOAT of shape [2, 5] here");
      assertThat(others.values()).isEqualTo(before);
    }
  }

  @Test
  void refusesWhenAVariableIsMissingOrSurplus() throws IOException {
    save(folder, 4);
    try (var more = new Variables(3)) {
      var tf = org.tensorflow.op.Ops.create(more.graph);
      tf.withName("one_more").variable(tf.constant(1f));
      var checkpoints = new CheckpointFolder(folder, more.session);
      var e =
          assertThrows(
              IllegalArgumentException.class,
              () -> checkpoints.restoreNewest((step, properties) -> {}));
      assertThat(e).hasMessageThat().contains("'one_more' is none there, and DT_FLOAT");

      checkpoints.save(5, Map.of());
    }
    try (var fewer = new Variables(3)) {
      var checkpoints = new CheckpointFolder(folder, fewer.session);
      var e =
          assertThrows(
              IllegalArgumentException.class,
              () -> checkpoints.restoreNewest((step, properties) -> {}));
      assertThat(e).hasMessageThat().contains("'one_more' is DT_FLOAT of shape [] there, and none");
    }
  }

  @Test
  void theCallerMayRefuseBeforeAnythingChanges() throws IOException {
    save(folder, 4);
    try (var variables = new Variables(3)) {
      var checkpoints = new CheckpointFolder(folder, variables.session);
      assertThrows(
          IllegalStateException.class,
          () ->
              checkpoints.restoreNewest(
                  (step, properties) -> {
                    throw new IllegalStateException(properties.get("step"));
                  }));
      assertThat(variables.values()).isEqualTo(valuesAt(0));
    }
  }

  @Test
  void aFolderThatCannotBeWrittenIsAnError() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    try (var variables = new Variables(3)) {
      var checkpoints = new CheckpointFolder(file, variables.session);
      assertThrows(IOException.class, () -> checkpoints.save(1, Map.of()));
    }
  }
}
