package io.github.tfwsam.examples.data;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TUint8;
import org.tensorflow.types.family.TType;

/** The numbers of NumPy's files, and the narrowest tensor of TensorFlow-Java that holds them. */
enum NpyType {
  BOOL("b1", TBool.class, 1),
  INT8("i1", TInt32.class, 4),
  INT16("i2", TInt32.class, 4),
  INT32("i4", TInt32.class, 4),
  INT64("i8", TInt64.class, 8),
  UINT8("u1", TUint8.class, 1),
  UINT16("u2", TInt32.class, 4),
  UINT32("u4", TInt64.class, 8),
  UINT64("u8", TInt64.class, 8),
  FLOAT16("f2", TFloat16.class, 2),
  FLOAT32("f4", TFloat32.class, 4),
  FLOAT64("f8", TFloat64.class, 8);

  private final String code;
  final Class<? extends TType> tensor;
  final int tensorBytes;

  NpyType(String code, Class<? extends TType> tensor, int tensorBytes) {
    this.code = code;
    this.tensor = tensor;
    this.tensorBytes = tensorBytes;
  }

  static Optional<NpyType> of(String code) {
    return Arrays.stream(values()).filter(type -> type.code.equals(code)).findFirst();
  }

  int fileBytes() {
    return code.charAt(1) - '0';
  }

  /** Moves numbers of the file to where they are laid out as in the tensor. */
  void copy(ByteBuffer from, ByteBuffer to, int count) {
    for (int i = 0; i < count; i++) {
      switch (this) {
        case BOOL, UINT8 -> to.put(from.get());
        case INT8 -> to.putInt(from.get());
        case INT16 -> to.putInt(from.getShort());
        case UINT16 -> to.putInt(Short.toUnsignedInt(from.getShort()));
        case FLOAT16 -> to.putShort(from.getShort());
        case INT32, FLOAT32 -> to.putInt(from.getInt());
        case UINT32 -> to.putLong(Integer.toUnsignedLong(from.getInt()));
        case INT64, FLOAT64 -> to.putLong(from.getLong());
        case UINT64 -> to.putLong(signed(from.getLong()));
      }
    }
  }

  private static long signed(long value) {
    if (value < 0) {
      throw new ArithmeticException(
          Long.toUnsignedString(value) + " (uint64) is more than an int64 holds");
    }
    return value;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
