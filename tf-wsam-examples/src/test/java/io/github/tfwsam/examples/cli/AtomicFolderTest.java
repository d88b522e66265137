package io.github.tfwsam.examples.cli;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFolderTest {
  @TempDir private Path folder;

  private void write(String text) throws IOException {
    AtomicFolder.write(
        folder.resolve("target"),
        unfinished -> Files.writeString(Files.createDirectory(unfinished).resolve("file"), text));
  }

  private String content() throws IOException {
    return Files.readString(folder.resolve("target").resolve("file"));
  }

  private void assertNothingElse() throws IOException {
    try (var files = Files.list(folder)) {
      assertThat(files.toList()).containsExactly(folder.resolve("target"));
    }
  }

  @Test
  void replacesWhatIsThere() throws IOException {
    write("one");
    assertThat(content()).isEqualTo("one");
    write("two");
    assertThat(content()).isEqualTo("two");
    assertNothingElse();
  }

  @Test
  void whatFailsChangesNothing() throws IOException {
    write("one");
    assertThrows(
        IOException.class,
        () ->
            AtomicFolder.write(
                folder.resolve("target"),
                unfinished -> {
                  Files.writeString(Files.createDirectory(unfinished).resolve("file"), "half");
                  throw new IOException("full");
                }));
    assertThat(content()).isEqualTo("one");
    assertNothingElse();
  }

  @Test
  void clearsUpAfterOneThatWasKilled() throws IOException {
    Files.createDirectory(folder.resolve("target.part"));
    Files.createDirectory(folder.resolve("target.old"));
    write("one");
    assertNothingElse();
  }
}
