package io.github.tfwsam.examples.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/** A file that holds values for each of many examples by name. */
interface ExampleFile extends AutoCloseable {

  /** Opens a file of one of the kinds, which its name tells. */
  static ExampleFile open(Path file) throws IOException {
    String name = file.getFileName().toString();
    boolean isNpz = name.endsWith(".npz");
    if (!isNpz && !name.contains(".tfrecord")) {
      throw new IllegalArgumentException(
          file + ": is neither .npz nor .tfrecord by its name; give one of these");
    }
    if (Files.isDirectory(file)) {
      throw new IOException(file + ": is a folder; give a file");
    }
    if (Files.size(file) == 0) {
      throw new IOException(file + ": is empty; write it anew");
    }
    return isNpz ? new NpzFile(file) : new TfRecordFile(file);
  }

  /** The names of what it holds. */
  Set<String> names();

  /**
   * Reads what it holds under a name.
   *
   * @throws IOException if it is damaged, or holds what cannot be fed to any graph
   */
  Column read(InputSpec input) throws IOException;

  @Override
  void close() throws IOException;
}
