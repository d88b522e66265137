package io.github.tfwsam.update;

import io.github.tfwsam.graph.Node;
import io.github.tfwsam.graph.OperationCopier;
import io.github.tfwsam.graph.Operations;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.family.TNumber;

/**
 * Scalars that an optimizer computes for each variable anew, such as a learning rate cast to the
 * variable's type: which are equal, and what an op for all of the variables takes in their place.
 */
final class Scalars {
  /** What is a function of its inputs alone. */
  private static final Set<String> PURE = Set.of("Const", "Cast", "Mul");

  private final Ops tf;
  private final OperationCopier copier;
  private final Map<Output<?>, Object> keys = new HashMap<>();
  private final Map<Output<?>, Output<?>> free = new HashMap<>();

  Scalars(Ops tf) {
    this.tf = tf;
    this.copier = new OperationCopier((Graph) tf.scope().env());
  }

  private record Computed(String type, AttrValue attribute, List<Object> inputs) {}

  /** Equal for scalars that are computed in the same way from the same. */
  Object key(Output<?> scalar) {
    Object known = keys.get(scalar);
    if (known != null) {
      return known;
    }
    GraphOperation operation = Node.operation(scalar);
    Object key = scalar;
    if (PURE.contains(operation.type())) {
      String attribute =
          switch (operation.type()) {
            case "Const" -> "value";
            case "Cast" -> "DstT";
            default -> "T";
          };
      key =
          new Computed(
              operation.type(),
              Operations.attribute(operation, attribute),
              inputs(operation).stream().map(this::key).toList());
    }
    keys.put(scalar, key);
    return key;
  }

  /**
   * A scalar in float64, which holds each of a narrower type exactly. What it is computed from
   * waits for nothing but its inputs: an optimizer computes its scalars after the gradients, though
   * they do not depend on them.
   */
  Operand<TFloat64> inDouble(Output<?> scalar) {
    return inDouble(tf, free(scalar));
  }

  @SuppressWarnings("unchecked") // The types of operands are known to TensorFlow, not to javac.
  static Operand<TFloat64> inDouble(Ops tf, Operand<?> scalar) {
    return scalar.type().equals(TFloat64.class)
        ? (Operand<TFloat64>) scalar
        : tf.dtypes.cast((Operand<? extends TNumber>) scalar, TFloat64.class);
  }

  private Output<?> free(Output<?> scalar) {
    GraphOperation operation = Node.operation(scalar);
    if (!PURE.contains(operation.type())) {
      return scalar;
    }
    Output<?> known = free.get(scalar);
    if (known == null) {
      List<Output<?>> inputs = inputs(operation).stream().<Output<?>>map(this::free).toList();
      String name = tf.scope().makeOpName(operation.type());
      known = copier.copy(operation, name, inputs, List.of()).output(scalar.index());
      free.put(scalar, known);
    }
    return known;
  }

  private static List<Output<?>> inputs(GraphOperation operation) {
    return IntStream.range(0, operation.numInputs()).<Output<?>>mapToObj(operation::input).toList();
  }
}
