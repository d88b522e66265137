package io.github.tfwsam;

import io.github.tfwsam.graph.Operations;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operation;
import org.tensorflow.OperationBuilder;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.proto.DataType;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;

/** Reads tensors of any type as doubles, which hold each of their values exactly. */
public final class Tensors {
  private Tensors() {}

  /** The elements in row-major order; of a boolean 0 and 1. */
  public static double[] toDoubles(Tensor tensor) {
    double[] values = new double[Math.toIntExact(tensor.shape().size())];
    int[] next = new int[1];
    if (tensor instanceof TFloat32 t) {
      t.scalars().forEach(s -> values[next[0]++] = s.getFloat());
    } else if (tensor instanceof TFloat64 t) {
      t.scalars().forEach(s -> values[next[0]++] = s.getDouble());
    } else if (tensor instanceof TFloat16 t) {
      t.scalars().forEach(s -> values[next[0]++] = s.getFloat());
    } else if (tensor instanceof TBfloat16 t) {
      t.scalars().forEach(s -> values[next[0]++] = s.getFloat());
    } else if (tensor instanceof TInt32 t) {
      t.scalars().forEach(s -> values[next[0]++] = s.getInt());
    } else if (tensor instanceof TInt64 t) {
      t.scalars().forEach(s -> values[next[0]++] = s.getLong());
    } else if (tensor instanceof TBool t) {
      t.scalars().forEach(s -> values[next[0]++] = s.getBoolean() ? 1 : 0);
    } else {
      throw new IllegalArgumentException("unexpected type " + tensor.dataType());
    }
    return values;
  }

  /** The value of every variable, by name. */
  public static Map<String, double[]> state(Graph graph, Session session) {
    Map<String, Output<?>> values = new TreeMap<>();
    List<GraphOperation> operations = new ArrayList<>();
    graph.operations().forEachRemaining((GraphOperation o) -> operations.add(o));
    for (GraphOperation operation : operations) {
      switch (operation.type()) {
        case "VariableV2" -> values.put(operation.name(), operation.output(0));
        case "VarHandleOp" -> values.put(operation.name(), read(graph, operation));
        default -> {}
      }
    }
    Session.Runner runner = session.runner();
    values.values().forEach(runner::fetch);
    Map<String, double[]> state = new TreeMap<>();
    try (Result result = runner.run()) {
      for (String name : values.keySet()) {
        state.put(name, toDoubles(result.get(state.size())));
      }
    }
    return state;
  }

  private static Output<?> read(Graph graph, GraphOperation variable) {
    String name = "state_of_tests/" + variable.name();
    Operation known = graph.operation(name);
    if (known == null) {
      DataType type = Operations.variableType(variable.output(0));
      OperationBuilder builder = graph.opBuilder("ReadVariableOp", name, graph.baseScope());
      known = builder.addInput(variable.output(0)).setAttr("dtype", type).build();
    }
    return known.output(0);
  }
}
