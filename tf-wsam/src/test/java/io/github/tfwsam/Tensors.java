package io.github.tfwsam;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
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

  /** The value of every {@code VariableV2}, by name. */
  public static Map<String, double[]> state(Graph graph, Session session) {
    List<String> names = new ArrayList<>();
    graph
        .operations()
        .forEachRemaining(
            (GraphOperation operation) -> {
              if (operation.type().equals("VariableV2")) {
                names.add(operation.name());
              }
            });
    Session.Runner runner = session.runner();
    names.forEach(runner::fetch);
    Map<String, double[]> state = new TreeMap<>();
    try (Result result = runner.run()) {
      for (int i = 0; i < names.size(); i++) {
        state.put(names.get(i), toDoubles(result.get(i)));
      }
    }
    return state;
  }
}
