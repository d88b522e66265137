package io.github.tfwsam;

import io.github.tfwsam.graph.Operations;
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
    Map<String, GraphOperation> variables = variables(graph);
    Session.Runner runner = session.runner();
    variables.values().forEach(variable -> runner.fetch(value(graph, variable)));
    Map<String, double[]> state = new TreeMap<>();
    try (Result result = runner.run()) {
      for (String name : variables.keySet()) {
        state.put(name, toDoubles(result.get(state.size())));
      }
    }
    return state;
  }

  /** Gives the variables of a graph the values that those of their names have in another. */
  static void copyState(Graph from, Session fromSession, Graph to, Session toSession) {
    Map<String, GraphOperation> targets = variables(to);
    Map<String, GraphOperation> sources = variables(from);
    sources.keySet().retainAll(targets.keySet());
    Session.Runner fetches = fromSession.runner();
    sources.values().forEach(variable -> fetches.fetch(value(from, variable)));
    try (Result result = fetches.run()) {
      Session.Runner assigns = toSession.runner();
      int i = 0;
      for (String name : sources.keySet()) {
        GraphOperation assign = assign(to, targets.get(name));
        assigns.addTarget(assign).feed(assign.input(1), result.get(i++));
      }
      assigns.run().close();
    }
  }

  private static Map<String, GraphOperation> variables(Graph graph) {
    Map<String, GraphOperation> variables = new TreeMap<>();
    graph
        .operations()
        .forEachRemaining(
            (GraphOperation operation) -> {
              if (operation.type().matches("VariableV2|VarHandleOp")) {
                variables.put(operation.name(), operation);
              }
            });
    return variables;
  }

  private static GraphOperation assign(Graph graph, GraphOperation variable) {
    String name = "assigned_by_tests/" + variable.name();
    GraphOperation known = graph.operation(name);
    if (known == null) {
      Output<?> handle = variable.output(0);
      Output<?> value =
          graph
              .opBuilder("Placeholder", name + "-value", graph.baseScope())
              .setAttr("dtype", Operations.variableType(handle))
              .build()
              .output(0);
      String type = Operations.isResource(handle) ? "AssignVariableOp" : "Assign";
      known =
          graph.opBuilder(type, name, graph.baseScope()).addInput(handle).addInput(value).build();
    }
    return known;
  }

  private static Output<?> value(Graph graph, GraphOperation variable) {
    return Operations.isResource(variable.output(0)) ? read(graph, variable) : variable.output(0);
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
