package io.github.tfwsam.examples.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The binary form of the CIFAR data sets (Krizhevsky, Learning Multiple Layers of Features from
 * Tiny Images, 2009): records of a label, for CIFAR-100 after a coarse one, and the 32 x 32 bytes
 * of red, of green and of blue, each row by row.
 */
public enum CifarFormat {
  /** Ten classes: data_batch_1.bin and so on, as many as there are, and test_batch.bin. */
  CIFAR10("data_batch_\\d+\\.bin", "test_batch.bin"),
  /** A hundred classes, the fine labels: train.bin and test.bin. */
  CIFAR100("train\\.bin", "test.bin");

  private final String training;
  private final String test;

  CifarFormat(String training, String test) {
    this.training = training;
    this.test = test;
  }

  /**
   * How many classes there are.
   *
   * @return 10 or 100
   */
  public int classes() {
    return labelValues().get(labelValues().size() - 1);
  }

  /** How many values each byte before the pixels has; the last is the label. */
  List<Integer> labelValues() {
    return switch (this) {
      case CIFAR10 -> List.of(10);
      case CIFAR100 -> List.of(20, 100);
    };
  }

  /**
   * Reads the training images, those of all files in the order of their names.
   *
   * @param folder a folder for {@link DataFolder#holding}
   * @return the images
   * @throws IOException if there is no file, or one cannot be read or is damaged
   */
  public CifarImages readTraining(Path folder) throws IOException {
    Pattern name = Pattern.compile(training);
    Path holder = DataFolder.holding(folder, name, training.replace("\\d+", "1").replace("\\", ""));
    try (Stream<Path> files = Files.list(holder)) {
      return CifarImages.read(
          files.filter(f -> name.matcher(f.getFileName().toString()).matches()).sorted().toList(),
          this);
    }
  }

  /**
   * Reads the test images.
   *
   * @param folder a folder for {@link DataFolder#holding}
   * @return the images
   * @throws IOException if there is no file, or it cannot be read or is damaged
   */
  public CifarImages readTest(Path folder) throws IOException {
    Path holder = DataFolder.holding(folder, Pattern.compile(Pattern.quote(test)), test);
    return CifarImages.read(List.of(holder.resolve(test)), this);
  }
}
