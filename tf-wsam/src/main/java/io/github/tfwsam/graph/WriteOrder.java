package io.github.tfwsam.graph;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.GraphOperation;
import org.tensorflow.Output;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.OpDef;

/**
 * Checks that a run of some operations has one outcome: that each read of a variable, and each
 * write to it, comes before or after every other write to it, by data or control edges. What
 * TensorFlow executes is known from the graph alone, so a race shows here even if it never strikes
 * in a test.
 *
 * <p>Where there are conditions, each outcome of them is a run of its own.
 *
 * <p>A variable's output shares the variable's memory, and so does what {@code Identity} and the
 * like make of it: their consumers read the variable as well.
 */
public final class WriteOrder {
  private static final Set<String> SHARES_MEMORY =
      Set.of(
          "Identity",
          "IdentityN",
          "StopGradient",
          "PreventGradient",
          "Reshape",
          "ExpandDims",
          "Squeeze",
          "Bitcast",
          "CheckNumerics",
          "CheckNumericsV2",
          "EnsureShape",
          "GuaranteeConst",
          "PlaceholderWithDefault",
          "Switch",
          "RefSwitch",
          "Merge");

  private final Map<GraphOperation, Node> executed = new LinkedHashMap<>();
  private final Map<GraphOperation, Set<GraphOperation>> ancestors = new HashMap<>();

  private WriteOrder(List<Node> running) {
    running.forEach(node -> executed.put(node.operation(), node));
  }

  /**
   * The unordered pairs in a run.
   *
   * @param targets what is run or fetched
   * @return a sentence for each pair that TensorFlow may execute in either order; empty if the run
   *     has no race
   */
  public static List<String> violations(Collection<GraphOperation> targets) {
    return violations(targets, Set.of());
  }

  /**
   * The unordered pairs in the last part of a run.
   *
   * @param targets what is run or fetched
   * @param boundary operations that are not walked beyond
   * @return a sentence for each pair that TensorFlow may execute in either order
   */
  public static List<String> violations(
      Collection<GraphOperation> targets, Collection<GraphOperation> boundary) {
    Set<String> violations = new LinkedHashSet<>();
    for (List<Node> running : Branches.of(Node.allAncestors(targets, boundary))) {
      violations.addAll(new WriteOrder(running).violations());
    }
    return List.copyOf(violations);
  }

  /**
   * What of some operations reads a variable's memory.
   *
   * @param running operations that run, with all that they wait for
   * @return those that read
   */
  public static Set<GraphOperation> readers(List<Node> running) {
    Set<GraphOperation> readers = new LinkedHashSet<>();
    new WriteOrder(running).accesses().values().forEach(access -> readers.addAll(access.reads));
    return readers;
  }

  private record Accesses(Set<GraphOperation> reads, Set<GraphOperation> writes) {}

  private List<String> violations() {
    Map<GraphOperation, Accesses> accesses = accesses();
    List<String> violations = new ArrayList<>();
    accesses.forEach(
        (variable, access) -> {
          List<GraphOperation> writes = List.copyOf(access.writes);
          for (int i = 0; i < writes.size(); i++) {
            for (GraphOperation read : access.reads) {
              addIfUnordered(violations, variable, "read", read, writes.get(i));
            }
            for (GraphOperation other : writes.subList(i + 1, writes.size())) {
              addIfUnordered(violations, variable, "write", other, writes.get(i));
            }
          }
        });
    return violations;
  }

  private void addIfUnordered(
      List<String> violations,
      GraphOperation variable,
      String access,
      GraphOperation operation,
      GraphOperation write) {
    if (!operation.equals(write)
        && !ancestors(write).contains(operation)
        && !ancestors(operation).contains(write)) {
      violations.add(
          variable.name()
              + ": the "
              + access
              + " by "
              + Operations.describe(operation)
              + " is not ordered with the write by "
              + Operations.describe(write));
    }
  }

  /** For each variable its readers and writers, following the outputs that share its memory. */
  private Map<GraphOperation, Accesses> accesses() {
    Map<GraphOperation, List<GraphOperation>> consumers = new HashMap<>();
    executed
        .values()
        .forEach(
            node ->
                node.inputs()
                    .forEach(
                        input ->
                            consumers
                                .computeIfAbsent(Node.operation(input), o -> new ArrayList<>())
                                .add(node.operation())));
    Map<GraphOperation, Accesses> accesses = new LinkedHashMap<>();
    for (Node variable : executed.values()) {
      if (!Operations.isVariable(variable.type())) {
        continue;
      }
      var access = new Accesses(new LinkedHashSet<>(), new LinkedHashSet<>());
      Set<GraphOperation> sharing = new HashSet<>();
      Deque<GraphOperation> queue = new ArrayDeque<>(List.of(variable.operation()));
      while (!queue.isEmpty()) {
        GraphOperation shared = queue.poll();
        if (!sharing.add(shared)) {
          continue;
        }
        for (GraphOperation consumer : consumers.getOrDefault(shared, List.of())) {
          Node node = executed.get(consumer);
          if (takesReference(node, sharing)) {
            access.writes.add(consumer);
            queue.add(consumer);
          } else {
            access.reads.add(consumer);
            if (sharesMemory(node)) {
              queue.add(consumer);
            }
          }
        }
      }
      accesses.put(variable.operation(), access);
    }
    return accesses;
  }

  private static boolean sharesMemory(Node node) {
    return SHARES_MEMORY.contains(node.type())
        || node.type().equals("ReadVariableOp")
        || (node.type().equals("Cast")
            && Operations.valueType(node.inputs().get(0)) == node.operation().output(0).dataType());
  }

  /** True if the operation takes a reference (or, to write, the handle) to the variable. */
  private static boolean takesReference(Node node, Set<GraphOperation> sharing) {
    List<OpDef.ArgDef> arguments = Operations.definition(node.type()).getInputArgList();
    if (arguments.stream().noneMatch(OpDef.ArgDef::getIsRef) && !Operations.writes(node.type())) {
      return false;
    }
    // Lists of an op that writes are all of one length.
    long lists = arguments.stream().filter(a -> !a.getNumberAttr().isEmpty()).count();
    int length = lists == 0 ? 1 : (int) ((node.inputs().size() - arguments.size() + lists) / lists);
    int next = 0;
    for (OpDef.ArgDef argument : arguments) {
      int end = next + (argument.getNumberAttr().isEmpty() ? 1 : length);
      for (; next < end; next++) {
        Output<?> input = node.inputs().get(next);
        boolean reference =
            argument.getIsRef() || Operations.valueType(input) == DataType.DT_RESOURCE;
        if (reference && sharing.contains(Node.operation(input))) {
          return true;
        }
      }
    }
    return false;
  }

  private Set<GraphOperation> ancestors(GraphOperation operation) {
    return ancestors.computeIfAbsent(
        operation,
        from -> {
          Set<GraphOperation> seen = new HashSet<>();
          Deque<GraphOperation> queue = new ArrayDeque<>(List.of(from));
          while (!queue.isEmpty()) {
            for (GraphOperation next : executed.get(queue.poll()).predecessors()) {
              if (executed.containsKey(next) && seen.add(next)) {
                queue.add(next);
              }
            }
          }
          return seen;
        });
  }
}
