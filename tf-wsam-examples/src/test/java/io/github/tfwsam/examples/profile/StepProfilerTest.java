package io.github.tfwsam.examples.profile;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.tfwsam.Fused;
import io.github.tfwsam.Wsam;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StepProfilerTest {
  private static final String[] BOTH_PASSES = {
    "forward",
    "first gradients",
    "perturbation",
    "second pass",
    "second gradients",
    "update",
    "other"
  };
  private static final String[] ONE_PASS = {"forward", "first gradients", "update", "other"};

  @TempDir private Path folder;

  /** All events of the second of three steps. */
  private List<JsonNode> trace(SmallNetwork network, float brightness) throws IOException {
    try (network) {
      var profiler = StepProfiler.of(folder, network.graph(), 2);
      for (int step = 1; step <= 3; step++) {
        network.step(step, profiler, step == 2 ? brightness : 1);
        profiler.write();
      }
    }
    try (var files = Files.list(folder)) {
      assertThat(files.toList()).containsExactly(folder.resolve("step-2.json"));
    }
    JsonNode trace = new ObjectMapper().readTree(folder.resolve("step-2.json").toFile());
    return StreamSupport.stream(trace.get("traceEvents").spliterator(), false).toList();
  }

  private List<JsonNode> trace(SmallNetwork network) throws IOException {
    return trace(network, 1);
  }

  private static String text(JsonNode event, String key) {
    return event.get(key).asText();
  }

  private static List<JsonNode> times(List<JsonNode> events) {
    return events.stream().filter(event -> text(event, "ph").equals("X")).toList();
  }

  /** The events of operations: those that have arguments. */
  private static List<JsonNode> operations(List<JsonNode> events) {
    return times(events).stream().filter(event -> event.has("args")).toList();
  }

  private static Set<String> phases(List<JsonNode> events) {
    return events.stream().map(event -> text(event, "cat")).collect(Collectors.toSet());
  }

  private static JsonNode named(List<JsonNode> events, String name) {
    return operations(events).stream()
        .filter(event -> text(event, "name").equals(name))
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @EnumSource(
      value = Fused.class,
      names = {"AUTO", "OFF"})
  void twoPassesHaveAllPhases(Fused fused) throws IOException {
    List<JsonNode> events = trace(new SmallNetwork(0.9, Wsam.fused(fused)));
    assertThat(phases(operations(events))).containsExactlyElementsIn(BOTH_PASSES);
    assertThat(phases(times(events))).containsExactlyElementsIn(BOTH_PASSES);
    Map<String, String> expected = new HashMap<>();
    expected.put("kernel", "forward");
    expected.put("Conv2d", "forward");
    expected.put("Assign_6", "forward"); // Of the running mean.
    expected.put("WSAM/first_gradients/Conv2DBackpropFilter", "first gradients");
    expected.put("WSAM/second_pass/Conv2d", "second pass");
    expected.put("WSAM/second_gradients/Conv2DBackpropFilter", "second gradients");
    expected.put("kernel-momentum", "update");
    expected.put("WSAM-minimize", "update");
    expected.forEach(
        (name, phase) ->
            assertWithMessage(name).that(text(named(events, name), "cat")).isEqualTo(phase));
  }

  @Test
  void onePassHasNoSecond() throws IOException {
    assertThat(phases(operations(trace(new SmallNetwork(0))))).containsExactlyElementsIn(ONE_PASS);
  }

  @Test
  void soHasAnOptimizerOfTheFrameworkAlone() throws IOException {
    List<JsonNode> events = trace(SmallNetwork.withMomentumAlone());
    assertThat(phases(operations(events))).containsExactlyElementsIn(ONE_PASS);
  }

  @Test
  void tellsThePhaseOfWhatGrapplerMade() throws IOException {
    List<JsonNode> stock = trace(new SmallNetwork(0.9, Wsam.fused(Fused.OFF)));
    String sum = "WSAM/ArithmeticOptimizer/AddOpsRewrite_Add";
    assertThat(text(named(stock, sum), "cat")).isEqualTo("perturbation");
    List<JsonNode> skipping = trace(new SmallNetwork(0, Wsam.skipNonFinite(true)));
    JsonNode control =
        operations(skipping).stream()
            .filter(event -> text(event, "name").startsWith("ConstantFoldingCtrl/"))
            .findFirst()
            .orElseThrow();
    assertThat(text(control, "cat")).isEqualTo("update");
  }

  @Test
  void eachOperationRunsOnceInALaneOfItsOwnAtThatTime() throws IOException {
    List<JsonNode> events = operations(trace(new SmallNetwork(0.9)));
    assertThat(events.stream().map(event -> text(event, "name")).toList()).containsNoDuplicates();
    Map<String, Double> ends = new HashMap<>();
    for (JsonNode event : events) {
      String lane = text(event, "pid") + "/" + text(event, "tid");
      double start = event.get("ts").asDouble();
      assertThat(start).isAtLeast(ends.getOrDefault(lane, 0.0));
      assertThat(event.get("dur").asDouble()).isAtLeast(0.0);
      // The sum of two doubles may be rounded up; a nanosecond is 1e-3.
      ends.put(lane, start + event.get("dur").asDouble() - 1e-6);
    }
    assertThat(events.get(0).get("ts").asDouble()).isEqualTo(0.0);
  }

  @Test
  void tellsOfAnOperationWhatItIs() throws IOException {
    List<JsonNode> events = trace(new SmallNetwork(0.9));
    assertThat(operations(events).toString()).contains("ApplyMomentum");
    JsonNode arguments = named(events, "Conv2d").get("args");
    assertThat(text(arguments, "type")).contains("Conv2D");
    assertThat(text(arguments.get("outputs"), 0)).isEqualTo("float[4,8,8,3]");
    assertThat(arguments.get("allocated_bytes").asLong()).isAtLeast(4L * 4 * 8 * 8 * 3);
    for (JsonNode event : operations(events)) {
      assertThat(text(event.get("args"), "type")).isNotEmpty();
      // No test of speed: a time misread would be years.
      assertThat(event.get("args").get("queued_us").asDouble()).isLessThan(60e6);
    }
  }

  private static String text(JsonNode array, int index) {
    return array.get(index).asText();
  }

  @Test
  void namesAllProcessesAndThreads() throws IOException {
    List<JsonNode> events = trace(new SmallNetwork(0.9));
    Set<String> named = new HashSet<>();
    Set<String> processes = new HashSet<>();
    for (JsonNode event : events) {
      if (text(event, "name").equals("thread_name")) {
        named.add(text(event, "pid") + "/" + text(event, "tid"));
      } else if (text(event, "name").equals("process_name")) {
        processes.add(text(event.get("args"), "name"));
      }
    }
    assertThat(processes).containsExactly("phases", "CPU:0");
    Set<String> used =
        times(events).stream()
            .map(event -> text(event, "pid") + "/" + text(event, "tid"))
            .collect(Collectors.toSet());
    assertThat(named).isEqualTo(used);
  }

  @Test
  void leavesOutWhatASkippedStepDoesNotRun() throws IOException {
    List<JsonNode> events =
        operations(trace(new SmallNetwork(0.9, Wsam.skipNonFinite(true)), Float.NaN));
    assertThat(phases(events)).containsExactlyElementsIn(BOTH_PASSES);
    for (JsonNode event : events) {
      assertThat(text(event.get("args"), "type")).doesNotContain("ApplyMomentum");
      assertThat(event.get("ts").asDouble()).isAtLeast(0.0);
      assertThat(event.get("dur").asDouble()).isAtLeast(0.0);
    }
  }

  @Test
  void printsWhatItWrote() throws IOException {
    var out = new StringWriter();
    try (var network = new SmallNetwork(0.9)) {
      var profiler = StepProfiler.of(folder, network.graph(), 1);
      profiler.write();
      profiler.print(new PrintWriter(out));
      assertThat(out.toString()).isEmpty();
      network.step(1, profiler, 1);
      profiler.write();
      profiler.print(new PrintWriter(out));
    }
    List<String> lines = out.toString().lines().toList();
    assertThat(lines.get(0)).matches("step 1: [0-9]+\\.[0-9]{3} ms");
    assertThat(lines.get(1)).matches("phase +ops +busy ms +wall ms +share");
    assertThat(lines).hasSize(BOTH_PASSES.length + 4);
    assertThat(lines.get(lines.size() - 1)).isEqualTo(folder.resolve("step-1.json").toString());
  }
}
