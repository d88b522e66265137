package io.github.tfwsam.optimizers;

import io.github.tfwsam.Tensors;
import io.github.tfwsam.graph.Operations;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.VarHandleOp;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TNumber;
import org.tensorflow.types.family.TType;

/** The kinds of variable that TensorFlow has. */
enum Kind {
  REFERENCE,
  RESOURCE;

  /** A variable, in a scope if its name has one; what is returned carries its value into a loss. */
  <T extends TNumber> Operand<T> variable(Graph graph, String name, Class<T> type, double... w) {
    int slash = name.indexOf('/');
    Ops tf = Ops.create(graph);
    if (slash > 0) {
      tf = tf.withSubScope(name.substring(0, slash));
    }
    Ops init = tf.withInitScope();
    Operand<T> value = init.dtypes.cast(init.constant(w), type);
    Ops named = init.withName(name.substring(slash + 1));
    if (this == REFERENCE) {
      return named.variable(value);
    }
    var handle = named.varHandleOp(type, Shape.of(w.length), VarHandleOp.sharedName(name));
    init.assignVariableOp(handle, value);
    return tf.readVariableOp(handle, type);
  }

  /** The value of every variable of both kinds, by name. */
  static Map<String, double[]> state(Graph graph, Session session) {
    List<GraphOperation> variables = variables(graph);
    Ops tf = Ops.create(graph);
    Session.Runner runner = session.runner();
    variables.forEach(variable -> runner.fetch(read(tf, variable, type(variable))));
    Map<String, double[]> state = new TreeMap<>();
    try (Result result = runner.run()) {
      for (int i = 0; i < variables.size(); i++) {
        state.put(variables.get(i).name(), Tensors.toDoubles(result.get(i)));
      }
    }
    return state;
  }

  /** Sets every variable of both kinds. */
  static void restore(Graph graph, Session session, Map<String, double[]> state) {
    Ops tf = Ops.create(graph);
    for (GraphOperation variable : variables(graph)) {
      restore(tf, session, variable, type(variable), state.get(variable.name()));
    }
  }

  private static <T extends TType> void restore(
      Ops tf, Session session, GraphOperation variable, Class<T> type, double[] values) {
    Operand<T> current = read(tf, variable, type);
    Operand<T> value = tf.dtypes.cast(tf.constant(values), type);
    Operand<T> shaped = tf.reshape(value, tf.shape(current));
    session.run(
        variable.type().equals("VarHandleOp")
            ? tf.assignVariableOp(variable.output(0), shaped)
            : tf.assign(current, shaped));
  }

  private static List<GraphOperation> variables(Graph graph) {
    List<GraphOperation> variables = new ArrayList<>();
    graph
        .operations()
        .forEachRemaining(
            (GraphOperation operation) -> {
              if (operation.type().equals("VariableV2") || operation.type().equals("VarHandleOp")) {
                variables.add(operation);
              }
            });
    return variables;
  }

  /** Made once for each variable: a session prepares for each new operation. */
  private static <T extends TType> Operand<T> read(Ops tf, GraphOperation variable, Class<T> type) {
    if (!variable.type().equals("VarHandleOp")) {
      return variable.output(0);
    }
    String name = "read-" + variable.name().replace('/', '-');
    GraphOperation known = ((Graph) tf.scope().env()).operation(name);
    return known != null
        ? known.output(0)
        : tf.withName(name).readVariableOp(variable.output(0), type);
  }

  private static Class<? extends TType> type(GraphOperation variable) {
    return switch (Operations.attribute(variable, "dtype").getType()) {
      case DT_DOUBLE -> TFloat64.class;
      case DT_FLOAT -> TFloat32.class;
      case DT_HALF -> TFloat16.class;
      case DT_BFLOAT16 -> TBfloat16.class;
      case DT_INT64 -> TInt64.class;
      default -> throw new IllegalArgumentException(variable.name());
    };
  }
}
