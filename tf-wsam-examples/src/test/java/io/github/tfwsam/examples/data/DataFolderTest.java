package io.github.tfwsam.examples.data;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataFolderTest {
  private static final Pattern NAME = Pattern.compile("train\\.tsv");

  @TempDir private Path folder;
  private Path below;

  @BeforeEach
  void makeFolders() throws IOException {
    below = Files.createDirectories(folder.resolve("text").resolve("banking"));
  }

  private Path find() throws IOException {
    return DataFolder.holding(folder, NAME, "train.tsv");
  }

  @Test
  void takesTheGivenFolderBeforeThoseBelow() throws IOException {
    Files.createFile(below.resolve("train.tsv"));
    Files.createFile(folder.resolve("train.tsv"));
    assertThat(find()).isEqualTo(folder);
  }

  @Test
  void looksTwoLevelsBelow() throws IOException {
    Files.createFile(below.resolve("train.tsv"));
    assertThat(find()).isEqualTo(below);
  }

  @Test
  void followsLinks() throws IOException {
    Files.createFile(below.resolve("train.tsv"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), below);
    var failure = assertThrows(IOException.class, this::find);
    assertThat(failure).hasMessageThat().contains(link.toString());
  }

  @Test
  void severalAreAnErrorThatNamesThem() throws IOException {
    Files.createFile(below.resolve("train.tsv"));
    Files.createFile(folder.resolve("text").resolve("train.tsv"));
    var failure = assertThrows(IOException.class, this::find);
    assertThat(failure)
        .hasMessageThat()
        .contains("both " + folder.resolve("text") + " and " + below + " hold train.tsv");
  }

  @Test
  void noneIsAnError() throws IOException {
    Files.createFile(Files.createDirectory(below.resolve("deep")).resolve("train.tsv"));
    var failure = assertThrows(IOException.class, this::find);
    assertThat(failure).hasMessageThat().contains(folder + ": holds no train.tsv");
    Path missing = folder.resolve("missing");
    failure = assertThrows(IOException.class, () -> DataFolder.holding(missing, NAME, "train.tsv"));
    assertThat(failure).hasMessageThat().contains(missing + ": is no folder");
  }
}
