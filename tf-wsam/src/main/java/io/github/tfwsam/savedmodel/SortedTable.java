package io.github.tfwsam.savedmodel;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Reads a file of sorted keys and values, as TensorFlow writes the index of a checkpoint.
 *
 * <p>The format is that of LevelDB's tables, uncompressed: blocks of entries, of which one lists
 * the others, and a footer that says where this one is. An entry leaves out what its key shares
 * with the key before it. Source: {@code tensorflow/tsl/lib/io/format.h} and {@code block.cc}.
 */
final class SortedTable {
  private static final int FOOTER_SIZE = 48;
  private static final long MAGIC = 0xdb4775248b80fb57L;
  private static final int TRAILER_SIZE = 1 + Integer.BYTES;
  private static final int CHECKSUM_MASK = 0xa282ead8;

  private final ByteBuffer file;

  private SortedTable(ByteBuffer file) {
    this.file = file.order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Reads all entries.
   *
   * @param file the file
   * @return the values by key, in the order of the file; a byte of a key is a character
   * @throws IOException if it cannot be read, or is damaged
   */
  static Map<String, ByteBuffer> read(Path file) throws IOException {
    try {
      return new SortedTable(ByteBuffer.wrap(Files.readAllBytes(file))).entries();
    } catch (BufferUnderflowException | IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new IOException(file + " is damaged: it is no table of keys and values", e);
    } catch (DamagedException e) {
      throw new IOException(file + " is damaged: " + e.getMessage(), e);
    }
  }

  private static final class DamagedException extends Exception {
    DamagedException(String message) {
      super(message);
    }
  }

  private Map<String, ByteBuffer> entries() throws DamagedException {
    int footer = file.capacity() - FOOTER_SIZE;
    if (footer < 0 || file.getLong(file.capacity() - Long.BYTES) != MAGIC) {
      throw new DamagedException("it does not end as a table does");
    }
    file.position(footer);
    readVarint(file); // where the block of filters is, and how long:
    readVarint(file); // there are none
    Map<String, ByteBuffer> entries = new LinkedHashMap<>();
    for (ByteBuffer handle : block(file).values()) {
      entries.putAll(block(handle));
    }
    return entries;
  }

  /** The entries of the block that the next two numbers point at. */
  private Map<String, ByteBuffer> block(ByteBuffer handle) throws DamagedException {
    int offset = readInt(handle);
    int size = readInt(handle);
    var checksum = new CRC32C();
    checksum.update(file.slice(offset, Math.addExact(size, 1)));
    int crc = (int) checksum.getValue();
    if (file.get(offset + size) != 0) {
      throw new DamagedException("it is compressed");
    }
    int stored = file.getInt(offset + size + TRAILER_SIZE - Integer.BYTES);
    if (Integer.rotateRight(crc, 15) + CHECKSUM_MASK != stored) {
      throw new DamagedException("a checksum is wrong");
    }
    int restarts = file.getInt(offset + size - Integer.BYTES);
    int end = size - Math.multiplyExact(Math.addExact(restarts, 1), Integer.BYTES);
    ByteBuffer block = file.slice(offset, end);
    Map<String, ByteBuffer> entries = new LinkedHashMap<>();
    String key = "";
    while (block.hasRemaining()) {
      int shared = readInt(block);
      byte[] rest = new byte[checkedLength(readInt(block), block)];
      int length = readInt(block);
      block.get(rest);
      key = key.substring(0, shared) + new String(rest, StandardCharsets.ISO_8859_1);
      entries.put(key, block.slice(block.position(), length));
      block.position(block.position() + length);
    }
    return entries;
  }

  private static int checkedLength(int length, ByteBuffer buffer) {
    if (length > buffer.remaining()) {
      throw new BufferUnderflowException();
    }
    return length;
  }

  private static int readInt(ByteBuffer buffer) {
    long value = readVarint(buffer);
    if (value < 0 || value > Integer.MAX_VALUE) {
      throw new BufferUnderflowException();
    }
    return (int) value;
  }

  /** A number in groups of seven bits, the lowest first, each but the last with the top bit set. */
  static long readVarint(ByteBuffer buffer) {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      byte group = buffer.get();
      value |= (long) (group & 0x7f) << shift;
      if (group >= 0) {
        return value;
      }
    }
    throw new BufferUnderflowException();
  }
}
