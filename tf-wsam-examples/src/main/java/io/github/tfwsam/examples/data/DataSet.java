package io.github.tfwsam.examples.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TType;

/**
 * The examples of a file in memory, outside of Java's heap: for each input of a graph a tensor of
 * the type and shape that the input wants, whose first axis counts the examples.
 *
 * <p>Files are {@code .npz}, an array an input, or {@code .tfrecord}, records of {@code
 * tf.train.Example} with a feature an input. Numbers are cast where NumPy's rule {@code same_kind}
 * admits it and each value survives (int64 to int32, float64 to float32, uint8 to float32); a last
 * axis of 1 may be missing or surplus; values that are NaN or infinite are an error.
 */
public final class DataSet implements AutoCloseable {
  private final Map<String, Result> columns = new LinkedHashMap<>();
  private final int size;
  private final Graph graph = new Graph();
  private final Session session = new Session(graph);
  private final Placeholder<TInt32> rows;
  private final Map<String, Placeholder<? extends TType>> all = new LinkedHashMap<>();
  private final List<Operand<?>> chosen = new ArrayList<>();

  private DataSet(Map<String, Result> columns, int size) {
    this.columns.putAll(columns);
    this.size = size;
    Ops tf = Ops.create(graph).withDevice(Conversion.CPU);
    rows = tf.placeholder(TInt32.class);
    columns.forEach(
        (name, column) -> {
          Placeholder<? extends TType> values = tf.placeholder(values(column).type());
          all.put(name, values);
          chosen.add(tf.gather(values, rows, tf.constant(0)));
        });
  }

  private static TType values(Result column) {
    return (TType) column.get(0);
  }

  /**
   * Reads a file.
   *
   * @param file a file whose name ends in {@code .npz} or contains {@code .tfrecord}
   * @param inputs what is wanted, under different names
   * @return the examples
   * @throws IOException if the file cannot be read, is empty, truncated or damaged
   * @throws IllegalArgumentException if it is not what is wanted: a name is missing or surplus, or
   *     a type, a shape or a value is wrong
   */
  public static DataSet read(Path file, List<InputSpec> inputs) throws IOException {
    Map<String, Result> columns = new LinkedHashMap<>();
    try (ExampleFile opened = ExampleFile.open(file)) {
      requireNames(file, opened.names(), inputs);
      for (InputSpec input : inputs) {
        try (Column column = opened.read(input)) {
          String where = file + ": '" + input.name() + "'";
          columns.put(input.name(), Conversion.convert(column, input, where));
        }
      }
      return new DataSet(columns, size(file, columns));
    } catch (IOException | RuntimeException e) {
      columns.values().forEach(Result::close);
      throw e;
    }
  }

  private static void requireNames(Path file, Set<String> names, List<InputSpec> inputs) {
    Set<String> wanted =
        inputs.stream().map(InputSpec::name).collect(Collectors.toCollection(LinkedHashSet::new));
    for (String name : wanted) {
      if (!names.contains(name)) {
        throw new IllegalArgumentException(
            String.format(
                "%s: holds no '%s', only %s; %s wanted",
                file, name, quoted(names), areQuoted(wanted)));
      }
    }
    for (String name : names) {
      if (!wanted.contains(name)) {
        throw new IllegalArgumentException(
            String.format(
                "%s: holds '%s', which is no input; leave it out: %s wanted",
                file, name, areQuoted(wanted)));
      }
    }
  }

  private static String areQuoted(Set<String> names) {
    return quoted(names) + (names.size() == 1 ? " is" : " are");
  }

  private static String quoted(Set<String> names) {
    return names.isEmpty() ? "nothing" : "'" + String.join("', '", names) + "'";
  }

  private static int size(Path file, Map<String, Result> columns) {
    String first = null;
    long size = 0;
    for (var column : columns.entrySet()) {
      long examples = values(column.getValue()).shape().get(0);
      if (first == null) {
        first = column.getKey();
        size = examples;
      } else if (examples != size) {
        throw new IllegalArgumentException(
            String.format(
                "%s: has %d examples of '%s', but %d of '%s'; save as many of each",
                file, size, first, examples, column.getKey()));
      }
    }
    if (size > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(file + ": has more than 2^31 - 1 examples; split it");
    }
    return (int) size;
  }

  /**
   * How many examples there are.
   *
   * @return the number
   */
  public int size() {
    return size;
  }

  /**
   * Some examples.
   *
   * @param numbers their numbers, from 0, in the order wanted
   * @return their values; to be closed by the caller
   */
  public Batch batch(int[] numbers) {
    try (TInt32 fed = TInt32.vectorOf(numbers)) {
      Session.Runner runner = session.runner().feed(rows, fed);
      all.forEach((name, values) -> runner.feed(values, values(columns.get(name))));
      chosen.forEach(runner::fetch);
      return new Batch(List.copyOf(all.keySet()), runner.run());
    }
  }

  /** Examples to be fed together. */
  public static final class Batch implements AutoCloseable {
    private final List<String> names;
    private final Result values;

    private Batch(List<String> names, Result values) {
      this.names = names;
      this.values = values;
    }

    /**
     * The values of an input.
     *
     * @param name the input's name
     * @return a tensor that is closed with the batch
     */
    public Tensor get(String name) {
      return values.get(names.indexOf(name));
    }

    @Override
    public void close() {
      values.close();
    }
  }

  @Override
  public void close() {
    session.close();
    graph.close();
    columns.values().forEach(Result::close);
  }
}
