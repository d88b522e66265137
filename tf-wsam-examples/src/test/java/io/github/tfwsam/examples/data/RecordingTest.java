package io.github.tfwsam.examples.data;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecordingTest {
  @TempDir private Path folder;

  @Test
  void findsDigitAndIndexInTheName() throws IOException {
    Path inner = Files.createDirectory(folder.resolve("recordings"));
    Path second = Files.createFile(inner.resolve("7_jackson_12.wav"));
    Path first = Files.createFile(inner.resolve("0_theo_4.wav"));
    Files.createFile(inner.resolve("LICENSE"));
    assertThat(Recording.list(folder))
        .containsExactly(new Recording(first, 0, 4), new Recording(second, 7, 12))
        .inOrder();
  }

  @ParameterizedTest
  @ValueSource(strings = {"hello.wav", "10_theo_1.wav", "1_theo.wav", "1_theo_x.wav"})
  void anotherNameIsAnError(String name) throws IOException {
    Files.createFile(folder.resolve("1_theo_1.wav"));
    Path file = Files.createFile(folder.resolve(name));
    var failure = assertThrows(IOException.class, () -> Recording.list(folder));
    assertThat(failure).hasMessageThat().startsWith(file + ": is not named");
  }

  @Test
  void noRecordingsAreAnError() {
    var failure = assertThrows(IOException.class, () -> Recording.list(folder));
    assertThat(failure).hasMessageThat().contains("holds no digit_speaker_index.wav");
  }
}
