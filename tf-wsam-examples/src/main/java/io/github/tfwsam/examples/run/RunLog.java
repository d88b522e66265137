package io.github.tfwsam.examples.run;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file of lines, each written when what it tells is done. A resumed run cuts it to the lines of
 * the checkpoint that it goes on from, so that it reads like that of a run never stopped.
 */
public final class RunLog implements AutoCloseable {
  private final FileChannel file;

  private RunLog(FileChannel file) {
    this.file = file;
  }

  /**
   * Opens a log.
   *
   * @param path the file
   * @param lines how many lines there were when the checkpoint was written: these are kept; 0 for a
   *     new log
   * @return the log, to be written after these lines
   * @throws IOException if it cannot be written
   * @throws IllegalArgumentException if it has fewer lines
   */
  public static RunLog open(Path path, long lines) throws IOException {
    long kept = lines == 0 ? 0 : lengthOfLines(path, lines);
    FileChannel file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    file.truncate(kept);
    file.position(kept);
    return new RunLog(file);
  }

  private static long lengthOfLines(Path path, long lines) throws IOException {
    long found = 0;
    if (Files.exists(path)) {
      try (var stream = new BufferedInputStream(Files.newInputStream(path))) {
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
            "%s: has %d lines, but had %d when the checkpoint was written; it must be the log of the"
                + " run that is resumed",
            path, found, lines));
  }

  /**
   * Writes a line.
   *
   * @param line its text, without the line feed
   * @throws IOException if it cannot be written
   */
  public void write(String line) throws IOException {
    // In one piece, so that no line is cut where the process is killed.
    ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      file.write(bytes);
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
