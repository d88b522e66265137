package io.github.tfwsam.examples.data;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DigitsTest {
  private static final String LINE = "0,".repeat(63) + "16,";

  private static InputStream gzipped(String text) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(bytes)) {
      gzip.write(text.getBytes(StandardCharsets.US_ASCII));
    }
    return new ByteArrayInputStream(bytes.toByteArray());
  }

  @Test
  void readsAllDigitsThatShip() throws IOException {
    Examples digits = Digits.read();
    assertThat(digits.size()).isEqualTo(1797);
    for (int digit = 0; digit < 10; digit++) {
      int of = digit;
      assertThat(digits.labels().stream().filter(label -> label == of).count()).isAtLeast(174L);
    }
    for (float[] image : digits.features()) {
      assertThat(image).hasLength(64);
      for (float pixel : image) {
        assertThat(pixel).isAtLeast(0f);
        assertThat(pixel).isAtMost(1f);
      }
    }
  }

  @Test
  void scalesPixelsToOne() throws IOException {
    Examples one = Digits.read(gzipped(LINE + "7\n"), "test");
    assertThat(one.labels()).containsExactly(7);
    assertThat(one.features().get(0)[63]).isEqualTo(1f);
    assertThat(one.features().get(0)[0]).isEqualTo(0f);
  }

  @ParameterizedTest
  @ValueSource(strings = {"10", "-1", "x", "", "3,4"})
  void aDamagedLineIsNamed(String label) {
    var failure =
        assertThrows(
            IOException.class,
            () -> Digits.read(gzipped(LINE + "1\n" + LINE + label + "\n"), "digits"));
    assertThat(failure).hasMessageThat().contains("digits, line 2");
  }

  @Test
  void aCutFileIsAnError() throws IOException {
    byte[] whole = gzipped(LINE + "1\n").readAllBytes();
    var cut = new ByteArrayInputStream(whole, 0, whole.length - 6);
    var failure = assertThrows(IOException.class, () -> Digits.read(cut, "digits"));
    assertThat(failure).hasMessageThat().startsWith("digits: damaged");
  }
}
