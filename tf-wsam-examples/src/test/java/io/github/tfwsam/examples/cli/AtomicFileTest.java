package io.github.tfwsam.examples.cli;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
  @TempDir Path folder;

  @Test
  void makesTheFoldersAndReplacesTheFile() throws IOException {
    Path file = folder.resolve("a/b/file.txt");
    AtomicFile.write(file, "first");
    AtomicFile.write(file, "second");

    assertThat(Files.readString(file)).isEqualTo("second");
    assertThat(names(file.getParent())).containsExactly("file.txt");
  }

  @Test
  void aFailureLeavesTheFileAsItWas() throws IOException {
    Path file = folder.resolve("file.txt");
    AtomicFile.write(file, "whole");
    assertThrows(
        IOException.class,
        () ->
            AtomicFile.write(
                file,
                stream -> {
                  stream.write("ha".getBytes(StandardCharsets.UTF_8));
                  throw new IOException("the disk is full");
                }));

    assertThat(Files.readString(file)).isEqualTo("whole");
    assertThat(names(folder)).containsExactly("file.txt");
  }

  @Test
  void aLinkToAFolderIsAFolder() throws IOException {
    Files.createDirectory(folder.resolve("real"));
    Files.createSymbolicLink(folder.resolve("link"), folder.resolve("real"));
    AtomicFile.write(folder.resolve("link/file.txt"), "text");

    assertThat(Files.readString(folder.resolve("real/file.txt"))).isEqualTo("text");
  }

  private static Stream<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList().stream();
    }
  }
}
