package io.github.tfwsam.examples.train;

import static com.google.common.truth.Truth.assertWithMessage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tfwsam.examples.cli.ErrorLine;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.tensorflow.proto.Event;
import org.tensorflow.proto.Summary;
import picocli.CommandLine;

/** A run of the verb on the digits, and what it wrote. */
record Run(Path out, int status, String stdout, String stderr) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The arguments of a run, each a text or what becomes one. */
  static List<String> arguments(Path out, Object... more) {
    List<String> arguments = new ArrayList<>(List.of("--task", "digits", "--out", out.toString()));
    Arrays.stream(more).map(Object::toString).forEach(arguments::add);
    return arguments;
  }

  static Run of(Path out, Object... more) {
    return ofArguments(out, arguments(out, more));
  }

  static Run ofArguments(Path out, List<String> arguments) {
    var stdout = new StringWriter();
    var stderr = new StringWriter();
    var errors = new ErrorLine(new PrintWriter(stderr), () -> false);
    int status =
        new CommandLine(new TrainCommand())
            .setOut(new PrintWriter(stdout))
            .setErr(new PrintWriter(stderr))
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setExecutionExceptionHandler(errors)
            .setParameterExceptionHandler(errors)
            .execute(arguments.toArray(new String[0]));
    return new Run(out, status, stdout.toString(), stderr.toString());
  }

  Run done() {
    assertWithMessage(stderr).that(status).isEqualTo(0);
    return this;
  }

  Path metrics() {
    return out.resolve("metrics.jsonl");
  }

  Path model() {
    return out.resolve("model.savedmodel");
  }

  byte[] weights() throws IOException {
    return Files.readAllBytes(model().resolve("variables/variables.data-00000-of-00001"));
  }

  /** The rows of the metrics. */
  List<JsonNode> rows() throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    for (String line : Files.readAllLines(metrics())) {
      rows.add(JSON.readTree(line));
    }
    return rows;
  }

  /** The rows without what a clock says. */
  List<JsonNode> timelessRows() throws IOException {
    List<JsonNode> rows = rows();
    rows.forEach(row -> ((ObjectNode) row).remove("seconds"));
    return rows;
  }

  List<JsonNode> epochs() throws IOException {
    return rows().stream().filter(row -> !row.has("step")).toList();
  }

  JsonNode lastEpoch() throws IOException {
    List<JsonNode> epochs = epochs();
    return epochs.get(epochs.size() - 1);
  }

  /** The points of TensorBoard's curves, as texts, without what a clock says. */
  List<String> points() throws IOException {
    List<String> points = new ArrayList<>();
    for (Path file : eventFiles()) {
      ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
      while (bytes.hasRemaining()) {
        // A record: its length, a checksum of that, the event, a checksum of it.
        byte[] event = new byte[Math.toIntExact(bytes.getLong())];
        bytes.getInt();
        bytes.get(event);
        bytes.getInt();
        Event parsed = Event.parseFrom(event);
        for (Summary.Value value : parsed.getSummary().getValueList()) {
          if (!value.getTag().equals("epoch/seconds")) {
            points.add(parsed.getStep() + " " + value.getTag() + " " + value.getSimpleValue());
          }
        }
      }
    }
    return points;
  }

  List<Path> eventFiles() throws IOException {
    try (Stream<Path> files = Files.list(out)) {
      return files.filter(f -> f.getFileName().toString().contains("tfevents")).toList();
    }
  }
}
