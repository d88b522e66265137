package io.github.tfwsam.examples.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32C;
import org.tensorflow.proto.Example;
import org.tensorflow.proto.Feature;
import org.tensorflow.proto.Features;
import org.tensorflow.proto.FloatList;
import org.tensorflow.proto.Int64List;

/** Writes files of records as TensorFlow does. */
public final class TfRecordWriter {
  private final ByteArrayOutputStream file = new ByteArrayOutputStream();

  /** A file with no records yet. */
  public TfRecordWriter() {}

  /** A feature of float32 numbers. */
  public static Feature floats(float... values) {
    var list = FloatList.newBuilder();
    for (float value : values) {
      list.addValue(value);
    }
    return Feature.newBuilder().setFloatList(list).build();
  }

  /** A feature of int64 numbers. */
  public static Feature integers(long... values) {
    var list = Int64List.newBuilder();
    for (long value : values) {
      list.addValue(value);
    }
    return Feature.newBuilder().setInt64List(list).build();
  }

  /** Adds an example. */
  public TfRecordWriter add(Map<String, Feature> features) {
    var ordered = new LinkedHashMap<>(features);
    return addRaw(
        Example.newBuilder()
            .setFeatures(Features.newBuilder().putAllFeature(ordered))
            .build()
            .toByteArray());
  }

  /** Adds a record of any bytes. */
  public TfRecordWriter addRaw(byte[] record) {
    ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    length.putLong(record.length);
    file.writeBytes(length.array());
    file.writeBytes(checksum(length.array()));
    file.writeBytes(record);
    file.writeBytes(checksum(record));
    return this;
  }

  private static byte[] checksum(byte[] bytes) {
    var crc = new CRC32C();
    crc.update(bytes);
    int value = (int) crc.getValue();
    int masked = ((value >>> 15) | (value << 17)) + 0xa282ead8;
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(masked).array();
  }

  /** Writes the file. */
  public Path write(Path path) throws IOException {
    return Files.write(path, file.toByteArray());
  }
}
