package io.github.tfwsam.savedmodel;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.TensorProto;

/**
 * Gives each random op a state that is a variable of the graph: so a run can be repeated, and
 * resumed from a checkpoint of all variables as if it had never stopped.
 *
 * <p>The numbers come from the Philox generator: a counter of 128 bits and a key, which is a hash
 * of the seed and the op's name.
 */
final class RandomState {
  private static final int PHILOX = 1;
  private static final int STATE_SIZE = 3;

  /** What draws the same distribution from a state that is given to it. */
  private static final Map<String, String> STATEFUL =
      Map.of(
          "RandomUniform", "StatefulUniform",
          "RandomUniformInt", "StatefulUniformInt",
          "RandomStandardNormal", "StatefulStandardNormalV2",
          "TruncatedNormal", "StatefulTruncatedNormal");

  private RandomState() {}

  /**
   * Rewrites the random ops of a graph.
   *
   * @param nodes the graph
   * @param seed what the keys depend on
   * @return the operations that set the states to their beginning
   */
  static List<String> add(NodeMap nodes, long seed) {
    List<String> initializers = new ArrayList<>();
    String algorithm = null;
    for (NodeDef.Builder node : nodes.all()) {
      if (STATEFUL.containsKey(node.getOp())) {
        if (algorithm == null) {
          algorithm = nodes.unique("random/algorithm");
          nodes.add(NodeDefs.constant(algorithm, scalar(DataType.DT_INT64).addInt64Val(PHILOX)));
        }
        initializers.add(rewrite(nodes, node, algorithm, key(seed, node.getName())));
      }
    }
    return initializers;
  }

  private static String rewrite(NodeMap nodes, NodeDef.Builder node, String algorithm, long key) {
    String state = nodes.unique(node.getName() + "/state");
    String start = nodes.unique(state + "/start");
    String assign = nodes.unique(state + "/assign");
    nodes.add(
        NodeDefs.node(state, "VarHandleOp")
            .putAttr("dtype", NodeDefs.type(DataType.DT_INT64))
            .putAttr("shape", NodeDefs.shape(NodeDefs.shapeOf(STATE_SIZE)))
            .putAttr("shared_name", NodeDefs.text(state)));
    nodes.add(
        NodeDefs.constant(
            start,
            TensorProto.newBuilder()
                .setDtype(DataType.DT_INT64)
                .setTensorShape(NodeDefs.shapeOf(STATE_SIZE))
                .addInt64Val(0)
                .addInt64Val(0)
                .addInt64Val(key)));
    nodes.add(
        NodeDefs.node(assign, "AssignVariableOp", state + ":0", start + ":0")
            .putAttr("dtype", NodeDefs.type(DataType.DT_INT64)));
    List<String> inputs = new ArrayList<>(List.of(state + ":0", algorithm + ":0"));
    inputs.addAll(node.getInputList());
    boolean integers = node.getOp().equals("RandomUniformInt");
    AttrValue type = node.getAttrOrThrow(integers ? "Tout" : "dtype");
    AttrValue shapeType = node.getAttrOrThrow("T");
    node.setOp(STATEFUL.get(node.getOp()))
        .clearInput()
        .addAllInput(inputs)
        .clearAttr()
        .putAttr("dtype", type)
        .putAttr("shape_dtype", shapeType);
    return assign;
  }

  private static TensorProto.Builder scalar(DataType type) {
    return TensorProto.newBuilder().setDtype(type).setTensorShape(NodeDefs.shapeOf());
  }

  /** Steele, Lea and Flood's SplitMix64, once for each byte of the name. */
  private static long key(long seed, String name) {
    long key = mix(seed);
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      key = mix(key ^ b);
    }
    return key;
  }

  private static long mix(long value) {
    long z = value + 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
