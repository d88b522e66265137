package io.github.tfwsam.nativeops;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.VarHandleOp;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.GraphOptions;
import org.tensorflow.proto.RewriterConfig;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.family.TFloating;

/** A graph and its session, with variables and tensors of one type: one of each shape to a list. */
final class Workbench<T extends TFloating> implements AutoCloseable {
  static final List<Shape> SHAPES =
      List.of(Shape.scalar(), Shape.of(0, 3), Shape.of(5, 7), Shape.of(100_000), Shape.of(2, 1, 3));

  final Graph graph = new Graph();
  final Ops tf = Ops.create(graph);
  final Session session;
  private final Class<T> type;
  private final boolean resources;
  private final List<Shape> shapes;

  Workbench(Class<T> type, boolean resources) {
    this(type, resources, SHAPES, 0);
  }

  /** Without Grappler, which would reorder what the ops are compared with. */
  Workbench(Class<T> type, boolean resources, List<Shape> shapes, int threads) {
    this.type = type;
    this.resources = resources;
    this.shapes = shapes;
    var rewriter = RewriterConfig.newBuilder().setDisableMetaOptimizer(true);
    var config =
        ConfigProto.newBuilder()
            .setIntraOpParallelismThreads(threads)
            .setGraphOptions(GraphOptions.newBuilder().setRewriteOptions(rewriter));
    session = new Session(graph, config.build());
  }

  static double[] random(long seed, double low, double high, Shape shape) {
    return new Random(seed).doubles(shape.size(), low, high).toArray();
  }

  Operand<TFloat64> scalar(double value) {
    return tf.constant(value);
  }

  /** A number in the type of the tensors. */
  Operand<T> number(double value) {
    return tf.dtypes.cast(tf.constant(value), type);
  }

  Output<T> tensor(double[] values, Shape shape) {
    return tf.dtypes.cast(tf.reshape(tf.constant(values), tf.constant(shape)), type).asOutput();
  }

  List<Output<?>> tensors(long seed, double low, double high) {
    List<Output<?>> tensors = new ArrayList<>();
    for (Shape shape : shapes) {
      tensors.add(tensor(random(seed + tensors.size(), low, high, shape), shape));
    }
    return tensors;
  }

  /** The same in the type that is computed in. */
  List<Output<?>> wide(List<Output<?>> tensors) {
    return tensors.stream()
        .<Output<?>>map(
            tensor ->
                type == TFloat64.class
                    ? tensor
                    : tf.dtypes.cast(typed(tensor), TFloat32.class).asOutput())
        .toList();
  }

  List<Output<?>> filled(double value) {
    return tensors(0, value, Math.nextUp(value));
  }

  /** Variables with the values that {@link #tensors} has. */
  List<Output<?>> variables(String name, long seed, double low, double high) {
    List<Output<?>> variables = new ArrayList<>();
    for (Output<?> value : tensors(seed, low, high)) {
      Output<?> variable = uninitialized(name + variables.size(), value.shape());
      assign(variable, value);
      variables.add(variable);
    }
    return variables;
  }

  Output<?> uninitialized(String name, Shape shape) {
    return resources
        ? tf.withName(name).varHandleOp(type, shape, VarHandleOp.sharedName(name)).asOutput()
        : tf.withName(name).variable(shape, type).asOutput();
  }

  void assign(Output<?> variable, Output<?> value) {
    run(
        resources
            ? tf.assignVariableOp(variable, value).op()
            : tf.assign(typed(variable), typed(value)).op());
  }

  @SuppressWarnings("unchecked") // All are of one type.
  Operand<T> typed(Output<?> output) {
    return (Operand<T>) output;
  }

  /** The values of variables; of what are values, these. */
  List<Output<?>> read(List<Output<?>> variables) {
    List<Output<?>> values = new ArrayList<>();
    for (Output<?> variable : variables) {
      values.add(
          variable.dataType() == DataType.DT_RESOURCE
              ? tf.readVariableOp(variable, type).asOutput()
              : tf.identity(typed(variable)).asOutput());
    }
    return values;
  }

  void run(Operation... targets) {
    Session.Runner runner = session.runner();
    for (Operation target : targets) {
      runner.addTarget(target);
    }
    runner.run().close();
  }

  /** What variables or tensors hold, which float64 holds exactly. */
  double[][] values(List<Output<?>> outputs) {
    Session.Runner runner = session.runner();
    for (Output<?> output : outputs) {
      boolean isResource = output.dataType() == DataType.DT_RESOURCE;
      runner.fetch(
          tf.dtypes.cast(
              isResource ? tf.readVariableOp(output, type) : typed(output), TFloat64.class));
    }
    try (Result result = runner.run()) {
      double[][] values = new double[outputs.size()][];
      for (int i = 0; i < values.length; i++) {
        var tensor = (TFloat64) result.get(i);
        values[i] = new double[Math.toIntExact(tensor.shape().size())];
        tensor.asRawTensor().data().asDoubles().read(values[i]);
      }
      return values;
    }
  }

  static double[] concatenated(double[][] values) {
    return List.of(values).stream().flatMapToDouble(DoubleStream::of).toArray();
  }

  @Override
  public void close() {
    session.close();
    graph.close();
  }
}
