package io.github.tfwsam.examples.bench;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.tfwsam.examples.cli.ErrorLine;
import io.github.tfwsam.nativeops.NativeOps;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class UpdateCommandTest {
  @TempDir private Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(Object command, Object... arguments) {
    var commandLine = new CommandLine(command);
    var errors = new ErrorLine(new PrintWriter(err), () -> false);
    commandLine.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    commandLine.setExecutionExceptionHandler(errors).setParameterExceptionHandler(errors);
    return commandLine.execute(Stream.of(arguments).map(Object::toString).toArray(String[]::new));
  }

  private List<String> measured(JsonNode results) {
    List<String> measured = new ArrayList<>();
    for (JsonNode row : results.get("ops")) {
      assertThat(List.copyOf(names(row))).containsExactly("op", "impl", "ms", "gb_per_s").inOrder();
      assertThat(row.get("ms").doubleValue()).isGreaterThan(0);
      assertThat(row.get("gb_per_s").doubleValue()).isGreaterThan(0);
      measured.add(row.get("op").textValue() + " " + row.get("impl").textValue());
    }
    return measured;
  }

  private static List<String> names(JsonNode object) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static List<String> works(String... implementations) {
    List<String> expected = new ArrayList<>();
    for (Work work : Work.values()) {
      for (String implementation : implementations) {
        expected.add(work + " " + implementation);
      }
    }
    return expected;
  }

  @Test
  void writesARowForEachWorkAndImplementation() throws IOException {
    Path json = folder.resolve("new").resolve("results.json");
    int status =
        run(new BenchCommand(), "update", "--params", 1000, "--tensors", 3, "--json", json);
    assertWithMessage(err.toString()).that(status).isEqualTo(0);
    JsonNode results = new ObjectMapper().readTree(json.toFile());
    assertThat(names(results)).containsExactly("ops", "triad_gb_per_s").inOrder();
    assertThat(results.get("triad_gb_per_s").doubleValue()).isGreaterThan(0);
    List<String> expected = NativeOps.load() ? works("stock", "fused") : works("stock");
    assertThat(measured(results)).containsExactlyElementsIn(expected).inOrder();
    List<String> lines = out.toString().lines().toList();
    int first = NativeOps.load() ? 0 : 1; // after the line that says why there are no native ops
    assertThat(lines.get(first)).startsWith("parameters: 1,000 in 3 tensors; float32");
    assertThat(lines).hasSize(first + 2 + expected.size());
  }

  @Test
  void withoutNativeOpsThereAreOnlyStockRows() throws IOException {
    Path json = folder.resolve("results.json");
    var command = new UpdateCommand(() -> Optional.of("there is no compiler"));
    assertThat(run(command, "--params", 2, "--tensors", 2, "--json", json)).isEqualTo(0);
    assertThat(measured(new ObjectMapper().readTree(json.toFile())))
        .containsExactlyElementsIn(works("stock"))
        .inOrder();
    assertThat(out.toString())
        .startsWith(
            "Native ops are not loaded: there is no compiler. Only stock ops are measured.");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "update --params 0",
        "update --tensors 0",
        "update --params -5",
        "update --params 1e6",
        "update --params 3 --tensors 4",
        "update --params 100", // fewer than the 161 tensors of the default
        "update --tensors 99999999",
        "update nonsense",
        "step",
        ""
      })
  void refusesBadUsage(String arguments) {
    Object[] words = arguments.isEmpty() ? new Object[0] : arguments.split(" ", -1);
    assertThat(run(new BenchCommand(), words)).isEqualTo(2);
    assertThat(err.toString().lines().toList()).hasSize(1);
    assertThat(err.toString()).startsWith("wsam: ");
    assertThat(out.toString()).isEmpty();
  }
}
