package io.github.tfwsam.examples.data;

import static com.google.common.truth.Truth.assertThat;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LabeledTextTest {
  @TempDir private Path folder;

  private Path write(String text, Charset charset) throws IOException {
    return Files.writeString(folder.resolve("train.tsv"), text, charset);
  }

  @Test
  void readsLabelsAndTexts() throws IOException {
    Path file = write("3\tWhere is my card?\r\n\n0\tÜber\tzwei Felder ", UTF_8);
    assertThat(LabeledText.read(file, 4))
        .containsExactly(
            new LabeledText(3, "Where is my card?"), new LabeledText(0, "Über\tzwei Felder"))
        .inOrder();
  }

  @ParameterizedTest
  @CsvSource({
    "'no tab', has no tab",
    "'1\t ', has no text after the tab",
    "'x\ttext', the label 'x' is not a number from 0 to 3",
    "'-1\ttext', the label '-1' is not a number from 0 to 3",
    "'4\ttext', the label '4' is not a number from 0 to 3",
    "'9999999999\ttext', the label '9999999999' is not"
  })
  void aDamagedLineIsNamed(String line, String message) throws IOException {
    Path file = write("1\tright\n" + line + "\n", UTF_8);
    var failure = assertThrows(IOException.class, () -> LabeledText.read(file, 4));
    assertThat(failure).hasMessageThat().startsWith(file + ", line 2: ");
    assertThat(failure).hasMessageThat().contains(message.replace("\"", "'"));
  }

  @Test
  void anotherEncodingIsNamedWithItsLine() throws IOException {
    Path file = write("1\tright\n2\tüber\n", ISO_8859_1);
    var failure = assertThrows(IOException.class, () -> LabeledText.read(file, 4));
    assertThat(failure).hasMessageThat().startsWith(file + ", line 2: is not in UTF-8");
  }

  @Test
  void anEmptyFileIsAnError() throws IOException {
    Path file = write("\n\n", UTF_8);
    var failure = assertThrows(IOException.class, () -> LabeledText.read(file, 4));
    assertThat(failure).hasMessageThat().contains("holds no line");
  }
}
