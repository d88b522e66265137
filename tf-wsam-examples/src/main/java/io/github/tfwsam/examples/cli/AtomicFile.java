package io.github.tfwsam.examples.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Writes files whole: beside the target first, then renamed. Nobody ever sees half a file. */
public final class AtomicFile {
  private AtomicFile() {}

  /** What writes the bytes of a file. */
  @FunctionalInterface
  public interface Content {
    /**
     * Writes all bytes.
     *
     * @param stream where to; closed by the caller
     * @throws IOException if it cannot
     */
    void writeTo(OutputStream stream) throws IOException;
  }

  /**
   * Writes a text file in UTF-8, and the folders on its path.
   *
   * @param target the file; replaced where it is there already
   * @param text its content
   * @throws IOException if it cannot be written; the target is then as it was
   */
  public static void write(Path target, String text) throws IOException {
    write(target, stream -> stream.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Writes a file, and the folders on its path.
   *
   * @param target the file; replaced where it is there already
   * @param content what writes its content
   * @throws IOException if it cannot be written; the target is then as it was
   */
  public static void write(Path target, Content content) throws IOException {
    Path folder = target.toAbsolutePath().getParent();
    createFolder(folder);
    // The process's number, as two of them may write to one folder.
    Path unfinished =
        folder.resolve(target.getFileName() + "." + ProcessHandle.current().pid() + ".part");
    try {
      try (var stream = new BufferedOutputStream(Files.newOutputStream(unfinished))) {
        content.writeTo(stream);
      }
      Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(unfinished);
    }
  }

  /**
   * Makes a folder, and those on its path, where they are missing. A verb does so before its work,
   * which is not for nothing then.
   *
   * @param folder the folder, or a link to it
   * @throws IOException if it cannot be made, or cannot be written to
   */
  public static void createFolder(Path folder) throws IOException {
    // createDirectories refuses a link to a folder.
    if (!Files.isDirectory(folder)) {
      Files.createDirectories(folder);
    }
    if (!Files.isWritable(folder)) {
      throw new AccessDeniedException(folder.toString());
    }
  }
}
