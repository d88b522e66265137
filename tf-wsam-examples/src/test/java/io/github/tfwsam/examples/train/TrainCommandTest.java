package io.github.tfwsam.examples.train;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.tfwsam.examples.tasks.LabeledExamples;
import io.github.tfwsam.examples.tasks.Task;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Tensor;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

class TrainCommandTest {
  @TempDir private Path folder;

  /** Of 3 epochs of 12 steps, if nothing else is said; 16 examples of each are dropped. */
  private Run run(String name, Object... more) {
    List<Object> arguments = new ArrayList<>(Arrays.asList(more));
    if (!arguments.contains("--subset")) {
      arguments.addAll(List.of("--subset", 400));
    }
    if (!arguments.contains("--epochs")) {
      arguments.addAll(List.of("--epochs", 3));
    }
    return Run.of(folder.resolve(name), arguments.toArray());
  }

  @Test
  void learnsAndTellsEachStepAndEpoch() throws IOException {
    Run run = run("run").done();
    List<JsonNode> rows = run.rows();
    assertThat(rows).hasSize(3 * 12 + 3);
    double sum = 0;
    for (int i = 0; i < rows.size(); i++) {
      JsonNode row = rows.get(i);
      int epoch = i / 13 + 1;
      assertThat(row.get("epoch").intValue()).isEqualTo(epoch);
      if (i % 13 < 12) {
        assertThat(row.get("step").intValue()).isEqualTo(i - epoch + 2);
        sum += row.get("loss").doubleValue();
      } else {
        assertThat(row.get("train_loss").doubleValue()).isWithin(1e-12).of(sum / 12);
        assertThat(row.get("test_loss").doubleValue()).isGreaterThan(0.0);
        assertThat(row.get("seconds").doubleValue()).isGreaterThan(0.0);
        sum = 0;
      }
    }
    assertThat(run.lastEpoch().get("test_accuracy").doubleValue()).isGreaterThan(0.85);
    assertThat(run.stdout()).contains("digits, mlp of 9,610 parameters: 3 epochs, 36 steps");
    assertThat(run.stderr()).containsMatch("train: 36 of 36, loss .*, accuracy .* %, 0 s left");
  }

  @Test
  void tensorBoardIsToldTheSame() throws IOException {
    Run run = run("run").done();
    List<String> expected = new ArrayList<>();
    int step = 0;
    for (JsonNode row : run.rows()) {
      if (row.has("step")) {
        step++;
        expected.add(step + " train/loss " + row.get("loss").floatValue());
      } else {
        for (String name : List.of("train_loss", "test_loss", "test_accuracy", "sharpness")) {
          expected.add(step + " epoch/" + name + " " + row.get(name).floatValue());
        }
      }
    }
    assertThat(run.eventFiles()).hasSize(1);
    assertThat(run.points()).containsExactlyElementsIn(expected).inOrder();
  }

  @ParameterizedTest
  @ValueSource(strings = {"mlp", "conv"}) // The second one normalizes batches.
  void theSavedModelHasTheWeightsAndIsForInference(String model) throws IOException {
    Run run = run("run", "--model", model).done();
    LabeledExamples test = Task.DIGITS.load(null).test();
    int[] rows = IntStream.range(0, test.size()).toArray();
    int right = 0;
    try (var saved = SavedModelBundle.load(run.model().toString());
        Tensor inputs = test.inputs(rows);
        TInt32 labels = test.labels(rows);
        Result outputs = saved.function("serving_default").call(Map.of("input", inputs))) {
      var logits = (TFloat32) outputs.get("logits").orElseThrow();
      for (int row : rows) {
        int best = 0;
        for (int c = 1; c < 10; c++) {
          best = logits.getFloat(row, c) > logits.getFloat(row, best) ? c : best;
        }
        right += best == labels.getInt(row) ? 1 : 0;
      }
      assertThat(saved.graph().operation("step")).isNull();
    }
    assertThat((double) right / rows.length)
        .isEqualTo(run.lastEpoch().get("test_accuracy").doubleValue());
  }

  @Test
  void drawsTheCurves() throws IOException {
    BufferedImage curves = ImageIO.read(run("run").done().out().resolve("curves.png").toFile());
    assertThat(curves.getWidth()).isEqualTo(1800);
  }

  @ParameterizedTest
  @CsvSource({
    "--optimizer base, --gamma 0",
    "--optimizer sam, --gamma 0.5 --coupled",
    "--optimizer sam --gamma 0.5, --gamma 0.5 --coupled",
    "--optimizer wsam, --gamma 0.9",
    "--model mlp --batch 32 --base momentum, --seed 1"
  })
  void theseAreTheSameToTheBit(String one, String other) throws IOException {
    Run first = run("one", (Object[]) one.split(" ", -1)).done();
    Run second = run("other", (Object[]) other.split(" ", -1)).done();
    assertThat(first.timelessRows()).isEqualTo(second.timelessRows());
    assertThat(first.weights()).isEqualTo(second.weights());
  }

