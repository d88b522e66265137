package io.github.tfwsam.examples.data;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.DataType;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;
import org.tensorflow.types.TUint8;

class DataSetTest {
  private static final DataType FLOAT = DataType.DT_FLOAT;

  @TempDir private Path folder;

  private static Path resource(String name) {
    try {
      return Path.of(DataSetTest.class.getResource("/data/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A specification; -1 is a dimension that is not known. */
  private static InputSpec spec(String name, DataType type, long... shape) {
    return new InputSpec(name, type, Shape.of(shape), Optional.empty());
  }

  /** The only array of a file that is there for the test of another one. */
  private Path only(String file, String array) throws IOException {
    Path only = folder.resolve(array + "-of-" + file);
    try (var all = new ZipFile(resource(file).toFile());
        var zip = new ZipOutputStream(Files.newOutputStream(only))) {
      var entry = all.getEntry(array + ".npy");
      zip.putNextEntry(new ZipEntry(entry.getName()));
      zip.write(all.getInputStream(entry).readAllBytes());
    }
    return only;
  }

  /** The values of a column, and its shape. */
  private static String read(Path file, InputSpec input) throws IOException {
    try (var data = DataSet.read(file, List.of(input));
        var batch = data.batch(new int[] {0, 1, 2})) {
      return text(batch.get(input.name()));
    }
  }

  private static String text(Tensor tensor) {
    var text = new StringBuilder(InputSpec.text(tensor.shape()));
    if (tensor instanceof TFloat32 t) {
      t.scalars().forEach(x -> text.append(' ').append(x.getFloat()));
    } else if (tensor instanceof TFloat64 t) {
      t.scalars().forEach(x -> text.append(' ').append(x.getDouble()));
    } else if (tensor instanceof TFloat16 t) {
      t.scalars().forEach(x -> text.append(' ').append(x.getFloat()));
    } else if (tensor instanceof TInt32 t) {
      t.scalars().forEach(x -> text.append(' ').append(x.getInt()));
    } else if (tensor instanceof TInt64 t) {
      t.scalars().forEach(x -> text.append(' ').append(x.getLong()));
    } else if (tensor instanceof TUint8 t) {
      t.scalars().forEach(x -> text.append(' ').append(Byte.toUnsignedInt(x.getByte())));
    } else if (tensor instanceof TBool t) {
      t.scalars().forEach(x -> text.append(' ').append(x.getBoolean()));
    } else {
      ((TString) tensor)
          .asBytes()
          .scalars()
          .forEach(x -> text.append(" '").append(new String(x.getObject(), UTF_8)).append('\''));
    }
    return text.toString();
  }

  static Stream<Arguments> dtypes() {
    String floats = "[3, 2] -0.5 -0.25 0.0 0.25 0.5 0.75";
    return Stream.of(
        Arguments.of("i1", DataType.DT_INT32, "[3, 2] -128 127 2 3 4 5"),
        Arguments.of("i2", DataType.DT_INT32, "[3, 2] -32768 32767 2 3 4 5"),
        Arguments.of("i4", DataType.DT_INT32, "[3, 2] -2147483648 2147483647 2 3 4 5"),
        Arguments.of(
            "i8",
            DataType.DT_INT64,
            "[3, 2] " + Long.MIN_VALUE + " " + Long.MAX_VALUE + " 2 3 4 5"),
        Arguments.of("u1", DataType.DT_UINT8, "[3, 2] 0 255 2 3 4 5"),
        Arguments.of("u1", FLOAT, "[3, 2] 0.0 255.0 2.0 3.0 4.0 5.0"),
        Arguments.of("u2", DataType.DT_INT32, "[3, 2] 0 65535 2 3 4 5"),
        Arguments.of("u4", DataType.DT_INT64, "[3, 2] 0 4294967295 2 3 4 5"),
        Arguments.of("u8", DataType.DT_INT64, "[3, 2] 0 1 2 3 4 5"),
        Arguments.of("u8", DataType.DT_INT32, "[3, 2] 0 1 2 3 4 5"),
        Arguments.of("f2", DataType.DT_HALF, floats),
        Arguments.of("f2", FLOAT, floats),
        Arguments.of("f4", FLOAT, floats),
        Arguments.of("f4", DataType.DT_DOUBLE, floats),
        Arguments.of("f8", DataType.DT_DOUBLE, floats),
        Arguments.of("f8", FLOAT, floats),
        Arguments.of("big_f4", FLOAT, floats),
        Arguments.of("big_i4", DataType.DT_INT32, "[3, 2] -2147483648 2147483647 2 3 4 5"),
        Arguments.of("b", DataType.DT_BOOL, "[3, 2] false true false false true false"),
        Arguments.of("b", FLOAT, "[3, 2] 0.0 1.0 0.0 0.0 1.0 0.0"),
        Arguments.of(
            "fortran",
            FLOAT,
            "[3, 2, 4] 0.0 1.0 2.0 3.0 4.0 5.0 6.0 7.0 8.0 9.0 10.0 11.0 12.0 13.0 14.0 15.0 16.0"
                + " 17.0 18.0 19.0 20.0 21.0 22.0 23.0"),
        Arguments.of("fortran_vector", FLOAT, "[3] 0.0 1.0 2.0"),
        Arguments.of("fortran_strings", DataType.DT_STRING, "[3, 2] 'a' 'b' 'c' 'd' 'e' 'f'"),
        Arguments.of("unicode", DataType.DT_STRING, "[3] '' 'Zürich' '漢字😀'"),
        Arguments.of("bytes", DataType.DT_STRING, "[3] '' 'a\ufffd' 'long enough'"));
  }

  @ParameterizedTest
  @MethodSource("dtypes")
  void readsWhatNumPyWrites(String name, DataType type, String values) throws IOException {
    var any = new InputSpec(name, type, Shape.unknown(), Optional.empty());
    assertThat(read(only("dtypes.npz", name), any)).isEqualTo(values);
    assertThat(read(only("compressed.npz", name), any)).isEqualTo(values);
  }

  @Test
  void readsTheFilesThemselves() throws IOException {
    var versions =
        Stream.of("version_1", "version_2", "version_3").map(n -> spec(n, FLOAT, -1, 2)).toList();
    try (var data = DataSet.read(resource("versions.npz"), versions);
        var batch = data.batch(new int[] {2, 0})) {
      assertThat(data.size()).isEqualTo(3);
      for (InputSpec version : versions) {
        assertThat(text(batch.get(version.name()))).isEqualTo("[2, 2] 4.0 5.0 0.0 1.0");
      }
    }
    var e =
        assertThrows(
            IllegalArgumentException.class,
            () -> DataSet.read(resource("compressed.npz"), List.of(spec("f4", FLOAT, -1, 2))));
    assertThat(e).hasMessageThat().contains("holds 'i1', which is no input");
  }

  @ParameterizedTest
  @ValueSource(strings = {"examples.tfrecord", "examples.tfrecord.gz"})
  void readsWhatTensorFlowWrites(String file) throws IOException {
    var inputs =
        List.of(
            spec("x", FLOAT, -1, 2, -1),
            spec("y", DataType.DT_INT32, -1),
            spec("s", DataType.DT_STRING, -1, 1));
    try (var data = DataSet.read(resource(file), inputs);
        var batch = data.batch(new int[] {6, 1})) {
      assertThat(data.size()).isEqualTo(7);
      assertThat(text(batch.get("x"))).isEqualTo("[2, 2, 2] 6.0 6.5 -6.0 1.0 1.0 1.5 -1.0 1.0");
      assertThat(text(batch.get("y"))).isEqualTo("[2] 0 1");
      assertThat(text(batch.get("s"))).isEqualTo("[2, 1] 'é6' 'é1'");
    }
  }

  @Test
  void recordsWithoutAKnownShapeAreVectors() throws IOException {
    var inputs =
        List.of(
            new InputSpec("x", DataType.DT_DOUBLE, Shape.unknown(), Optional.empty()),
            spec("y", FLOAT, -1, 1),
            spec("s", DataType.DT_STRING, -1));
    try (var data = DataSet.read(resource("examples.tfrecord"), inputs);
        var batch = data.batch(new int[] {1})) {
      assertThat(text(batch.get("x"))).isEqualTo("[1, 4] 1.0 1.5 -1.0 1.0");
      assertThat(text(batch.get("y"))).isEqualTo("[1, 1] 1.0");
      assertThat(text(batch.get("s"))).isEqualTo("[1] 'é1'");
    }
  }

  @Test
  void aLastAxisOfOneMayBeMissingOrSurplus() throws IOException {
    Path file =
        new NpzWriter()
            .add("missing", new float[] {1, 2, 3}, 3)
            .add("surplus", new long[] {1, 2, 3}, 3, 1)
            .write(folder.resolve("a.npz"));
    var inputs = List.of(spec("missing", FLOAT, -1, 1), spec("surplus", DataType.DT_INT32, -1));
    try (var data = DataSet.read(file, inputs);
        var batch = data.batch(new int[] {0, 2})) {
      assertThat(text(batch.get("missing"))).isEqualTo("[2, 1] 1.0 3.0");
      assertThat(text(batch.get("surplus"))).isEqualTo("[2] 1 3");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "f4 | DT_INT32 | is float32, but int32 is wanted",
        "i8 | DT_INT32 | example 0 (the first is 0) does not fit int32",
        "i4 | DT_BOOL | is int32, but bool is wanted",
        "i2 | DT_UINT8 | example 0 (the first is 0) does not fit uint8",
        "u4 | DT_HALF | example 0 (the first is 0) is NaN, infinite or too large for float16",
        "u4 | DT_BOOL | is uint32, but bool is wanted",
        "unicode | DT_FLOAT | is string, but float32 is wanted",
        "f4 | DT_STRING | is float32, but string is wanted",
        "u8_large | DT_INT64 | 9223372036854775808 (uint64) is more than an int64 holds",
        "scalar | DT_FLOAT | is a single value",
        "empty | DT_FLOAT | is empty, its shape is [0, 2]",
        "no_columns | DT_FLOAT | is empty, its shape is [3, 0]",
        "complex | DT_FLOAT | its dtype c8 cannot be fed",
        "dates | DT_INT64 | cannot be read, its header is",
        "objects | DT_FLOAT | cannot be read, its header is",
        "records | DT_FLOAT | cannot be read, its header is",
      })
  void refusesWhatIsOfTheWrongType(String name, DataType type, String message) throws IOException {
    var any = new InputSpec(name, type, Shape.unknown(), Optional.empty());
    Path file = only("dtypes.npz", name);
    Exception e = assertThrows(Exception.class, () -> DataSet.read(file, List.of(any)));
    assertThat(e).hasMessageThat().startsWith(file + ": '" + name + "'");
    assertThat(e).hasMessageThat().contains(message);
  }

  static Stream<Arguments> wrongValues() {
    return Stream.of(
        Arguments.of(spec("x", FLOAT, -1, 3), "has the shape [3, 2], but [?, 3] is wanted"),
        Arguments.of(spec("x", FLOAT, -1), "has the shape [3, 2], but [?] is wanted"),
        Arguments.of(spec("x", FLOAT, -1, 2, -1), "has the shape [3, 2], but [?, 2, ?] is wanted"),
        Arguments.of(spec("nan", FLOAT, -1, 2), "example 1 (the first is 0) is NaN, infinite"),
        Arguments.of(spec("inf", FLOAT, -1), "example 2 (the first is 0) is NaN, infinite"),
        Arguments.of(spec("large", FLOAT, -1), "example 0 (the first is 0) is NaN, infinite"),
        Arguments.of(
            spec("y", DataType.DT_INT32, -1).within(new InputSpec.Range(0, 9)),
            "example 2 (the first is 0) is not from 0 to 9"),
        Arguments.of(
            spec("negative", FLOAT, -1).within(new InputSpec.Range(0, 1)),
            "example 1 (the first is 0) is not from 0 to 1"));
  }

  @ParameterizedTest
  @MethodSource("wrongValues")
  void refusesWrongShapesAndValues(InputSpec input, String message) throws IOException {
    float nan = Float.NaN;
    Map<String, NpzWriter> files =
        Map.of(
            "x", new NpzWriter().add("x", new float[6], 3, 2),
            "nan", new NpzWriter().add("nan", new float[] {1, 2, 3, nan, nan, 4}, 3, 2),
            "inf", new NpzWriter().add("inf", new double[] {1, 2, Double.NEGATIVE_INFINITY}, 3),
            "large", new NpzWriter().add("large", new double[] {1e300, 2, 3}, 3),
            "y", new NpzWriter().add("y", new long[] {0, 9, 10}, 3),
            "negative", new NpzWriter().add("negative", new float[] {0, -0.1f, 1}, 3));
    Path file = files.get(input.name()).write(folder.resolve("values.npz"));
    var e = assertThrows(IllegalArgumentException.class, () -> DataSet.read(file, List.of(input)));
    assertThat(e).hasMessageThat().startsWith(file + ": '" + input.name() + "': " + message);
  }

  @Test
  void refusesMissingAndSurplusNamesAndUnequalNumbers() throws IOException {
    Path file =
        new NpzWriter()
            .add("x", new float[4], 2, 2)
            .add("y", new long[3], 3)
            .write(folder.resolve("a.npz"));
    InputSpec x = spec("x", FLOAT, -1, 2);
    InputSpec y = spec("y", DataType.DT_INT64, -1);
    InputSpec z = spec("z", FLOAT, -1);
    assertMessage(file, List.of(x, y, z), "holds no 'z', only 'x', 'y'; 'x', 'y', 'z' are wanted");
    assertMessage(file, List.of(x), "holds 'y', which is no input; leave it out: 'x' is wanted");
    assertMessage(file, List.of(x, y), "has 2 examples of 'x', but 3 of 'y'; save as many of each");
    assertMessage(
        new NpzWriter().write(folder.resolve("none.npz")),
        List.of(x),
        "holds no 'x', only nothing; 'x' is wanted");
  }

  private static void assertMessage(Path file, List<InputSpec> inputs, String message) {
    var e = assertThrows(Exception.class, () -> DataSet.read(file, inputs));
    assertThat(e).hasMessageThat().isEqualTo(file + ": " + message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"dtypes.npz", "compressed.npz", "examples.tfrecord", "examples.tfrecord.gz"})
  void aTruncatedOrDamagedFileIsAnError(String name) throws IOException {
    byte[] whole = Files.readAllBytes(resource(name));
    var inputs =
        name.endsWith(".npz")
            ? Stream.of("x").map(n -> spec(n, FLOAT, -1)).toList()
            : List.of(
                spec("x", FLOAT, -1, 4), spec("y", FLOAT, -1), spec("s", DataType.DT_STRING, -1));
    for (int length : new int[] {0, 1, 5, whole.length / 2, whole.length * 3 / 4}) {
      Path cut = Files.write(folder.resolve(length + name), Arrays.copyOf(whole, length));
      var e = assertThrows(IOException.class, () -> DataSet.read(cut, inputs));
      assertWithMessage("%s of %s bytes", length, whole.length)
          .that(e)
          .hasMessageThat()
          .startsWith(cut + ": ");
      assertThat(e.getMessage().lines().count()).isEqualTo(1);
    }
  }

  @Test
  void aFlippedBitInAnArrayIsAnError() throws IOException {
    Path file = only("versions.npz", "version_1");
    try (var zip = new ZipOutputStream(Files.newOutputStream(file))) {
      byte[] array =
          new ZipFile(resource("versions.npz").toFile())
              .getInputStream(new ZipEntry("version_1.npy"))
              .readAllBytes();
      var entry = new ZipEntry("version_1.npy");
      entry.setMethod(ZipEntry.STORED);
      entry.setSize(array.length);
      var crc = new CRC32();
      crc.update(array);
      entry.setCrc(crc.getValue());
      zip.putNextEntry(entry);
      zip.write(array);
    }
    byte[] bytes = Files.readAllBytes(file);
    InputSpec input = spec("version_1", FLOAT, -1, 2);
    assertThat(read(file, input)).isEqualTo("[3, 2] 0.0 1.0 2.0 3.0 4.0 5.0");
    for (int i = 0; i < bytes.length - 1; i++) {
      byte[] damaged = bytes.clone();
      damaged[i] ^= 0x10;
      Files.write(file, damaged);
      try {
        // Where it does not matter, as in a time, all may be well; else it is an error, not a
        // crash.
        assertThat(read(file, input)).isEqualTo("[3, 2] 0.0 1.0 2.0 3.0 4.0 5.0");
      } catch (IOException | IllegalArgumentException e) {
        assertThat(e).hasMessageThat().startsWith(file.toString());
      }
    }
  }

  @Test
  void aHeaderThatPromisesTooMuchIsAnError() throws IOException {
    for (String shape : List.of("99999999999, 99999999999", "1152921504606846976, 2", "4")) {
      Path file =
          new NpzWriter()
              .addRaw(
                  "x",
                  "{'descr': '<f4', 'fortran_order': False, 'shape': (" + shape + ",), }",
                  new byte[12])
              .write(folder.resolve("promise.npz"));
      var e = assertThrows(IOException.class, () -> read(file, spec("x", FLOAT, -1)));
      assertThat(e).hasMessageThat().startsWith(file + ": 'x': damaged: ");
    }
  }

  static Stream<Arguments> wrongRecords() {
    var x = TfRecordWriter.floats(1, 2);
    var y = TfRecordWriter.integers(1);
    return Stream.of(
        Arguments.of(
            new TfRecordWriter().add(Map.of("x", x)),
            "holds no 'y', only 'x'; 'x', 'y' are wanted"),
        Arguments.of(
            new TfRecordWriter().add(Map.of("x", x, "y", y, "z", y)), "holds 'z', which is no"),
        Arguments.of(
            new TfRecordWriter().add(Map.of("x", TfRecordWriter.floats(1, 2, 3), "y", y)),
            "'x': has 3 values in the first record, and the shape [2] is wanted"),
        Arguments.of(
            new TfRecordWriter().add(Map.of("x", TfRecordWriter.floats(), "y", y)),
            "'x': has 0 values in the first record"),
        Arguments.of(
            new TfRecordWriter()
                .add(Map.of("x", org.tensorflow.proto.Feature.getDefaultInstance(), "y", y)),
            "'x': is empty"),
        Arguments.of(
            new TfRecordWriter().add(Map.of("x", x, "y", TfRecordWriter.floats(1))),
            "'y': is float32, but int64 is wanted"),
        Arguments.of(
            new TfRecordWriter().add(Map.of("x", x, "y", y)).add(Map.of("x", x)),
            "'y': a record is not like the first: "),
        Arguments.of(
            new TfRecordWriter()
                .add(Map.of("x", x, "y", y))
                .add(Map.of("x", TfRecordWriter.floats(1), "y", y)),
            "'x': a record is not like the first: "),
        Arguments.of(
            new TfRecordWriter()
                .add(Map.of("x", x, "y", y))
                .add(Map.of("x", TfRecordWriter.integers(1, 2), "y", y)),
            "'x': a record is not like the first: "),
        Arguments.of(
            new TfRecordWriter().add(Map.of("x", x, "y", y)).addRaw(new byte[] {1, 2, 3}),
            "'x': a record is not like the first: no tf.train.Example"),
        Arguments.of(
            new TfRecordWriter().addRaw(new byte[] {1, 2, 3}),
            "its first record is no tf.train.Example"));
  }

  @ParameterizedTest
  @MethodSource("wrongRecords")
  void refusesWrongRecords(TfRecordWriter writer, String message) throws IOException {
    Path file = writer.write(folder.resolve("a.tfrecord"));
    var inputs = List.of(spec("x", FLOAT, -1, 2), spec("y", DataType.DT_INT64, -1));
    var e = assertThrows(Exception.class, () -> DataSet.read(file, inputs));
    assertThat(e).hasMessageThat().startsWith(file + ": " + message);
    assertThat(e.getMessage().lines().count()).isEqualTo(1);
  }

  @Test
  void refusesWhatIsNoDataFile() throws IOException {
    Path text = Files.writeString(folder.resolve("a.tfrecord"), "x,y\n1,2\n".repeat(100));
    assertThat(assertThrows(IOException.class, () -> read(text, spec("x", FLOAT, -1))))
        .hasMessageThat()
        .contains("no TFRecord file, or a damaged one");
    Path csv = Files.writeString(folder.resolve("a.csv"), "x,y\n1,2\n");
    assertThat(assertThrows(IllegalArgumentException.class, () -> read(csv, spec("x", FLOAT, -1))))
        .hasMessageThat()
        .contains("neither .npz nor .tfrecord");
    Path directory = Files.createDirectory(folder.resolve("b.npz"));
    assertThat(assertThrows(IOException.class, () -> read(directory, spec("x", FLOAT, -1))))
        .hasMessageThat()
        .contains("is a folder");
  }
}
