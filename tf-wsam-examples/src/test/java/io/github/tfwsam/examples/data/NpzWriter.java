package io.github.tfwsam.examples.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ObjIntConsumer;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes files of arrays as NumPy does. */
public final class NpzWriter {
  private final Map<String, byte[]> arrays = new LinkedHashMap<>();

  /** A file with no arrays yet. */
  public NpzWriter() {}

  /** Adds an array of float32. */
  public NpzWriter add(String name, float[] values, int... shape) {
    return add(name, "<f4", shape, values.length, (data, i) -> data.putFloat(values[i]), 4);
  }

  /** Adds an array of float64. */
  public NpzWriter add(String name, double[] values, int... shape) {
    return add(name, "<f8", shape, values.length, (data, i) -> data.putDouble(values[i]), 8);
  }

  /** Adds an array of int64. */
  public NpzWriter add(String name, long[] values, int... shape) {
    return add(name, "<i8", shape, values.length, (data, i) -> data.putLong(values[i]), 8);
  }

  private NpzWriter add(
      String name, String descr, int[] shape, int count, ObjIntConsumer<ByteBuffer> put, int size) {
    var sizes = new StringBuilder();
    for (int dimension : shape) {
      sizes.append(dimension).append(',');
    }
    ByteBuffer data = ByteBuffer.allocate(count * size).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      put.accept(data, i);
    }
    return addRaw(
        name,
        "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (" + sizes + "), }",
        data.array());
  }

  /** Adds an array of any header and data. */
  public NpzWriter addRaw(String name, String header, byte[] data) {
    byte[] text = (header + "\n").getBytes(StandardCharsets.US_ASCII);
    var bytes = new ByteArrayOutputStream();
    bytes.writeBytes(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
    bytes.write(text.length);
    bytes.write(text.length >> 8);
    bytes.writeBytes(text);
    bytes.writeBytes(data);
    arrays.put(name, bytes.toByteArray());
    return this;
  }

  /** Writes the file. */
  public Path write(Path file) throws IOException {
    try (var zip = new ZipOutputStream(Files.newOutputStream(file))) {
      for (var array : arrays.entrySet()) {
        zip.putNextEntry(new ZipEntry(array.getKey() + ".npy"));
        zip.write(array.getValue());
        zip.closeEntry();
      }
    }
    return file;
  }
}
