package io.github.tfwsam.savedmodel;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.function.Consumer;

/** Writes the folder of a model: a copy of its source but for the variables, all or nothing. */
final class ModelWriter {
  /** Holds a hash of the variables' index, which is another one now. Loaders do not need it. */
  private static final String FINGERPRINT = "fingerprint.pb";

  private ModelWriter() {}

  /**
   * Writes a model.
   *
   * @param source the folder to copy
   * @param target the folder to make
   * @param writeVariables is given what the names of the variables' files are to begin with
   * @throws IOException if a file cannot be read or written; the target does not exist then
   * @throws IllegalArgumentException if the target exists or lies in the source
   */
  static void write(Path source, Path target, Consumer<Path> writeVariables) throws IOException {
    Path absolute = target.toAbsolutePath().normalize();
    if (Files.exists(absolute, LinkOption.NOFOLLOW_LINKS)) {
      throw new IllegalArgumentException(
          target + " exists: name a folder that does not, a model is never overwritten");
    }
    if (absolute.getParent() != null) {
      Files.createDirectories(absolute.getParent());
      if (absolute.getParent().toRealPath().startsWith(source.toRealPath())) {
        throw new IllegalArgumentException(
            target + " lies in the model " + source + ": name a folder outside of it");
      }
    }
    Path incomplete = absolute.resolveSibling("." + absolute.getFileName() + ".incomplete");
    delete(incomplete);
    try {
      copy(source, incomplete);
      Path variables = incomplete.resolve(SavedModelFiles.VARIABLES);
      Files.createDirectories(variables);
      writeVariables.accept(variables.resolve(SavedModelFiles.VARIABLES));
      Files.move(incomplete, absolute, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException | RuntimeException | Error e) {
      delete(incomplete);
      throw e;
    }
  }

  private static void copy(Path source, Path target) throws IOException {
    Files.walkFileTree(
        source,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes)
              throws IOException {
            if (folder.equals(source.resolve(SavedModelFiles.VARIABLES))) {
              return FileVisitResult.SKIP_SUBTREE;
            }
            Files.createDirectories(target.resolve(source.relativize(folder).toString()));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            if (!file.equals(source.resolve(FINGERPRINT))) {
              Files.copy(file, target.resolve(source.relativize(file).toString()));
            }
            return FileVisitResult.CONTINUE;
          }
        });
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, IOException e)
              throws IOException {
            Files.delete(visited);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
