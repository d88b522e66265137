package io.github.tfwsam.savedmodel;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.TensorProto;

/** Rewrites how a graph reads its variables. */
final class ReadRewriter {
  /** The ops that read resource and reference variables, and the attribute that is the type. */
  private static final Map<String, String> READS =
      Map.of("ReadVariableOp", "dtype", "Identity", "T");

  private final NodeMap nodes;

  ReadRewriter(NodeMap nodes) {
    this.nodes = nodes;
  }

  /**
   * Lets gathers from a handle, which have no gradient in the C API, gather from what is read: then
   * there is a read to freeze, and no body of a signature needs a copy to be differentiated.
   */
  void readWhatIsGathered() {
    for (NodeDef.Builder node : nodes.all()) {
      if (node.getOp().equals("ResourceGather")) {
        String axis = nodes.unique(node.getName() + "/axis");
        nodes.add(
            NodeDefs.constant(
                axis,
                TensorProto.newBuilder()
                    .setDtype(DataType.DT_INT32)
                    .setTensorShape(NodeDefs.shapeOf())
                    .addIntVal(0)));
        AttrValue batchDims =
            node.getAttrOrDefault("batch_dims", AttrValue.newBuilder().setI(0).build());
        gatherFromRead(node, "GatherV2");
        node.addInput(axis + ":0")
            .putAttr("Taxis", NodeDefs.type(DataType.DT_INT32))
            .putAttr("batch_dims", batchDims);
      } else if (node.getOp().equals("ResourceGatherNd")) {
        gatherFromRead(node, "GatherNd");
      }
    }
  }

  private void gatherFromRead(NodeDef.Builder gather, String op) {
    String read = nodes.unique(gather.getName() + "/ReadVariableOp");
    AttrValue type = gather.getAttrOrThrow("dtype");
    AttrValue indices = gather.getAttrOrThrow("Tindices");
    NodeDef.Builder reading =
        NodeDefs.node(read, "ReadVariableOp", gather.getInput(0)).putAttr("dtype", type);
    gather.getInputList().stream().filter(NodeDefs::isControl).forEach(reading::addInput);
    nodes.add(reading);
    String where = gather.getInput(1);
    gather
        .setOp(op)
        .clearInput()
        .addInput(read + ":0")
        .addInput(where)
        .clearAttr()
        .putAttr("Tparams", type)
        .putAttr("Tindices", indices);
  }

  /**
   * Puts {@code StopGradient} behind each read of some variables, so that nothing trains them.
   *
   * @param handles the names of their nodes
   * @return what has taken the place of which tensor
   */
  Map<String, String> freeze(Set<String> handles) {
    Map<String, String> stopped = new HashMap<>();
    Set<String> stops = new HashSet<>();
    for (NodeDef.Builder node : nodes.all()) {
      String type = READS.get(node.getOp());
      if (type != null
          && handles.contains(handle(node))
          && isFloating(node.getAttrOrThrow(type).getType())) {
        String stop = nodes.unique(node.getName() + "/frozen");
        String read = node.getName() + ":0";
        nodes.add(
            NodeDefs.node(stop, "StopGradient", read).putAttr("T", node.getAttrOrThrow(type)));
        stopped.put(read, stop + ":0");
        stops.add(stop);
      }
    }
    nodes.replaceInputs(stopped, stops);
    return stopped;
  }

  /** The variable that a node reads, be it through identities. */
  private String handle(NodeDef.Builder read) {
    NodeDef.Builder source = nodes.producer(read.getInput(0));
    while (source.getOp().equals("Identity")) {
      source = nodes.producer(source.getInput(0));
    }
    return source.getName();
  }

  static boolean isFloating(DataType type) {
    return switch (type) {
      case DT_HALF, DT_BFLOAT16, DT_FLOAT, DT_DOUBLE -> true;
      default -> false;
    };
  }
}
