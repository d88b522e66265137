package io.github.tfwsam.examples.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Writes folders whole: beside the target first, then renamed, as {@link AtomicFile} does. */
public final class AtomicFolder {
  private AtomicFolder() {}

  /** What writes the files of a folder. */
  @FunctionalInterface
  public interface Content {
    /**
     * Writes all files.
     *
     * @param folder where to; not there yet
     * @throws IOException if it cannot
     */
    void writeTo(Path folder) throws IOException;
  }

  /**
   * Writes a folder.
   *
   * @param target the folder; replaced where it is there already
   * @param content what writes its files
   * @throws IOException if it cannot be written; the target is then as it was
   */
  public static void write(Path target, Content content) throws IOException {
    Path unfinished = target.resolveSibling(target.getFileName() + ".part");
    Path replaced = target.resolveSibling(target.getFileName() + ".old");
    delete(unfinished);
    delete(replaced);
    try {
      content.writeTo(unfinished);
      if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
        Files.move(target, replaced, StandardCopyOption.ATOMIC_MOVE);
      }
      Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      delete(unfinished);
    }
    delete(replaced);
  }

  /**
   * Deletes a folder with all that is in it, if it is there.
   *
   * @param folder the folder
   * @throws IOException if something cannot be deleted
   */
  public static void delete(Path folder) throws IOException {
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (Stream<Path> paths = Files.walk(folder)) {
      List<Path> deepestFirst = paths.sorted(Comparator.reverseOrder()).toList();
      for (Path path : deepestFirst) {
        Files.delete(path);
      }
    }
  }
}
