package io.github.tfwsam.examples.bench;

import static com.google.common.truth.Truth.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.tfwsam.examples.cli.ErrorLine;
import io.github.tfwsam.examples.models.Classifier;
import io.github.tfwsam.examples.models.Mlp;
import io.github.tfwsam.nativeops.NativeOps;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Graph;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.framework.optimizers.Momentum;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import picocli.CommandLine;

class StepCommandTest {
  @TempDir private Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String arguments) {
    var commandLine = new CommandLine(new StepCommand()).setCaseInsensitiveEnumValuesAllowed(true);
    var errors = new ErrorLine(new PrintWriter(err), () -> false);
    commandLine.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    commandLine.setExecutionExceptionHandler(errors).setParameterExceptionHandler(errors);
    return commandLine.execute(arguments.split(" "));
  }

  private static List<String> names(JsonNode object) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  @ParameterizedTest
  @CsvSource({
    "mlp, base, 269322",
    "mlp, sam, 269322",
    "mlp, wsam, 269322",
    "resnet20, wsam, 272474",
    "resnet20, base, 272474",
    "transformer, sam, 5226506",
    "transformer, base, 5226506"
  })
  void timesStepsOf(String model, String optimizer, long parameters) throws IOException {
    Path json = folder.resolve("results/step.json");
    String arguments = "--model " + model + " --optimizer " + optimizer;
    int status = run(arguments + " --batch 2 --steps 3 --warmup 1 --threads 1 --json " + json);
    assertThat(err.toString()).doesNotContain("wsam:");
    assertThat(status).isEqualTo(0);
    JsonNode results = new ObjectMapper().readTree(json.toFile());
    assertThat(names(results))
        .containsExactly(
            "model",
            "batch",
            "optimizer",
            "fused",
            "threads",
            "trainable_parameters",
            "step_ms",
            "peak_rss_mb")
        .inOrder();
    assertThat(results.get("model").textValue()).isEqualTo(model);
    assertThat(results.get("optimizer").textValue()).isEqualTo(optimizer);
    assertThat(results.get("fused").booleanValue())
        .isEqualTo(!optimizer.equals("base") && NativeOps.load());
    assertThat(results.get("threads").intValue()).isEqualTo(1);
    assertThat(results.get("trainable_parameters").longValue()).isEqualTo(parameters);
    JsonNode times = results.get("step_ms");
    assertThat(names(times)).containsExactly("min", "median", "p90").inOrder();
    assertThat(times.get("min").doubleValue()).isGreaterThan(0);
    assertThat(times.get("median").doubleValue()).isAtLeast(times.get("min").doubleValue());
    assertThat(times.get("p90").doubleValue()).isAtLeast(times.get("median").doubleValue());
    assertThat(results.get("peak_rss_mb").doubleValue()).isGreaterThan(100);
    assertThat(out.toString()).contains(model + ", batch 2, " + optimizer);
  }

  @Test
  void samIsCoupledAndWsamIsNot() {
    try (var graph = new Graph()) {
      String sam = StepOptimizer.SAM.in(graph).toString();
      String wsam = StepOptimizer.WSAM.in(graph).toString();
      assertThat(sam).contains("gamma=0.5");
      assertThat(sam).contains("decoupled=false");
      assertThat(wsam).contains("gamma=0.9");
      assertThat(wsam).contains("decoupled=true");
      assertThat(StepOptimizer.BASE.in(graph)).isInstanceOf(Momentum.class);
    }
  }

  @Test
  void eachStepFeedsAnotherBatch() {
    try (var graph = new Graph();
        var session = new Session(graph)) {
      var network = new Mlp(4, List.of(3), 2);
      Classifier<TFloat32> classifier = Classifier.training(Ops.create(graph), network, 1);
      try (var batches = new RandomBatches(network, classifier, 5);
          Result first = batches.feed(session.runner()).fetch(classifier.loss()).run();
          Result second = batches.feed(session.runner()).fetch(classifier.loss()).run()) {
        assertThat(((TFloat32) first.get(0)).getFloat())
            .isNotEqualTo(((TFloat32) second.get(0)).getFloat());
      }
    }
  }

  @Test
  void theTracedStepIsAPerturbedOne() {
    run(
        "--model mlp --optimizer wsam --every 3 --batch 2 --steps 3 --warmup 2 --profile "
            + folder);
    assertThat(Files.exists(folder.resolve("step-7.json"))).isTrue();
    assertThat(out.toString()).contains("wsam every 3");
    assertThat(out.toString()).contains("second pass");
  }

  @Test
  void theTimelineIsOfAStepThatIsNotTimed() throws IOException {
    run("--model mlp --optimizer wsam --batch 2 --steps 3 --warmup 1 --profile " + folder);
    assertThat(Files.exists(folder.resolve("step-5.json"))).isTrue();
    assertThat(out.toString()).contains("median of 3");
    assertThat(out.toString()).contains("second pass");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--optimizer wsam --batch 2",
        "--model mlp --batch 2",
        "--model mlp --optimizer wsam",
        "--model vgg --optimizer wsam --batch 2",
        "--model mlp --optimizer asam --batch 2",
        "--model mlp --optimizer wsam --batch 0",
        "--model mlp --optimizer wsam --batch 2 --steps 0",
        "--model mlp --optimizer wsam --batch 2 --every 0",
        "--model mlp --optimizer base --batch 2 --every 2",
        "--model mlp --optimizer wsam --batch 2 --warmup -1",
        "--model mlp --optimizer wsam --batch 2 --threads 0"
      })
  void badUsageIsToldInOneLine(String arguments) {
    assertThat(run(arguments)).isEqualTo(2);
    assertThat(err.toString().strip().lines().toList()).hasSize(1);
    assertThat(err.toString()).startsWith("wsam: ");
  }

  @Test
  void ninetyPercentOfTheStepsTookNoLongerThanTheirPercentile() {
    double[] times = {9, 1, 8, 2, 7, 3, 6, 4, 5, 100};
    assertThat(StepTimes.of(times)).isEqualTo(new StepTimes(1, 5.5, 14.5, 9));
    assertThat(StepTimes.of(new double[] {3})).isEqualTo(new StepTimes(3, 3, 3, 3));
  }
}
