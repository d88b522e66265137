package io.github.tfwsam.examples.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Where in a folder the files of a data set are. */
public final class DataFolder {
  private static final int LEVELS = 2;

  private DataFolder() {}

  /**
   * Finds the folder that holds a file: the given one, or else the only one that does among those
   * at most two levels below. So the folder that an archive was unpacked into will do, and so will
   * one that holds several data sets.
   *
   * @param folder where to look
   * @param name what matches the whole name of the file
   * @param what what the file is, for messages
   * @return the folder
   * @throws IOException if there is no such folder, or none or several hold such a file
   */
  public static Path holding(Path folder, Pattern name, String what) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new IOException(folder + ": is no folder; give the one with the data");
    }
    if (!holders(folder, name, 0).isEmpty()) {
      return folder;
    }
    List<Path> below = holders(folder, name, LEVELS);
    if (below.isEmpty()) {
      throw new IOException(
          String.format(
              "%s: holds no %s, nor do the folders in it; give the folder that does",
              folder, what));
    }
    if (below.size() > 1) {
      throw new IOException(
          String.format(
              "%s: both %s and %s hold %s; give one of them",
              folder, below.get(0), below.get(1), what));
    }
    return below.get(0);
  }

  private static List<Path> holders(Path folder, Pattern name, int levels) throws IOException {
    try (Stream<Path> files =
        Files.find(
            folder,
            levels + 1,
            (file, attributes) ->
                attributes.isRegularFile() && name.matcher(file.getFileName().toString()).matches(),
            FileVisitOption.FOLLOW_LINKS)) {
      return files.map(Path::getParent).distinct().sorted().collect(Collectors.toList());
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }
}
