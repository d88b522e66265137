package io.github.tfwsam.graph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.tensorflow.GraphOperation;
import org.tensorflow.Output;

/**
 * What of a graph with v1 conditions runs, by the outcome of the conditions. {@code Switch} passes
 * its tensor to one side, {@code Merge} goes on as soon as one of its inputs is there, and all else
 * waits for all of its inputs, and does not run if one does not come.
 */
public final class Branches {
  private static final Set<String> SWITCHES = Set.of("Switch", "RefSwitch");
  private static final Set<String> MERGES = Set.of("Merge", "RefMerge");

  /** With more conditions than this no outcome is told from another. */
  private static final int MOST_CONDITIONS = 6;

  private Branches() {}

  /**
   * The ways that a run can go.
   *
   * @param nodes operations, each after those that it waits for
   * @return for each outcome of the conditions what runs then, as {@link #running} gives it
   */
  static List<List<Node>> of(List<Node> nodes) {
    List<Output<?>> conditions =
        nodes.stream()
            .filter(node -> SWITCHES.contains(node.type()))
            .<Output<?>>map(node -> node.inputs().get(1))
            .distinct()
            .toList();
    if (conditions.size() > MOST_CONDITIONS) {
      return List.of(nodes);
    }
    return IntStream.range(0, 1 << conditions.size())
        .mapToObj(
            outcome -> {
              Map<Output<?>, Boolean> outcomes = new HashMap<>();
              for (int i = 0; i < conditions.size(); i++) {
                outcomes.put(conditions.get(i), (outcome >> i & 1) == 1);
              }
              return running(nodes, outcomes);
            })
        .toList();
  }

  /**
   * What runs if some conditions turn out so.
   *
   * @param nodes operations, each after those that it waits for
   * @param outcomes conditions and what they are; both sides of others run
   * @return the operations that run; a merge with those of its inputs that come
   */
  public static List<Node> running(List<Node> nodes, Map<Output<?>, Boolean> outcomes) {
    Set<GraphOperation> dead = new HashSet<>();
    Set<Output<?>> deadOutputs = new HashSet<>();
    List<Node> running = new ArrayList<>();
    for (Node node : nodes) {
      List<Output<?>> inputs = new ArrayList<>(node.inputs());
      inputs.removeIf(o -> deadOutputs.contains(o) || dead.contains(Node.operation(o)));
      boolean complete =
          MERGES.contains(node.type()) ? !inputs.isEmpty() : inputs.size() == node.inputs().size();
      if (!complete || node.controlInputs().stream().anyMatch(dead::contains)) {
        dead.add(node.operation());
        continue;
      }
      running.add(new Node(node.operation(), node.type(), inputs, node.controlInputs()));
      if (SWITCHES.contains(node.type()) && outcomes.containsKey(inputs.get(1))) {
        deadOutputs.add(node.operation().output(outcomes.get(inputs.get(1)) ? 0 : 1));
      }
    }
    return running;
  }
}
