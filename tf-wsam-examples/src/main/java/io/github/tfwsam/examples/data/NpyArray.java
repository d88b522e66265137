package io.github.tfwsam.examples.data;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.ByteDataBuffer;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.types.TString;
import org.tensorflow.types.family.TType;

/**
 * An array in NumPy's own format: the magic string, the version, the length of the header, the
 * header (a Python dictionary of dtype, order and shape), the elements.
 *
 * <p>Source: <a href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">
 * numpy.lib.format</a>, versions 1.0 to 3.0. (The library org.jetbrains.bio:npy reads no float16,
 * no Fortran order and no Unicode, and unsigned numbers as signed ones without a word.)
 */
final class NpyArray {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final Pattern DESCR = Pattern.compile("'descr':\\s*'([<>|=])(\\w)(\\d+)'");
  private static final Pattern ORDER = Pattern.compile("'fortran_order':\\s*(True|False)");
  private static final Pattern SHAPE = Pattern.compile("'shape':\\s*\\(([\\d, ]*)\\)");
  private static final int CHUNK = 1 << 13;

  private final DataInputStream in;
  private final String where;
  private final ByteOrder order;
  private final String kind;
  private final int itemBytes;
  private final boolean isFortran;
  private final Shape shape;

  /**
   * Reads the header.
   *
   * @param stream the array; closed by the caller
   * @param length how many bytes the stream has
   * @param where what is told of the array in an error
   */
  NpyArray(InputStream stream, long length, String where) throws IOException {
    this.in = new DataInputStream(stream);
    this.where = where;
    byte[] start = in.readNBytes(MAGIC.length + 2);
    if (start.length < MAGIC.length + 2
        || !Arrays.equals(start, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw damaged("it does not begin as an array of NumPy does");
    }
    int version = start[MAGIC.length];
    if (version < 1 || version > 3) {
      throw damaged("its format has the version " + version + ", and 1 to 3 are known");
    }
    int lengthBytes = version == 1 ? 2 : 4;
    long headerLength =
        version == 1
            ? Short.toUnsignedLong(Short.reverseBytes(in.readShort()))
            : Integer.toUnsignedLong(Integer.reverseBytes(in.readInt()));
    long dataLength = length - start.length - lengthBytes - headerLength;
    if (dataLength < 0) {
      throw damaged("its header is longer than all of it");
    }
    String header =
        new String(in.readNBytes(Math.toIntExact(headerLength)), StandardCharsets.UTF_8);
    Matcher descr = find(DESCR, header);
    this.order = descr.group(1).equals(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    this.kind = descr.group(2);
    this.isFortran = find(ORDER, header).group(1).equals("True");
    try {
      this.itemBytes =
          Math.multiplyExact(Integer.parseInt(descr.group(3)), kind.equals("U") ? 4 : 1);
      this.shape = shape(find(SHAPE, header).group(1));
      if (dataLength != bytes(shape, itemBytes)) {
        throw damaged(
            dataLength + " bytes follow its header, and " + header.strip() + " needs others");
      }
    } catch (ArithmeticException | NumberFormatException e) {
      throw damaged("its header is " + header.strip());
    }
  }

  private Matcher find(Pattern pattern, String header) throws IOException {
    Matcher matcher = pattern.matcher(header);
    if (!matcher.find()) {
      throw new IOException(
          where
              + ": cannot be read, its header is "
              + header.strip()
              + "; save an array of numbers or strings");
    }
    return matcher;
  }

  private static Shape shape(String sizes) {
    return Shape.of(
        Arrays.stream(sizes.split(","))
            .map(String::strip)
            .filter(size -> !size.isEmpty())
            .mapToLong(Long::parseLong)
            .toArray());
  }

  private static long bytes(Shape shape, int itemBytes) {
    return Arrays.stream(shape.asArray()).reduce(itemBytes, Math::multiplyExact);
  }

  /** The shape, also where the elements are in Fortran order. */
  Shape shape() {
    return shape;
  }

  /** Reads the elements. */
  Column read() throws IOException {
    // The bytes of an array in Fortran order are those of its transpose in C order.
    boolean isReversed = isFortran && shape.numDimensions() > 1;
    Shape laidOut = isReversed ? Column.reversed(shape) : shape;
    if (kind.equals("U") || kind.equals("S")) {
      TString strings = strings(laidOut);
      return new Column(strings, "string", isReversed, strings::close);
    }
    NpyType type =
        NpyType.of(kind + itemBytes)
            .orElseThrow(
                () ->
                    new IOException(
                        where
                            + ": its dtype "
                            + kind
                            + itemBytes
                            + " cannot be fed; save bool, int, uint, float16, float32, float64 or"
                            + " strings"));
    TType numbers = numbers(type, laidOut);
    return new Column(numbers, type.toString(), isReversed, numbers::close);
  }

  private TType numbers(NpyType type, Shape laidOut) throws IOException {
    TType tensor = Tensor.of(type.tensor, laidOut);
    try {
      ByteDataBuffer data = tensor.asRawTensor().data();
      byte[] fromFile = new byte[CHUNK * type.fileBytes()];
      byte[] inTensor = new byte[CHUNK * type.tensorBytes];
      for (long done = 0; done < laidOut.size(); done += CHUNK) {
        int count = (int) Math.min(CHUNK, laidOut.size() - done);
        in.readFully(fromFile, 0, count * type.fileBytes());
        type.copy(
            ByteBuffer.wrap(fromFile).order(order),
            ByteBuffer.wrap(inTensor).order(ByteOrder.nativeOrder()),
            count);
        data.offset(done * type.tensorBytes).write(inTensor, 0, count * type.tensorBytes);
      }
      return tensor;
    } catch (ArithmeticException e) {
      tensor.close();
      throw new IOException(where + ": " + e.getMessage() + "; save it as int64", e);
    } catch (IOException e) {
      tensor.close();
      throw e;
    }
  }

  private TString strings(Shape laidOut) throws IOException {
    byte[][] strings = new byte[Math.toIntExact(laidOut.size())][];
    byte[] item = new byte[itemBytes];
    for (int i = 0; i < strings.length; i++) {
      in.readFully(item);
      strings[i] = kind.equals("S") ? withoutPadding(item) : utf8(item);
    }
    return TString.tensorOfBytes(laidOut, DataBuffers.ofObjects(strings));
  }

  private static byte[] withoutPadding(byte[] item) {
    int length = item.length;
    while (length > 0 && item[length - 1] == 0) {
      length--;
    }
    return Arrays.copyOf(item, length);
  }

  private byte[] utf8(byte[] utf32) throws IOException {
    ByteBuffer codes = ByteBuffer.wrap(utf32).order(order);
    var text = new StringBuilder();
    while (codes.hasRemaining()) {
      int code = codes.getInt();
      if (!Character.isValidCodePoint(code)) {
        throw damaged("it holds what is no character");
      }
      text.appendCodePoint(code);
    }
    return withoutPadding(text.toString().getBytes(StandardCharsets.UTF_8));
  }

  private IOException damaged(String why) {
    return new IOException(where + ": damaged: " + why + "; write it anew");
  }
}