  @Test
  void theseAreNot() throws IOException {
    List<String> options =
        List.of(
            "--optimizer base",
            "--optimizer sam",
            "--coupled",
            "--adaptive",
            "--seed 2",
            "--label-noise 0.2",
            "--batch 33");
    List<JsonNode> plain = run("plain", "--epochs", 1).done().timelessRows();
    for (String option : options) {
      Run other = run(option, (Object[]) ("--epochs 1 " + option).split(" ", -1)).done();
      assertWithMessage(option).that(other.timelessRows()).isNotEqualTo(plain);
    }
  }

  @Test
  void theSharpnessIsMeasuredWithoutASecondPassToo() throws IOException {
    assertThat(sharpness("none", "--rho", 0)).isEqualTo(0.0);
    double small = sharpness("small", "--rho", 0.001);
    assertThat(small).isGreaterThan(0.0);
    // rho |g| to first order.
    assertThat(sharpness("twice", "--rho", 0.002) / small).isWithin(0.02).of(2);
  }

  private double sharpness(String name, Object... more) throws IOException {
    List<Object> arguments = new ArrayList<>(List.of("--optimizer", "base", "--epochs", 1));
    arguments.addAll(Arrays.asList(more));
    return run(name, arguments.toArray()).done().lastEpoch().get("sharpness").doubleValue();
  }

  @Test
  void wrongLabelsAreHardToLearn() throws IOException {
    double right = run("right").done().lastEpoch().get("train_loss").doubleValue();
    Run wrong = run("wrong", "--label-noise", 0.6).done();
    assertThat(wrong.lastEpoch().get("train_loss").doubleValue()).isGreaterThan(right + 0.5);
  }

  @ParameterizedTest
  @CsvSource({
    "--lr 1e20, step 2: the loss is not finite",
    "--rho 1e30, step 1: the loss at the perturbed weights is not finite",
    "--lr 1e30 --subset 32, after it is not finite"
  })
  void whereItDivergesItSaysSo(String options, String message) throws IOException {
    Run run = run("run", (Object[]) options.split(" ", -1));
    assertThat(run.status()).isEqualTo(1);
    List<String> told = run.stderr().lines().filter(line -> !line.startsWith("train: ")).toList();
    assertThat(told).hasSize(1);
    assertThat(told.get(0)).startsWith("wsam: step ");
    assertThat(told.get(0)).contains(message);
    try (var files = Files.list(run.out())) {
      assertThat(files.map(f -> f.getFileName().toString()).filter(f -> !f.contains("tfevents")))
          .containsExactly("metrics.jsonl");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--optimizer base --gamma 0.9",
        "--optimizer base --coupled",
        "--optimizer sam --gamma 0.9",
        "--optimizer nonsense",
        "--model nonsense",
        "--model resnet18",
        "--augment",
        "--recipe nonsense",
        "--recipe paper",
        "--resume",
        "--label-noise 1",
        "--subset 0",
        "--epochs 0",
        "--threads 0",
        "--task nonsense",
        "--task cifar10"
      })
  void badUsageIsStatusTwo(String options) {
    List<String> arguments = new ArrayList<>(List.of(options.split(" ", -1)));
    if (!arguments.contains("--task")) {
      arguments.addAll(List.of("--task", "digits"));
    }
    Path out = folder.resolve("out");
    arguments.addAll(List.of("--out", out.toString()));
    Run run = Run.ofArguments(out, arguments);
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.stderr().lines().toList()).hasSize(1);
    assertThat(Files.exists(out)).isFalse();
  }

  @Test
  void whatIsThereIsNotTouched() throws IOException {
    Path out = Files.createDirectory(folder.resolve("out"));
    Files.writeString(out.resolve("mine"), "mine");
    Run run = run("out");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.stderr()).contains("out: is not empty; choose another folder");
    try (var files = Files.list(out)) {
      assertThat(files.toList()).hasSize(1);
    }
  }

  @Test
  void tooFewExamplesAreToldOf() {
    assertThat(run("many", "--subset", 5000).stderr()).contains("A subset of 5000 cannot be had");
    Run few = run("few", "--subset", 10);
    assertThat(few.status()).isEqualTo(1);
    assertThat(few.stderr()).contains("a batch of 32 cannot be had from 10 examples");
  }

  @Test
  void aStepCanBeProfiled() throws IOException {
    Path timelines = folder.resolve("timelines");
    Run run = run("run", "--profile", timelines).done();
    assertThat(Files.exists(timelines.resolve("step-10.json"))).isTrue();
    assertThat(run.stdout()).contains("step-10.json");
  }
}
