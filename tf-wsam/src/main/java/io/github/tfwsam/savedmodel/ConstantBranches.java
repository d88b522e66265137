package io.github.tfwsam.savedmodel;

import com.google.protobuf.ByteString;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.NameAttrList;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.TensorProto;

/** Finds the branch that a condition takes whenever it runs, where that is known beforehand. */
final class ConstantBranches {
  /** A constant predicate is a few ops away from its constant. */
  private static final int MAX_DEPTH = 50;

  private final NodeMap nodes;

  ConstantBranches(NodeMap nodes) {
    this.nodes = nodes;
  }

  /**
   * The function that a node calls each time.
   *
   * @param node any node
   * @param predicate its first input; what it depends on is in the map
   * @return empty if the node is no condition, or if its predicate is no constant
   */
  Optional<NameAttrList> taken(NodeDef node, String predicate) {
    switch (node.getOp()) {
      case "If", "StatelessIf":
        OptionalLong truth = value(predicate, 0);
        if (truth.isEmpty()) {
          return Optional.empty();
        }
        String branch = truth.getAsLong() != 0 ? "then_branch" : "else_branch";
        return Optional.of(node.getAttrOrDefault(branch, AttrValue.getDefaultInstance()).getFunc());
      case "Case", "StatelessCase":
        OptionalLong index = value(predicate, 0);
        List<NameAttrList> branches =
            node.getAttrOrDefault("branches", AttrValue.getDefaultInstance())
                .getList()
                .getFuncList();
        if (index.isEmpty() || branches.isEmpty()) {
          return Optional.empty();
        }
        // TensorFlow: an index out of range takes the last branch.
        boolean inRange = index.getAsLong() >= 0 && index.getAsLong() < branches.size();
        return Optional.of(branches.get(inRange ? (int) index.getAsLong() : branches.size() - 1));
      default:
        return Optional.empty();
    }
  }

  private OptionalLong value(String tensor, int depth) {
    NodeDef.Builder node = nodes.producer(tensor);
    if (node == null || depth == MAX_DEPTH) {
      return OptionalLong.empty();
    }
    switch (node.getOp()) {
      case "Const":
        return scalar(node.getAttrOrDefault("value", AttrValue.getDefaultInstance()).getTensor());
      case "Identity":
        return value(node.getInput(0), depth + 1);
      case "LogicalNot":
        return value(node.getInput(0), depth + 1).stream().map(v -> v == 0 ? 1 : 0).findFirst();
      case "LogicalAnd":
        return decided(node, 0, depth);
      case "LogicalOr":
        return decided(node, 1, depth);
      default:
        return OptionalLong.empty();
    }
  }

  /** Of a logical op that one input alone decides, if it has a certain value. */
  private OptionalLong decided(NodeDef.Builder node, long decisive, int depth) {
    OptionalLong a = value(node.getInput(0), depth + 1);
    OptionalLong b = value(node.getInput(1), depth + 1);
    if (a.equals(OptionalLong.of(decisive)) || b.equals(OptionalLong.of(decisive))) {
      return OptionalLong.of(decisive);
    }
    return a.isPresent() && b.isPresent() ? OptionalLong.of(1 - decisive) : OptionalLong.empty();
  }

  private static OptionalLong scalar(TensorProto tensor) {
    if (tensor.getTensorShape().getDimCount() > 0 || tensor.getTensorShape().getUnknownRank()) {
      return OptionalLong.empty();
    }
    ByteString content = tensor.getTensorContent();
    var bytes = content.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    return switch (tensor.getDtype()) {
      case DT_BOOL ->
          content.size() == 1
              ? OptionalLong.of(bytes.get())
              : OptionalLong.of(tensor.getBoolValCount() > 0 && tensor.getBoolVal(0) ? 1 : 0);
      case DT_INT32 ->
          content.size() == Integer.BYTES
              ? OptionalLong.of(bytes.getInt())
              : OptionalLong.of(tensor.getIntValCount() > 0 ? tensor.getIntVal(0) : 0);
      case DT_INT64 ->
          content.size() == Long.BYTES
              ? OptionalLong.of(bytes.getLong())
              : OptionalLong.of(tensor.getInt64ValCount() > 0 ? tensor.getInt64Val(0) : 0);
      default -> OptionalLong.empty();
    };
  }
}
