package io.github.tfwsam.examples.reference;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tfwsam.examples.cli.ErrorLine;
import io.github.tfwsam.nativeops.NativeOps;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Graph;
import picocli.CommandLine;

class ReferenceCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  /** What a run of the verb ends in. */
  private record Outcome(int status, String out, String error) {}

  private static Outcome run(Object... arguments) {
    var out = new StringWriter();
    var error = new StringWriter();
    var commandLine = new CommandLine(new ReferenceCommand());
    commandLine.setOut(new PrintWriter(out));
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    var errors = new ErrorLine(new PrintWriter(error), () -> false);
    commandLine.setExecutionExceptionHandler(errors);
    commandLine.setParameterExceptionHandler(errors);
    int status =
        commandLine.execute(Stream.of(arguments).map(Object::toString).toArray(String[]::new));
    return new Outcome(status, out.toString(), error.toString());
  }

  private static Path authorsCases() {
    try {
      return Path.of(
          ReferenceCommandTest.class.getResource("/reference/authors-cases.json").toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A file of the authors' first two cases, changed. */
  private Path changed(Consumer<ArrayNode> change) throws IOException {
    ArrayNode cases = JSON.createArrayNode();
    JsonNode all = JSON.readTree(authorsCases().toFile());
    cases.add(all.get(0)).add(all.get(1));
    change.accept(cases);
    return Files.writeString(folder.resolve("cases.json"), cases.toString());
  }

  @ParameterizedTest
  @CsvSource({"float64,on", "float64,off", "float32,on", "float32,off"})
  void trainsAsTheAuthorsOptimizer(String dtype, String fused) throws IOException {
    assumeTrue(fused.equals("off") || NativeOps.load(), "native ops do not load");
    Path results = folder.resolve("results.json");
    Outcome outcome = run(authorsCases(), "--dtype", dtype, "--fused", fused, "--json", results);
    assertWithMessage(outcome.error).that(outcome.status).isEqualTo(0);
    List<String> rows = outcome.out.lines().skip(2).toList();
    assertThat(rows).hasSize(JSON.readTree(authorsCases().toFile()).size());
    rows.forEach(row -> assertThat(row).endsWith("  ok"));

    JsonNode written = JSON.readTree(results.toFile());
    assertThat(written.get("dtype").textValue()).isEqualTo(dtype);
    assertThat(written.get("fused").booleanValue()).isEqualTo(fused.equals("on"));
    assertThat(written.get("cases")).hasSize(rows.size());
    for (JsonNode row : written.get("cases")) {
      assertThat(row.get("ok").booleanValue()).isTrue();
      assertThat(row.get("weight_difference").doubleValue())
          .isAtMost(written.get("tolerance").doubleValue());
    }
  }

  @Test
  void coversEachBaseInEachModeWithEachOption() throws IOException {
    List<List<String>> settings = new ArrayList<>();
    for (JsonNode c : JSON.readTree(authorsCases().toFile())) {
      String baseAndMode = c.get("base") + " " + c.get("decouple");
      settings.add(List.of(baseAndMode, "adaptive " + c.get("adaptive")));
      settings.add(List.of(baseAndMode, "max_norm " + c.get("max_norm").isNull()));
      settings.add(List.of(baseAndMode, "gamma " + c.get("gamma")));
      settings.add(List.of(baseAndMode, "rho " + c.get("rho")));
      settings.add(List.of(baseAndMode, "weight_decay " + c.get("hyper").get("weight_decay")));
    }
    assertThat(settings.stream().distinct().toList()).hasSize(10 * (2 + 2 + 5 + 4 + 2));
  }

  @Test
  void failsWhereADigitOfAWeightIsChanged() throws IOException {
    Path file =
        changed(
            cases -> {
              ArrayNode row = (ArrayNode) cases.get(1).get("weights").get("10").get(0).get(2);
              row.set(1, row.get(1).doubleValue() + 1e-9);
            });
    Outcome outcome = run(file);
    assertThat(outcome.status).isEqualTo(1);
    assertThat(outcome.out).containsMatch("(?m)^ +1 .* ok$");
    assertThat(outcome.out).containsMatch("(?m)^ +2 .* 1\\.00e-09 +10  FAIL$");
    assertThat(outcome.error)
        .contains("1.0E-10 (float64) from the reference in 1 of 2 cases (case 2);");
    assertThat(outcome.error.lines().count()).isEqualTo(1);
    assertThat(run(file, "--dtype", "float32").status).isEqualTo(0);
  }

  @Test
  void failsWhereADigitOfALossIsChanged() throws IOException {
    Path results = folder.resolve("results.json");
    Path file =
        changed(
            cases -> {
              ArrayNode losses = (ArrayNode) cases.get(0).get("losses");
              losses.set(6, losses.get(6).doubleValue() - 1e-3);
            });
    Outcome outcome = run(file, "--dtype", "float32", "--json", results);
    assertThat(outcome.status).isEqualTo(1);
    assertThat(outcome.out).containsMatch("(?m)^ +1 .* 1\\.00e-03 +7 .* FAIL$");
    JsonNode row = JSON.readTree(results.toFile()).get("cases").get(0);
    assertThat(row.get("case").intValue()).isEqualTo(1);
    assertThat(row.get("loss_step").intValue()).isEqualTo(7);
    assertThat(row.get("ok").booleanValue()).isFalse();
  }

  private static Arguments wrong(String message, Consumer<ObjectNode> change) {
    return Arguments.of(message, change);
  }

  static Stream<Arguments> wrongCases() {
    return Stream.of(
        wrong("unknown key 'gama'", c -> c.put("gama", 0.9)),
        wrong("key 'hyper': unknown key 'beta1'", c -> hyper(c).put("beta1", 0.9)),
        wrong("the key 'rho' is missing", c -> c.remove("rho")),
        wrong("key 'hyper': the key 'lr' is missing", c -> hyper(c).remove("lr")),
        wrong(
            "key 'hyper', key 'lr': must be a number >= 0, but is -1", c -> hyper(c).put("lr", -1)),
        wrong("key 'base': must be one of [sgd, momentum", c -> c.put("base", "lion")),
        wrong("key 'decouple': must be true or false", c -> c.put("decouple", "yes")),
        wrong("key 'gamma': must be a number >= 0 and < 1, but is 1", c -> c.put("gamma", 1)),
        wrong("key 'rho': must be a number >= 0, but is -0.1", c -> c.put("rho", -0.1)),
        wrong("key 'max_norm': must be null or a number > 0", c -> c.put("max_norm", 0)),
        wrong("key 'init': must be a list of length 4", c -> list(c, "init").remove(3)),
        wrong("key 'init'[0][1]: must be a list of length 3", c -> init(c, 0).set(1, list("[1]"))),
        wrong("key 'init'[2]: must be a list of length 3", c -> init(c, 2).remove(0)),
        wrong("key 'x': must be a list of length 16", c -> list(c, "x").remove(0)),
        wrong(
            "key 'x'[5][0]: must be a finite number",
            c -> ((ArrayNode) list(c, "x").get(5)).set(0, "NaN")),
        wrong(
            "key 'y'[3]: must be a whole number from 0 to 2, but is 3",
            c -> list(c, "y").set(3, 3)),
        wrong(
            "key 'y'[3]: must be a whole number from 0 to 2, but is 0.5",
            c -> list(c, "y").set(3, 0.5)),
        wrong(
            "key 'order'[0][0]: must be a whole number from 0 to 15",
            c -> list(c, "order").set(0, list("[16]"))),
        wrong(
            "key 'order'[24]: must be a list, and not empty",
            c -> list(c, "order").set(24, list("[]"))),
        wrong("key 'losses': must be a list of length 25", c -> list(c, "losses").remove(0)),
        wrong("key 'losses'[0]: must be a finite number", c -> list(c, "losses").setNull(0)),
        wrong(
            "key 'weights': must be by step, from 1 to 25",
            c -> ((ObjectNode) c.get("weights")).put("26", 0)),
        wrong(
            "key 'weights': must be by step, from 1 to 25",
            c -> ((ObjectNode) c.get("weights")).put("last", 0)),
        wrong(
            "key 'weights': must be the weights after one step",
            c -> c.set("weights", JSON.createObjectNode())),
        wrong(
            "key 'weights', key '1'[1]: must be a list of length 3",
            c -> ((ArrayNode) c.get("weights").get("1")).set(1, 0)));
  }

  private static ObjectNode hyper(ObjectNode reference) {
    return (ObjectNode) reference.get("hyper");
  }

  private static ArrayNode list(ObjectNode reference, String key) {
    return (ArrayNode) reference.get(key);
  }

  private static ArrayNode init(ObjectNode reference, int index) {
    return (ArrayNode) reference.get("init").get(index);
  }

  private static JsonNode list(String json) {
    try {
      return JSON.readTree(json);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("wrongCases")
  void namesTheCaseAndTheKeyThatAreWrong(String message, Consumer<ObjectNode> change)
      throws IOException {
    Outcome outcome = run(changed(cases -> change.accept((ObjectNode) cases.get(1))));
    assertThat(outcome.status).isEqualTo(1);
    assertThat(outcome.error).contains("cases.json: case 2");
    assertThat(outcome.error).contains(message);
    assertThat(outcome.out).isEmpty();
  }

  @Test
  void wantsAMomentumForNesterov() throws IOException {
    Outcome outcome = run(changed(cases -> ((ObjectNode) cases.get(0)).put("base", "nesterov")));
    assertThat(outcome.status).isEqualTo(1);
    assertThat(outcome.error).contains("case 1, key 'hyper': the key 'momentum' is missing");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[", "{\"base\":", "[1, NaN]", "[] []", "[{\"rho\":1,\"rho\":1}]"})
  void saysWhereAFileIsNotJson(String text) throws IOException {
    Path file = Files.writeString(folder.resolve("cases.json"), text);
    Outcome outcome = run(file);
    assertThat(outcome.status).isEqualTo(1);
    assertThat(outcome.error).contains("cases.json: ");
    assertThat(outcome.error.lines().count()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"[]", "{}", "3", "null"})
  void wantsAListOfCases(String text) throws IOException {
    Path file = Files.writeString(folder.resolve("cases.json"), text);
    Outcome outcome = run(file);
    assertThat(outcome.status).isEqualTo(1);
    assertThat(outcome.error).contains("cases.json: must be a list of cases, at least one, but is");
  }

  @Test
  void saysThatThereIsNoSuchFile() {
    Outcome outcome = run(folder.resolve("missing.json"));
    assertThat(outcome.status).isEqualTo(1);
    assertThat(outcome.error).contains("missing.json: there is no such file");
  }

  @ParameterizedTest
  @ValueSource(strings = {"off", "auto"})
  void trainsResourceVariablesToo(String fused) {
    Outcome outcome = run(authorsCases(), "--variables", "resource", "--fused", fused);
    assertThat(outcome.error).isEmpty();
    assertThat(outcome.status).isEqualTo(0);
    assertThat(outcome.out).contains("resource variables");
  }

  @Test
  void saysWhyNativeOpsDoNotLoad() {
    assumeFalse(NativeOps.load(), "native ops load");
    Outcome outcome = run(authorsCases(), "--fused", "on");
    assertThat(outcome.status).isEqualTo(1);
    assertThat(outcome.error).contains("--fused on: native ops do not load: ");
    assertThat(run(authorsCases(), "--fused", "auto").out).contains("stock ops");
  }

  @Test
  void refusesBadUsage() {
    assertThat(run(authorsCases(), "--dtype", "float16").status).isEqualTo(2);
    assertThat(run().status).isEqualTo(2);
  }

  @Test
  void takesPyTorchsDefaults() {
    try (var graph = new Graph()) {
      Map<String, Double> hyper = Map.of("lr", 0.1);
      assertThat(Base.ADAMW.in(graph, hyper).toString())
          .isEqualTo(
              "AdamW{learningRate=0.1, betaOne=0.9, betaTwo=0.999, epsilon=1.0E-8,"
                  + " weightDecay=0.01 (decoupled)}");
      assertThat(Base.ADAM.in(graph, hyper).toString()).contains("weightDecay=0.0");
      assertThat(Base.MOMENTUM.in(graph, hyper).toString()).contains("momentum=0.0");
    }
  }

  @Test
  void failsWhereWhatIsComputedIsNotANumber() {
    Difference difference = Difference.NONE.or(Double.NaN, 1, 3).or(5, 1, 4);
    assertThat(difference.step()).isEqualTo(3);
    assertThat(difference.isWithin(1e9)).isFalse();
  }
}
