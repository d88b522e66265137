package io.github.tfwsam.examples.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The images of CIFAR files, as bytes. */
public final class CifarImages {
  /** The height and width of an image. */
  public static final int SIDE = 32;

  /** Red, green and blue. */
  public static final int COLORS = 3;

  private static final int PIXELS = SIDE * SIDE;

  private final byte[] records;
  private final int labelBytes;
  private final int recordSize;

  private CifarImages(byte[] records, CifarFormat format) {
    this.records = records;
    this.labelBytes = format.labelValues().size();
    this.recordSize = recordSize(format);
  }

  private static int recordSize(CifarFormat format) {
    return format.labelValues().size() + COLORS * PIXELS;
  }

  static CifarImages read(List<Path> files, CifarFormat format) throws IOException {
    List<byte[]> contents = new ArrayList<>();
    for (Path file : files) {
      byte[] bytes = Files.readAllBytes(file);
      requireWholeRecords(file, bytes.length, recordSize(format));
      requireLabels(file, bytes, format);
      contents.add(bytes);
    }
    int size = contents.stream().mapToInt(bytes -> bytes.length).reduce(0, Math::addExact);
    ByteBuffer records = ByteBuffer.allocate(size);
    contents.forEach(records::put);
    return new CifarImages(records.array(), format);
  }

  private static void requireWholeRecords(Path file, int size, int record) throws IOException {
    if (size == 0 || size % record != 0) {
      throw new IOException(
          String.format(
              "%s: has %d bytes, which are %d records of %d and %d bytes more; get the file anew",
              file, size, size / record, record, size % record));
    }
  }

  private static void requireLabels(Path file, byte[] bytes, CifarFormat format)
      throws IOException {
    int recordSize = recordSize(format);
    List<Integer> values = format.labelValues();
    for (int at = 0; at < bytes.length; at += recordSize) {
      for (int i = 0; i < values.size(); i++) {
        int label = bytes[at + i] & 0xff;
        int greatest = values.get(i) - 1;
        if (label > greatest) {
          throw new IOException(
              String.format(
                  "%s: record %d (the first is 0), at byte %d: the label %d is not from 0 to %d;"
                      + " get the file anew",
                  file, at / recordSize, at + i, label, greatest));
        }
      }
    }
  }

  /**
   * How many images there are.
   *
   * @return the number
   */
  public int size() {
    return records.length / recordSize;
  }

  /**
   * The class of an image, of CIFAR-100 the fine one.
   *
   * @param image its number, from 0
   * @return the class, from 0
   */
  public int label(int image) {
    return records[image * recordSize + labelBytes - 1] & 0xff;
  }

  /**
   * How much of a color a pixel has.
   *
   * @param image the number of the image, from 0
   * @param pixel the number of the pixel, row by row, from 0
   * @param color 0 for red, 1 for green, 2 for blue
   * @return a number from 0 to 255
   */
  public int value(int image, int pixel, int color) {
    return records[image * recordSize + labelBytes + color * PIXELS + pixel] & 0xff;
  }
}
