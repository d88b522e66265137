package io.github.tfwsam.examples.data;

import com.google.protobuf.InvalidProtocolBufferException;
import io.github.tfwsam.examples.cli.ErrorLine;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.exceptions.TFOutOfRangeException;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.proto.Example;
import org.tensorflow.proto.Feature;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;
import org.tensorflow.types.family.TType;

/**
 * Records of {@code tf.train.Example}, compressed by gzip or not, read and parsed by TensorFlow's
 * own ops. The first record tells what features there are, and of what type; all others have as
 * many values of them as it.
 */
final class TfRecordFile implements ExampleFile {
  private static final List<Class<? extends TType>> STRINGS = List.of(TString.class);
  private static final List<Shape> VECTORS = List.of(Shape.of(Shape.UNKNOWN_SIZE));

  private final Path file;
  private final Graph graph = new Graph();
  private final Session session = new Session(graph);
  private final Ops tf = Ops.create(graph);
  private final Placeholder<TString> serialized =
      tf.placeholder(TString.class, Placeholder.shape(Shape.of(Shape.UNKNOWN_SIZE)));
  private final Result records;
  private final Map<String, Feature> firstFeatures;

  TfRecordFile(Path file) throws IOException {
    this.file = file;
    try {
      this.records = readRecords();
      try {
        this.firstFeatures = parseFirst();
      } catch (IOException e) {
        records.close();
        throw e;
      }
    } catch (IOException e) {
      closeSession();
      throw e;
    }
  }

  /** All records in one tensor. */
  private Result readRecords() throws IOException {
    // Not tf.data.tfRecordDataset: TFRecordDatasetV2 of TensorFlow 2.16 cannot be iterated over in
    // a
    // graph.
    Output<?> dataset =
        tf.scope()
            .opBuilder("TFRecordDataset", "dataset")
            .addInput(tf.constant(file.toString()).asOutput())
            .addInput(tf.constant(isGzip() ? "GZIP" : "").asOutput())
            .addInput(tf.constant(1L << 20).asOutput())
            .build()
            .output(0);
    Operand<?> batch =
        tf.data.batchDataset(
            dataset, tf.constant(Long.MAX_VALUE), tf.constant(false), STRINGS, VECTORS);
    Operand<?> iterator = tf.data.iterator("", "", STRINGS, VECTORS);
    Op start = tf.data.makeIterator(batch, iterator);
    Operand<?> all = tf.data.iteratorGetNext(iterator, STRINGS, VECTORS).components().get(0);
    try {
      session.run(start);
      return session.runner().fetch(all).run();
    } catch (TFOutOfRangeException e) {
      throw new IOException(file + ": holds no examples; write it anew", e);
    } catch (RuntimeException e) { // TensorFlow's have no other type in common.
      throw new IOException(
          file
              + ": no TFRecord file, or a damaged one ("
              + ErrorLine.ofTensorFlow(e)
              + "); write it anew",
          e);
    }
  }

  private boolean isGzip() throws IOException {
    try (InputStream stream = Files.newInputStream(file)) {
      return Arrays.equals(stream.readNBytes(2), new byte[] {0x1f, (byte) 0x8b});
    }
  }

  private Map<String, Feature> parseFirst() throws IOException {
    try {
      byte[] first = ((TString) records.get(0)).asBytes().getObject(0);
      return Example.parseFrom(first).getFeatures().getFeatureMap();
    } catch (InvalidProtocolBufferException e) {
      throw new IOException(
          file + ": its first record is no tf.train.Example; write such records", e);
    }
  }

  @Override
  public Set<String> names() {
    return firstFeatures.keySet();
  }

  @Override
  public Column read(InputSpec input) throws IOException {
    String name = input.name();
    Operand<? extends TType> parsed =
        tf.io
            .parseExample(
                serialized,
                noStrings(),
                noStrings(),
                tf.array(name),
                noStrings(),
                List.of(noDefault(name)),
                0L,
                List.of(),
                List.of(),
                List.of(),
                List.of(shape(input)))
            .denseValues()
            .get(0);
    try {
      Result result = session.runner().feed(serialized, records.get(0)).fetch(parsed).run();
      var values = (TType) result.get(0);
      return new Column(values, ElementType.name(values.dataType()), false, result::close);
    } catch (RuntimeException e) { // TensorFlow's have no other type in common.
      String said = ErrorLine.ofTensorFlow(e).replace("Name: <unknown>, ", "");
      // What cannot be parsed is in the message, and is no text.
      String why = said.startsWith("Could not parse") ? "no tf.train.Example" : said;
      throw new IOException(
          where(name) + ": a record is not like the first: " + why + "; write it anew", e);
    }
  }

  private Operand<?> noDefault(String name) throws IOException {
    Operand<?> none =
        switch (firstFeatures.get(name).getKindCase()) {
          case FLOAT_LIST -> tf.zeros(tf.array(0), TFloat32.class);
          case INT64_LIST -> tf.zeros(tf.array(0), TInt64.class);
          case BYTES_LIST -> noStrings();
          case KIND_NOT_SET -> throw new IOException(where(name) + ": is empty; write it anew");
        };
    return none;
  }

  private Operand<TString> noStrings() {
    return tf.fill(tf.array(0), tf.constant(""));
  }

  /** The shape of an example: the wanted one, its unknown dimension found by the first record. */
  private Shape shape(InputSpec input) {
    long length = length(firstFeatures.get(input.name()));
    Shape wanted = input.example();
    if (wanted == null) {
      return Shape.of(length);
    }
    long known = 1;
    int unknown = 0;
    for (long size : wanted.asArray()) {
      if (size == Shape.UNKNOWN_SIZE) {
        unknown++;
      } else {
        known *= size;
      }
    }
    if (unknown > 1) {
      throw new IllegalArgumentException(
          where(input.name())
              + ": a record does not tell the shape of its values, and "
              + InputSpec.text(wanted)
              + " is wanted; use .npz");
    }
    boolean fits = unknown == 0 ? length == known : length % known == 0;
    if (!fits || length == 0) {
      throw new IllegalArgumentException(
          where(input.name())
              + ": has "
              + length
              + " values in the first record, and the shape "
              + InputSpec.text(wanted)
              + " is wanted");
    }
    long found = length / known;
    return Shape.of(
        Arrays.stream(wanted.asArray())
            .map(size -> size == Shape.UNKNOWN_SIZE ? found : size)
            .toArray());
  }

  private static long length(Feature feature) {
    return switch (feature.getKindCase()) {
      case FLOAT_LIST -> feature.getFloatList().getValueCount();
      case INT64_LIST -> feature.getInt64List().getValueCount();
      case BYTES_LIST -> feature.getBytesList().getValueCount();
      case KIND_NOT_SET -> 0;
    };
  }

  private String where(String name) {
    return file + ": '" + name + "'";
  }

  private void closeSession() {
    session.close();
    graph.close();
  }

  @Override
  public void close() {
    records.close();
    closeSession();
  }
}
