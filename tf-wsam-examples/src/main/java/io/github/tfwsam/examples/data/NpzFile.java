package io.github.tfwsam.examples.data;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.tensorflow.ndarray.Shape;

/** Arrays that NumPy's {@code savez} wrote, compressed or not: a zip file with one entry each. */
final class NpzFile implements ExampleFile {
  private static final String SUFFIX = ".npy";

  private final Path file;
  private final ZipFile zip;
  private final Map<String, ZipEntry> entries = new LinkedHashMap<>();

  NpzFile(Path file) throws IOException {
    this.file = file;
    try {
      this.zip = new ZipFile(file.toFile());
    } catch (EOFException | ZipException e) {
      throw new IOException(
          file + ": no .npz file, or a truncated one (" + e.getMessage() + "); write it anew", e);
    }
    zip.stream().forEach(entry -> entries.put(withoutSuffix(entry.getName()), entry));
  }

  private static String withoutSuffix(String name) {
    return name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name;
  }

  @Override
  public Set<String> names() {
    return entries.keySet();
  }

  @Override
  public Column read(InputSpec input) throws IOException {
    ZipEntry entry = entries.get(input.name());
    String where = file + ": '" + input.name() + "'";
    // ZipFile does not check what it reads.
    try (var stream = new CheckedInputStream(zip.getInputStream(entry), new CRC32())) {
      var array = new NpyArray(stream, entry.getSize(), where);
      requireExamples(array.shape(), where);
      Column column = array.read();
      if (stream.getChecksum().getValue() != entry.getCrc()) {
        column.close();
        throw new IOException(where + ": damaged: its checksum is wrong; write it anew");
      }
      return column;
    } catch (EOFException | ZipException e) {
      throw new IOException(where + ": damaged or truncated; write it anew", e);
    }
  }

  private static void requireExamples(Shape shape, String where) throws IOException {
    if (shape.numDimensions() == 0) {
      throw new IOException(where + ": is a single value; its first axis must count examples");
    }
    if (shape.size() == 0) {
      throw new IOException(
          where
              + ": is empty, its shape is "
              + InputSpec.text(shape)
              + "; give at least one example");
    }
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }
}
