package io.github.tfwsam.examples.data;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CifarImagesTest {
  private static final int PIXELS = 32 * 32;

  @TempDir private Path folder;

  /** Two records: the labels, and pixels of the first byte + what tells color and row. */
  private void write(String name, int first, int... labels) throws IOException {
    byte[] record = new byte[labels.length + 3 * PIXELS];
    for (int i = 0; i < labels.length; i++) {
      record[i] = (byte) labels[i];
    }
    for (int i = 0; i < 3 * PIXELS; i++) {
      record[labels.length + i] = (byte) (first + 32 * (i / PIXELS) + i % PIXELS / 32);
    }
    byte[] two = new byte[2 * record.length];
    System.arraycopy(record, 0, two, 0, record.length);
    System.arraycopy(record, 0, two, record.length, record.length);
    Files.write(folder.resolve(name), two);
  }

  @Test
  void readsAllBatchesThatAreThereInTheOrderOfTheirNames() throws IOException {
    write("data_batch_2.bin", 20, 7);
    write("data_batch_1.bin", 100, 9);
    write("test_batch.bin", 0, 3);
    write("data_batch_1.bin.old", 0, 5);
    CifarImages training = CifarFormat.CIFAR10.readTraining(folder);
    assertThat(training.size()).isEqualTo(4);
    assertThat(training.label(1)).isEqualTo(9);
    assertThat(training.label(2)).isEqualTo(7);
    assertThat(training.value(1, 0, 0)).isEqualTo(100);
    // Bytes above 127 are positive: row 31 of blue.
    assertThat(training.value(1, 31 * 32 + 5, 2)).isEqualTo(100 + 64 + 31);
    assertThat(training.value(2, 3 * 32, 1)).isEqualTo(20 + 32 + 3);
    assertThat(CifarFormat.CIFAR10.readTest(folder).label(0)).isEqualTo(3);
  }

  @Test
  void readsTheFineLabelsOfCifar100() throws IOException {
    write("train.bin", 1, 19, 99);
    write("test.bin", 2, 0, 42);
    CifarImages training = CifarFormat.CIFAR100.readTraining(folder);
    assertThat(training.size()).isEqualTo(2);
    assertThat(training.label(1)).isEqualTo(99);
    assertThat(training.value(1, 0, 0)).isEqualTo(1);
    assertThat(CifarFormat.CIFAR100.readTest(folder).label(1)).isEqualTo(42);
  }

  @ParameterizedTest
  @CsvSource({
    "CIFAR10, 10, -1, 'at byte 0: the label 10 is not from 0 to 9'",
    "CIFAR10, 255, -1, 'at byte 0: the label 255 is not from 0 to 9'",
    "CIFAR100, 20, 0, 'at byte 0: the label 20 is not from 0 to 19'",
    "CIFAR100, 19, 100, 'at byte 1: the label 100 is not from 0 to 99'"
  })
  void aLabelOutOfRangeIsNamed(CifarFormat format, int first, int second, String message)
      throws IOException {
    boolean isCifar10 = format == CifarFormat.CIFAR10;
    String name = isCifar10 ? "test_batch.bin" : "test.bin";
    write(name, 0, isCifar10 ? new int[] {first} : new int[] {first, second});
    var failure = assertThrows(IOException.class, () -> format.readTest(folder));
    assertThat(failure).hasMessageThat().contains(name + ": record 0 (the first is 0), " + message);
  }

  @Test
  void theRecordWithTheWrongLabelIsCounted() throws IOException {
    write("test_batch.bin", 0, 1);
    byte[] bytes = Files.readAllBytes(folder.resolve("test_batch.bin"));
    bytes[3073] = 77;
    Files.write(folder.resolve("test_batch.bin"), bytes);
    var failure = assertThrows(IOException.class, () -> CifarFormat.CIFAR10.readTest(folder));
    assertThat(failure).hasMessageThat().contains("record 1 (the first is 0), at byte 3073");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3072, 3074, 6145})
  void aSizeThatIsNoMultipleOfTheRecordIsNamed(int size) throws IOException {
    Files.write(folder.resolve("test_batch.bin"), new byte[size]);
    var failure = assertThrows(IOException.class, () -> CifarFormat.CIFAR10.readTest(folder));
    assertThat(failure).hasMessageThat().contains("test_batch.bin: has " + size + " bytes");
    assertThat(failure).hasMessageThat().contains("get the file anew");
  }

  @Test
  void aMissingFileIsNamed() {
    var failure = assertThrows(IOException.class, () -> CifarFormat.CIFAR10.readTraining(folder));
    assertThat(failure).hasMessageThat().contains("holds no data_batch_1.bin");
  }
}
