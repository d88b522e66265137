package io.github.tfwsam.examples.data;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WavReaderTest {
  @TempDir private Path folder;

  private final WavReader reader = new WavReader(8000);

  @AfterEach
  void close() {
    reader.close();
  }

  private void assertRefused(byte[] bytes, String message) throws IOException {
    Path file = Files.write(folder.resolve("0_someone_0.wav"), bytes);
    var failure = assertThrows(IOException.class, () -> reader.read(file));
    assertThat(failure).hasMessageThat().startsWith(file + ": ");
    assertThat(failure).hasMessageThat().contains(message);
    assertThat(failure.getMessage().lines().count()).isEqualTo(1);
  }

  @Test
  void readsSamplesFromMinusOneToOne() throws IOException {
    Path file = WavFiles.write(folder.resolve("a.wav"), 0, 16384, -32768);
    assertThat(reader.read(file))
        .usingTolerance(1e-4)
        .containsExactly(new float[] {0, 0.5f, -1})
        .inOrder();
  }

  @Test
  void anotherFormatIsNamed() throws IOException {
    assertRefused(WavFiles.bytes(2, 8000, 16, 1, 2), "has 2 channels");
    assertRefused(WavFiles.bytes(1, 16000, 16, 1, 2), "has 16000 samples a second");
    assertRefused(WavFiles.bytes(1, 8000, 8, 1, 2), "convert it to 16-bit PCM");
    assertRefused(WavFiles.bytes(1, 8000, 16), "holds no sample");
  }

  @Test
  void whatIsNoWavFileIsNamed() throws IOException {
    assertRefused(new byte[0], "no wav file, or a damaged one");
    assertRefused(new byte[500], "no wav file, or a damaged one");
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 12, 20, 43, 45, 47})
  void aCutFileIsAnError(int length) throws IOException {
    byte[] whole = WavFiles.bytes(1, 8000, 16, 1, 2);
    assertRefused(Arrays.copyOf(whole, length), "no wav file, or a damaged one");
  }

  @Test
  void noDamagedHeaderEndsTheProcess() throws IOException {
    byte[] whole = WavFiles.bytes(1, 8000, 16, 1, 2, 3, 4);
    Path file = folder.resolve("a.wav");
    for (int at = 0; at < WavFiles.HEADER; at++) {
      for (byte value : new byte[] {0, 1, 127, -128, -1}) {
        byte[] damaged = whole.clone();
        damaged[at] = value;
        Files.write(file, damaged);
        try {
          assertThat(reader.read(file)).isNotEmpty();
        } catch (IOException e) {
          assertThat(e).hasMessageThat().startsWith(file.toString());
        }
      }
    }
  }
}
