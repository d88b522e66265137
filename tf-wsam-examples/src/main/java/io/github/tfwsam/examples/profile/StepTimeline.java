package io.github.tfwsam.examples.profile;

import io.github.tfwsam.examples.cli.TextTable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.proto.DeviceStepStats;
import org.tensorflow.proto.NodeExecStats;
import org.tensorflow.proto.StepStats;

/**
 * When each operation of a step ran.
 *
 * @param step the step's number
 * @param operations the operations, by their start
 */
record StepTimeline(long step, List<TracedOperation> operations) {

  /**
   * The timeline of a step that was traced.
   *
   * @param step the step's number
   * @param stats what TensorFlow has measured
   * @param phases tells what operations are for
   */
  static StepTimeline of(long step, StepStats stats, OperationPhases phases) {
    record Ran(NodeExecStats stats, String device) {}

    List<Ran> all = new ArrayList<>();
    for (DeviceStepStats device : stats.getDevStatsList()) {
      device.getNodeStatsList().forEach(node -> all.add(new Ran(node, device.getDevice())));
    }
    all.sort(Comparator.comparingLong(ran -> TracedOperation.start(ran.stats)));
    long origin = all.isEmpty() ? 0 : TracedOperation.start(all.get(0).stats);
    Map<String, Phase> told = new HashMap<>();
    List<TracedOperation> operations = new ArrayList<>();
    for (Ran ran : all) {
      String name = ran.stats.getNodeName();
      Phase phase =
          phases
              .of(name)
              .or(() -> latest(TracedOperation.inputs(ran.stats), told))
              .orElse(Phase.OTHER);
      told.put(name, phase);
      operations.add(TracedOperation.of(ran.stats, ran.device, phase, origin));
    }
    return new StepTimeline(step, List.copyOf(operations));
  }

  private static Optional<Phase> latest(List<String> inputs, Map<String, Phase> told) {
    return inputs.stream()
        .map(input -> told.getOrDefault(input, Phase.OTHER))
        .filter(phase -> phase != Phase.OTHER)
        .max(Comparator.naturalOrder());
  }

  /** How long the step took, from the start of the first operation to the end of the last. */
  long nanoseconds() {
    return operations.stream().mapToLong(operation -> operation.time().end()).max().orElse(0);
  }

  /** The operations of a phase. */
  List<TracedOperation> of(Phase phase) {
    return operations.stream().filter(operation -> operation.phase() == phase).toList();
  }

  /** When any of some operations ran. */
  static List<Interval> busy(List<TracedOperation> operations) {
    return Interval.union(operations.stream().map(TracedOperation::time).toList());
  }

  /** A row a phase, for people. */
  String summary() {
    var table = new TextTable(1, "phase", "ops", "busy ms", "wall ms", "share");
    for (Phase phase : Phase.values()) {
      if (!of(phase).isEmpty()) {
        row(table, phase.toString(), of(phase));
      }
    }
    row(table, "all", operations);
    return String.format(Locale.ROOT, "step %d: %.3f ms\n%s", step, nanoseconds() / 1e6, table);
  }

  private void row(TextTable table, String name, List<TracedOperation> rows) {
    long wall = Interval.total(busy(rows));
    table.row(
        name,
        Integer.toString(rows.size()),
        String.format(
            Locale.ROOT, "%.3f", rows.stream().mapToLong(r -> r.time().length()).sum() / 1e6),
        String.format(Locale.ROOT, "%.3f", wall / 1e6),
        String.format(Locale.ROOT, "%.1f %%", 100.0 * wall / Math.max(1, nanoseconds())));
  }
}
