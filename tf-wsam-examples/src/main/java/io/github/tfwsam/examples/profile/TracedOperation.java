package io.github.tfwsam.examples.profile;

import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.tensorflow.proto.AllocatorMemoryUsed;
import org.tensorflow.proto.NodeExecStats;
import org.tensorflow.proto.TensorDescription;
import org.tensorflow.proto.TensorShapeProto;

/**
 * An operation that ran.
 *
 * @param name its name in the graph that ran
 * @param type its type; empty where TensorFlow does not tell
 * @param phase what it was for
 * @param device where it ran
 * @param time when its kernel ran, from the start of the step
 * @param queued how long it was ready before TensorFlow came to it, in nanoseconds; empty where
 *     TensorFlow does not tell
 * @param allocatedBytes what its kernel allocated: its outputs and what it needed meanwhile
 * @param outputs type and shape of each output, such as {@code float[64,10]}
 */
record TracedOperation(
    String name,
    String type,
    Phase phase,
    String device,
    Interval time,
    OptionalLong queued,
    long allocatedBytes,
    List<String> outputs) {

  /**
   * An operation of a trace.
   *
   * @param stats what TensorFlow has measured
   * @param device where it ran
   * @param phase what it was for
   * @param origin the start of the step, in nanoseconds as TensorFlow counts them
   */
  static TracedOperation of(NodeExecStats stats, String device, Phase phase, long origin) {
    return new TracedOperation(
        stats.getNodeName(),
        type(stats),
        phase,
        device,
        new Interval(start(stats) - origin, end(stats) - origin),
        queued(stats),
        stats.getMemoryList().stream().mapToLong(AllocatorMemoryUsed::getTotalBytes).sum(),
        stats.getOutputList().stream().map(o -> describe(o.getTensorDescription())).toList());
  }

  /** When the kernel began, in nanoseconds since 1970. */
  static long start(NodeExecStats stats) {
    return stats.getAllStartNanos() + stats.getOpStartRelNanos();
  }

  /** When the kernel was done. */
  static long end(NodeExecStats stats) {
    return stats.getAllStartNanos()
        + Math.max(stats.getOpStartRelNanos(), stats.getOpEndRelNanos());
  }

  /**
   * TensorFlow 2.16 takes the nanoseconds of the scheduling for microseconds, so {@code
   * scheduled_nanos} is a thousand times too large, modulo 2^64. The difference of two times is
   * small: a thousand of it does not overflow.
   */
  private static OptionalLong queued(NodeExecStats stats) {
    long queued = (stats.getAllStartNanos() * 1000 - stats.getScheduledNanos()) / 1000;
    return stats.getScheduledNanos() == 0 || queued < 0
        ? OptionalLong.empty()
        : OptionalLong.of(queued);
  }

  /** The label is {@code [memory] name = Type(inputs)}. */
  private static String type(NodeExecStats stats) {
    String call = call(stats);
    return call.substring(0, Math.max(0, call.indexOf('(')));
  }

  /** The operations whose outputs it took, and those it waited for. */
  static List<String> inputs(NodeExecStats stats) {
    String call = call(stats);
    String arguments = call.substring(call.indexOf('(') + 1, Math.max(0, call.lastIndexOf(')')));
    return List.of(arguments.split(", ", -1)).stream().map(OperationPhases::operation).toList();
  }

  private static String call(NodeExecStats stats) {
    String label = stats.getTimelineLabel();
    String assignment = stats.getNodeName() + " = ";
    int at = label.indexOf(assignment);
    return at < 0 || !label.endsWith(")") ? "()" : label.substring(at + assignment.length());
  }

  private static String describe(TensorDescription tensor) {
    String type = tensor.getDtype().name().replaceFirst("^DT_", "").toLowerCase(Locale.ROOT);
    return type
        + tensor.getShape().getDimList().stream()
            .map(TensorShapeProto.Dim::getSize)
            .map(String::valueOf)
            .collect(Collectors.joining(",", "[", "]"));
  }
}
