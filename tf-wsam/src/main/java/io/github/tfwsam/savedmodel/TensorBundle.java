package io.github.tfwsam.savedmodel;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tensorflow.proto.BundleEntryProto;
import org.tensorflow.proto.BundleHeaderProto;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.TensorShapeProto;
import org.tensorflow.proto.TrackableObjectGraphOuterClass.TrackableObjectGraph;

/**
 * What a checkpoint of TensorFlow holds, read from its index without TensorFlow, whose native code
 * is asked for values only when all of them are known to be there.
 *
 * <p>Source of the format: {@code tensorflow/core/util/tensor_bundle/tensor_bundle.h}.
 */
final class TensorBundle {
  static final String OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH";
  private static final String HEADER = "";

  private final Path prefix;
  private final Map<String, BundleEntryProto> entries;
  private final int shards;

  private TensorBundle(Path prefix, Map<String, BundleEntryProto> entries, int shards) {
    this.prefix = prefix;
    this.entries = entries;
    this.shards = shards;
  }

  /** A checkpoint without variables, of a model without variables. */
  static TensorBundle empty(Path prefix) {
    return new TensorBundle(prefix, Map.of(), 0);
  }

  private static Path index(Path prefix) {
    return prefix.resolveSibling(prefix.getFileName() + ".index");
  }

  /** Tells whether there is a checkpoint; a model without variables may have none. */
  static boolean exists(Path prefix) {
    return Files.exists(index(prefix));
  }

  /**
   * Reads the index, and checks that the files it speaks of are there.
   *
   * @param prefix what the names of its files begin with
   * @throws IOException if a file is missing or damaged
   */
  static TensorBundle read(Path prefix) throws IOException {
    Path index = index(prefix);
    if (!Files.isRegularFile(index)) {
      throw new NoSuchFileException(index.toString(), null, "the values of the variables are gone");
    }
    Map<String, ByteBuffer> table = SortedTable.read(index);
    try {
      ByteBuffer header = table.remove(HEADER);
      int shards = header == null ? 0 : BundleHeaderProto.parseFrom(header).getNumShards();
      Map<String, BundleEntryProto> entries = new LinkedHashMap<>();
      for (var entry : table.entrySet()) {
        // A key that begins with 0 is a part of a variable that was saved in parts.
        if (entry.getKey().charAt(0) != 0) {
          String key =
              new String(
                  entry.getKey().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
          entries.put(key, BundleEntryProto.parseFrom(entry.getValue()));
        }
      }
      var checkpoint = new TensorBundle(prefix, Collections.unmodifiableMap(entries), shards);
      checkpoint.checkData();
      return checkpoint;
    } catch (InvalidProtocolBufferException e) {
      throw new IOException(index + " is damaged: " + e.getMessage(), e);
    }
  }

  /** What is stored, by key. */
  Map<String, BundleEntryProto> entries() {
    return entries;
  }

  /** What the names of the files begin with. */
  Path prefix() {
    return prefix;
  }

  private Path data(int shard) {
    return prefix.resolveSibling(
        String.format("%s.data-%05d-of-%05d", prefix.getFileName(), shard, shards));
  }

  private void checkData() throws IOException {
    Map<Integer, Long> sizes = new LinkedHashMap<>();
    for (var entry : entries.entrySet()) {
      BundleEntryProto value = entry.getValue();
      if (value.getSlicesCount() > 0) {
        continue;
      }
      int shard = value.getShardId();
      if (!sizes.containsKey(shard)) {
        Path file = data(shard);
        if (!Files.isRegularFile(file)) {
          throw new NoSuchFileException(
              file.toString(), null, "the values of the variables are gone");
        }
        sizes.put(shard, Files.size(file));
      }
      long elementSize = elementSize(value.getDtype());
      boolean fits =
          value.getOffset() >= 0
              && value.getSize() >= 0
              && value.getOffset() <= sizes.get(shard) - value.getSize()
              && (elementSize == 0
                  || elements(value.getShape()) == value.getSize() / (double) elementSize);
      if (!fits) {
        throw new IOException(
            data(shard) + " is damaged or cut short: it does not hold " + entry.getKey());
      }
    }
  }

  /** The number of elements; as floating-point number, which is exact as far as files go. */
  private static double elements(TensorShapeProto shape) {
    double elements = 1;
    for (TensorShapeProto.Dim dim : shape.getDimList()) {
      elements *= dim.getSize() < 0 ? Double.NaN : dim.getSize();
    }
    return elements;
  }

  /** Bytes of an element; 0 of types whose elements differ in size. */
  private static int elementSize(DataType type) {
    return switch (type) {
      case DT_BOOL, DT_INT8, DT_UINT8, DT_QINT8, DT_QUINT8 -> 1;
      case DT_HALF, DT_BFLOAT16, DT_INT16, DT_UINT16, DT_QINT16, DT_QUINT16 -> 2;
      case DT_FLOAT, DT_INT32, DT_UINT32, DT_QINT32 -> 4;
      case DT_DOUBLE, DT_INT64, DT_UINT64, DT_COMPLEX64 -> 8;
      case DT_COMPLEX128 -> 16;
      default -> 0;
    };
  }

  /**
   * The objects that were saved, and under which keys their values are.
   *
   * @return without nodes if the checkpoint is of TensorFlow 1 and does not say
   * @throws IOException if it cannot be read
   */
  TrackableObjectGraph objectGraph() throws IOException {
    BundleEntryProto entry = entries.get(OBJECT_GRAPH);
    if (entry == null) {
      return TrackableObjectGraph.getDefaultInstance();
    }
    Path file = data(entry.getShardId());
    try (var channel = FileChannel.open(file)) {
      ByteBuffer content = ByteBuffer.allocate(Math.toIntExact(entry.getSize()));
      while (content.hasRemaining()
          && channel.read(content, entry.getOffset() + content.position()) >= 0) {}
      content.flip();
      // A tensor of strings: the lengths, their checksum, the bytes.
      long length = SortedTable.readVarint(content);
      content.getInt();
      if (entry.getShape().getDimCount() > 0 || length != content.remaining()) {
        throw new IOException(file + " is damaged: its list of objects is no single string");
      }
      return TrackableObjectGraph.parseFrom(content);
    } catch (InvalidProtocolBufferException | BufferUnderflowException | ArithmeticException e) {
      throw new IOException(file + " is damaged: " + e.getMessage(), e);
    }
  }
}
