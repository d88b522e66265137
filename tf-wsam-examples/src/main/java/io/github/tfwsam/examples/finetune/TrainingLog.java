package io.github.tfwsam.examples.finetune;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file with a line of JSON a step, each written when the step is done. A resumed run cuts it to
 * the step that it goes on from, so that it reads like that of a run never stopped.
 */
final class TrainingLog implements AutoCloseable {
  private final FileChannel file;

  private TrainingLog(FileChannel file) {
    this.file = file;
  }

  /**
   * Opens a log.
   *
   * @param path the file
   * @param steps how many steps were taken before: their lines are kept
   * @throws IOException if it cannot be written
   * @throws IllegalArgumentException if it has not the lines of these steps
   */
  static TrainingLog open(Path path, long steps) throws IOException {
    long kept = steps == 0 ? 0 : lengthOfLines(path, steps);
    FileChannel file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    file.truncate(kept);
    file.position(kept);
    return new TrainingLog(file);
  }

  private static long lengthOfLines(Path path, long lines) throws IOException {
    long found = 0;
    if (Files.exists(path)) {
      try (var stream = new java.io.BufferedInputStream(Files.newInputStream(path))) {
        long length = 0;
        for (int b = stream.read(); b >= 0; b = stream.read()) {
          length++;
          if (b == '\n') {
            found++;
            if (found == lines) {
              return length;
            }
          }
        }
      }
    }
    throw new IllegalArgumentException(
        String.format(
            "--log %s: has %d lines, but the checkpoint is of step %d; give the log of the run that"
                + " is resumed, or none",
            path, found, lines));
  }

  void write(StepResult result) throws IOException {
    // In one piece, so that no line is cut where the process is killed.
    ByteBuffer line = ByteBuffer.wrap((result.toJson() + "\n").getBytes(StandardCharsets.UTF_8));
    while (line.hasRemaining()) {
      file.write(line);
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
