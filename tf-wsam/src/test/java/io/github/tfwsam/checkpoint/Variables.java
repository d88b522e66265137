package io.github.tfwsam.checkpoint;

import java.util.Arrays;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.DataType;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;

/** A session with variables of all kinds, and a step that changes them all. */
final class Variables implements AutoCloseable {
  final Graph graph = new Graph();
  final Session session = new Session(graph);
  private final Ops tf = Ops.create(graph);
  private final Operand<TFloat32> reference;
  private final Output<?> weights;
  private final Output<?> halves;
  private final Output<?> counter;
  private final Output<?> randomState;

  /** With other numbers of units it is another graph. */
  Variables(int units) {
    reference = tf.withName("reference").variable(tf.constant(new float[] {1, 2, 3}));
    weights = resource("weights", DataType.DT_FLOAT, Shape.of(2, units));
    halves = resource("halves", DataType.DT_BFLOAT16, Shape.of(2, units));
    counter = resource("counter", DataType.DT_INT64, Shape.scalar());
    randomState = resource("random_state", DataType.DT_UINT32, Shape.of(2));
    resource("never_initialized", DataType.DT_FLOAT, Shape.of(4));
    set(0, units);
  }

  private Output<?> resource(String name, DataType type, Shape shape) {
    return graph
        .opBuilder("VarHandleOp", name, graph.baseScope())
        .setAttr("dtype", type)
        .setAttr("shape", shape)
        .setAttr("shared_name", name)
        .build()
        .output(0);
  }

  void set(int step) {
    set(step, (int) weightsShape().get(1));
  }

  private Shape weightsShape() {
    try (Result result = session.runner().fetch(read(weights, DataType.DT_FLOAT)).run()) {
      return result.get(0).shape();
    }
  }

  private void set(int step, int units) {
    Operand<TFloat32> values =
        tf.math.div(tf.fill(tf.array(2, units), tf.constant(step + 1f)), tf.constant(3f));
    Session.Runner runner =
        session
            .runner()
            .addTarget(tf.assign(reference, tf.constant(new float[] {step, step, step})))
            .addTarget(assign(weights, values.asOutput()))
            .addTarget(assign(halves, tf.dtypes.cast(values, TBfloat16.class).asOutput()))
            .addTarget(assign(counter, tf.constant((long) step).asOutput()))
            .addTarget(assign(randomState, bitcast(tf.array(step, -1).asOutput(), "DT_UINT32")));
    runner.run().close();
  }

  private org.tensorflow.Operation assign(Output<?> handle, Output<?> value) {
    return tf.scope().opBuilder("AssignVariableOp", "set").addInput(handle).addInput(value).build();
  }

  private Output<?> bitcast(Output<?> value, String type) {
    return tf.scope()
        .opBuilder("Bitcast", "bits")
        .addInput(value)
        .setAttr("type", DataType.valueOf(type))
        .build()
        .output(0);
  }

  private Output<?> read(Output<?> handle, DataType type) {
    return tf.scope()
        .opBuilder("ReadVariableOp", "get")
        .addInput(handle)
        .setAttr("dtype", type)
        .build()
        .output(0);
  }

  /** The values of all variables. */
  String values() {
    try (Result result =
        session
            .runner()
            .fetch(reference)
            .fetch(read(weights, DataType.DT_FLOAT))
            .fetch(read(halves, DataType.DT_BFLOAT16))
            .fetch(read(counter, DataType.DT_INT64))
            .fetch(bitcast(read(randomState, DataType.DT_UINT32), "DT_INT32"))
            .run()) {
      return Arrays.toString(floats((TFloat32) result.get(0)))
          + Arrays.toString(floats((TFloat32) result.get(1)))
          + ((TBfloat16) result.get(2)).getFloat(1, 0)
          + " "
          + ((TInt64) result.get(3)).getLong()
          + " "
          + ((TInt32) result.get(4)).getInt(0)
          + ((TInt32) result.get(4)).getInt(1);
    }
  }

  private static float[] floats(TFloat32 tensor) {
    float[] values = new float[(int) tensor.size()];
    tensor.asRawTensor().data().asFloats().read(values);
    return values;
  }

  @Override
  public void close() {
    session.close();
    graph.close();
  }
}
