package io.github.tfwsam.examples.finetune;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.tfwsam.examples.data.DataSet;
import io.github.tfwsam.examples.data.InputSpec;
import io.github.tfwsam.examples.data.NpzWriter;
import io.github.tfwsam.examples.data.TfRecordWriter;
import io.github.tfwsam.examples.finetune.SampleModel.Outcome;
import io.github.tfwsam.savedmodel.TrainableSavedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.DataType;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TType;

class FinetuneCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A loss on top of the output of the model that has none. */
  private static final Object[] ON_TOP = {
    "--logits", "output_0", "--labels", "y", "--loss", "sparse_categorical_crossentropy"
  };

  @TempDir private Path folder;
  private Path out;
  private Path log;

  @BeforeEach
  void chooseFiles() {
    out = folder.resolve("out");
    log = folder.resolve("log.jsonl");
  }

  private static Object[] with(Object[] some, Object... more) {
    List<Object> all = new ArrayList<>(Arrays.asList(some));
    all.addAll(Arrays.asList(more));
    return all.toArray();
  }

  private Outcome finetune(SampleModel model, Object... arguments) {
    return model.finetune(with(arguments, "--out", out));
  }

  private static void assertDone(Outcome outcome) {
    assertWithMessage(outcome.error()).that(outcome.status()).isEqualTo(0);
  }

  /** The trained variables of a model. */
  private static Map<String, String> weights(Path model) throws IOException {
    Map<String, String> weights = new TreeMap<>();
    try (var loaded = TrainableSavedModel.load(model, 1)) {
      Ops tf = Ops.create(loaded.graph());
      for (String name : loaded.trainableVariables()) {
        Operand<? extends TType> handle = loaded.graph().operation(name).output(0);
        try (Result value =
            loaded.session().runner().fetch(tf.readVariableOp(handle, TFloat32.class)).run()) {
          float[] values = new float[(int) ((TFloat32) value.get(0)).size()];
          value.get(0).asRawTensor().data().asFloats().read(values);
          weights.put(name, Arrays.toString(values));
        }
      }
    }
    return weights;
  }

  @ParameterizedTest
  @CsvSource({
    "k3_tiny,",
    "k3_mlp.held_by_module,",
    "module_gathered,",
    "k3_mlp.keras_3_export, --logits output_0 --labels y --loss sparse_categorical_crossentropy",
    "k2_tiny.keras_2_save, --logits dense --labels y --loss sparse_categorical_crossentropy"
  })
  void takesTheStepsThatPythonTakes(String name, String onTop) throws IOException {
    var model = new SampleModel(name);
    Object[] lossOptions = onTop == null ? new Object[0] : onTop.split(" ", -1);
    assertDone(
        finetune(
            model,
            with(
                lossOptions,
                "--steps",
                20,
                "--base",
                "momentum",
                "--lr",
                0.01,
                "--batch",
                8,
                "--no-shuffle",
                "--log",
                log)));
    List<String> ours = Files.readAllLines(log);
    List<String> pythons = Files.readAllLines(model.steps());
    assertThat(ours).hasSize(20);
    for (int i = 0; i < 20; i++) {
      JsonNode step = JSON.readTree(ours.get(i));
      JsonNode expected = JSON.readTree(pythons.get(i));
      assertThat(step.get("step").asInt()).isEqualTo(i + 1);
      for (String key : List.of("loss", "perturbed_loss", "grad_norm")) {
        assertWithMessage("%s of step %s", key, i + 1)
            .that(step.get(key).asDouble())
            .isWithin(1e-5)
            .of(expected.get(key).asDouble());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop", "adagrad"})
  void theLossGoesDownByEveryBase(String base) throws IOException {
    Object rate = List.of("sgd", "momentum", "nesterov").contains(base) ? 0.05 : 0.02;
    Outcome outcome =
        finetune(
            SampleModel.MLP,
            with(
                ON_TOP,
                "--base",
                base,
                "--lr",
                rate,
                "--epochs",
                30,
                "--batch",
                10,
                "--weight-decay",
                "1e-4",
                "--schedule",
                "cosine",
                "--max-norm",
                5,
                "--validation",
                SampleModel.MLP.data()));
    assertDone(outcome);
    Matcher losses =
        Pattern.compile("validation loss: (\\S+) before, (\\S+) after").matcher(outcome.out());
    assertWithMessage(outcome.out()).that(losses.find()).isTrue();
    assertThat(Double.parseDouble(losses.group(1))).isWithin(1e-4).of(1.27941);
    assertThat(Double.parseDouble(losses.group(2))).isLessThan(0.9);
    assertThat(outcome.out()).contains("120 steps of 10 examples");
    assertThat(outcome.out()).endsWith(out + "\n");
    assertThat(weights(out)).isNotEqualTo(weights(SampleModel.MLP.model()));
  }

  @Test
  void theSameSeedGivesTheSameBits() throws IOException {
    Path first = folder.resolve("first");
    SampleModel model = SampleModel.DROPOUT;
    assertDone(model.finetune("--steps", 9, "--out", first));
    assertDone(finetune(model, "--steps", 9));
    assertThat(weights(out)).isEqualTo(weights(first));

    Path other = folder.resolve("other");
    assertDone(model.finetune("--steps", 9, "--seed", 2, "--out", other));
    assertThat(weights(other)).isNotEqualTo(weights(first));
  }

  @Test
  void onlyVariablesWhoseNameMatchesAreTrained() throws IOException {
    Map<String, String> before = weights(SampleModel.MLP.model());
    String one = before.keySet().iterator().next();
    assertDone(
        finetune(
            SampleModel.MLP,
            with(ON_TOP, "--steps", 3, "--trainable", "^" + Pattern.quote(one) + "$")));
    Map<String, String> after = weights(out);
    for (var variable : before.entrySet()) {
      boolean isSame = variable.getValue().equals(after.get(variable.getKey()));
      assertWithMessage(variable.getKey()).that(isSame).isEqualTo(!variable.getKey().equals(one));
    }
  }

  @Test
  void namesTheVariablesWhereNoneMatches() throws IOException {
    Outcome outcome =
        finetune(SampleModel.MLP, with(ON_TOP, "--steps", 3, "--trainable", "no such"));
    assertFailed(outcome, "--trainable no such: is found in no variable's name");
    assertThat(outcome.error())
        .contains(weights(SampleModel.MLP.model()).keySet().iterator().next());
  }

  @Test
  void withoutASecondPassThereIsNoPerturbedLoss() throws IOException {
    assertDone(finetune(SampleModel.DROPOUT, "--steps", 1, "--gamma", 0, "--log", log));
    assertThat(JSON.readTree(Files.readString(log)).get("perturbed_loss").isNull()).isTrue();
  }

  @Test
  void plainStepsBetweenPerturbedOnesHaveNoPerturbedLoss() throws IOException {
    assertDone(finetune(SampleModel.DROPOUT, "--steps", 7, "--every", 3, "--log", log));
    List<Boolean> perturbed = new ArrayList<>();
    for (String line : Files.readAllLines(log)) {
      perturbed.add(JSON.readTree(line).get("perturbed_loss").isNumber());
    }
    assertThat(perturbed).containsExactly(true, false, false, true, false, false, true).inOrder();
  }

  @Test
  void recordsTrainAsArraysDo() throws IOException {
    var writer = new TfRecordWriter();
    var inputs =
        List.of(
            new InputSpec("x", DataType.DT_FLOAT, Shape.of(-1, 4), Optional.empty()),
            new InputSpec("y", DataType.DT_INT64, Shape.of(-1), Optional.empty()));
    try (var data = DataSet.read(SampleModel.MLP.data(), inputs);
        var all = data.batch(IntStream.range(0, data.size()).toArray())) {
      for (int i = 0; i < data.size(); i++) {
        float[] x = new float[4];
        for (int j = 0; j < x.length; j++) {
          x[j] = ((TFloat32) all.get("x")).getFloat(i, j);
        }
        long y = ((TInt64) all.get("y")).getLong(i);
        writer.add(Map.of("x", TfRecordWriter.floats(x), "y", TfRecordWriter.integers(y)));
      }
    }
    Path records = writer.write(folder.resolve("data.tfrecord"));
    Path fromArrays = folder.resolve("arrays");
    assertDone(
        SampleModel.MLP.finetune(with(ON_TOP, "--epochs", 2, "--batch", 9, "--out", fromArrays)));
    assertDone(
        finetune(SampleModel.MLP, with(ON_TOP, "--epochs", 2, "--batch", 9, "--data", records)));
    assertThat(weights(out)).isEqualTo(weights(fromArrays));
  }

  private void assertFailed(Outcome outcome, String message) {
    List<String> lines = outcome.error().lines().toList();
    assertWithMessage(outcome.error()).that(lines).hasSize(1);
    assertThat(lines.get(0)).startsWith("wsam: ");
    assertThat(lines.get(0)).contains(message);
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.out()).isEmpty();
    assertThat(Files.exists(out)).isFalse();
  }

  @Test
  void refusesBadData() throws IOException {
    float[] x = new float[3 * 4];
    long[] y = {0, 1, 2};
    Path data = folder.resolve("bad.npz");
    Object[] arguments = with(ON_TOP, "--steps", 1, "--batch", 3, "--data", data);

    new NpzWriter().add("x", x, 3, 4).add("y", y, 3).write(data);
    assertDone(finetune(SampleModel.MLP, arguments));
    assertThat(weights(out)).isNotEmpty();
    out = folder.resolve("none");

    new NpzWriter().add("x", x, 3, 4).write(data);
    assertFailed(finetune(SampleModel.MLP, arguments), "holds no 'y', only 'x'");
    new NpzWriter().add("x", x, 3, 4).add("y", y, 3).add("z", y, 3).write(data);
    assertFailed(finetune(SampleModel.MLP, arguments), "holds 'z', which is no input");
    new NpzWriter().add("x", x, 4, 3).add("y", y, 3).write(data);
    assertFailed(
        finetune(SampleModel.MLP, arguments), "'x': has the shape [4, 3], but [?, 4] is wanted");
    new NpzWriter().add("x", x, 3, 4).add("y", new float[3], 3).write(data);
    assertFailed(finetune(SampleModel.MLP, arguments), "'y': is float32, but int64 is wanted");
    new NpzWriter().add("x", x, 3, 4).add("y", new long[] {0, 3, 1}, 3).write(data);
    assertFailed(
        finetune(SampleModel.MLP, arguments), "'y': example 1 (the first is 0) is not from 0 to 2");
    x[5] = Float.NaN;
    new NpzWriter().add("x", x, 3, 4).add("y", y, 3).write(data);
    assertFailed(
        finetune(SampleModel.MLP, arguments),
        "'x': example 1 (the first is 0) is NaN, infinite or too large for float32");
    Files.write(data, Arrays.copyOf(Files.readAllBytes(data), 200));
    assertFailed(finetune(SampleModel.MLP, arguments), "no .npz file, or a truncated one");
    Files.write(data, new byte[0]);
    assertFailed(finetune(SampleModel.MLP, arguments), "is empty");
    Files.delete(data);
    assertFailed(finetune(SampleModel.MLP, arguments), "there is no such file");
  }

  @Test
  void refusesLabelsOutOfRangeAlsoWhereTheModelHasTheLoss() throws IOException {
    Path data =
        new NpzWriter()
            .add("x", new float[4], 1, 4)
            .add("y", new long[] {77}, 1)
            .write(folder.resolve("labels.npz"));
    assertFailed(
        finetune(SampleModel.DROPOUT, "--steps", 1, "--batch", 1, "--data", data), "step 1: ");
  }

  @Test
  void refusesWhatTheModelHasNot() {
    SampleModel model = SampleModel.DROPOUT;
    assertFailed(
        finetune(model, "--steps", 1, "--signature", "trian"),
        "--signature trian: the model has no such signature; take one of 'evaluate',"
            + " 'serving_default', 'train'");
    assertFailed(
        finetune(model, "--steps", 1, "--loss", "los"),
        "--loss los: the signature 'train' has no such output; take one of 'loss', 'predictions', or"
            + " give --logits and --labels");
    assertFailed(
        finetune(model, "--steps", 1, "--loss", "predictions"),
        "--loss predictions: this output of the signature 'train' is no loss");
    assertFailed(
        finetune(model, "--steps", 1, "--logits", "logit", "--labels", "y", "--loss", "mse"),
        "--logits logit: the signature 'train' has no such output; take one of 'loss',");
    assertFailed(
        finetune(model, "--steps", 1, "--logits", "predictions", "--labels", "y", "--loss", "l2"),
        "--loss l2: no such loss can be computed from --logits; take one of"
            + " 'binary_crossentropy', 'categorical_crossentropy', 'mse',"
            + " 'sparse_categorical_crossentropy'");
  }

  @Test
  void refusesModelsThatCannotBeTrained() {
    assertFailed(finetune(new SampleModel("module_while_trained"), "--steps", 1), "While");
    assertFailed(
        finetune(new SampleModel("none"), "--steps", 1, "--data", SampleModel.MLP.data()),
        "saved_model.pb");
  }

  @Test
  void refusesAnOutThatIsThereOrInTheModel() throws IOException {
    Path there = Files.createDirectory(folder.resolve("there"));
    Outcome outcome = SampleModel.DROPOUT.finetune("--steps", 1, "--out", there);
    assertFailed(outcome, "--out " + there + ": is there already");
    Path inside = SampleModel.DROPOUT.model().resolve("new");
    assertFailed(SampleModel.DROPOUT.finetune("--steps", 1, "--out", inside), "own folder");
    assertThat(Files.exists(inside)).isFalse();
  }

  @Test
  void refusesABatchLargerThanTheData() {
    assertFailed(
        finetune(SampleModel.DROPOUT, "--steps", 1, "--batch", 41),
        "a batch of 41 cannot be had from 40 examples");
  }

  @Test
  void stopsWhereTheLossIsNotFinite() throws IOException {
    Path checkpoints = folder.resolve("checkpoints");
    Outcome outcome =
        finetune(
            SampleModel.DROPOUT,
            "--steps",
            9,
            "--lr",
            1e30,
            "--log",
            log,
            "--checkpoint",
            checkpoints);
    assertFailed(outcome, "is not finite; take a smaller --lr");
    assertThat(outcome.error()).containsMatch("step [2-9]: ");
    assertFailed(
        finetune(SampleModel.DROPOUT, "--steps", 1, "--lr", 1e39),
        "step 1: the weights after it are not finite");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "--steps 1 --epochs 1",
        "--steps 0",
        "--epochs 1.5",
        "--steps 1 --batch 0",
        "--steps 1 --logits output_0",
        "--steps 1 --labels y",
        "--steps 1 --resume",
        "--steps 1 --base adamax",
        "--steps 1 --schedule linear",
        "--steps 1 --gamma 1",
        "--steps 1 --rho -1",
        "--steps 1 --max-norm 0",
        "--steps 1 --beta1 1",
        "--steps 1 --seed one",
        "--steps 1 --trainable (",
        "--steps 1 --fused maybe",
        "--steps 1 --nonsense",
      })
  void badUsageIsOneLineAndStatusTwo(String arguments) {
    Object[] words = arguments.isEmpty() ? new Object[0] : arguments.split(" ", -1);
    Outcome outcome = finetune(SampleModel.MLP, words);
    assertThat(outcome.status()).isEqualTo(2);
    assertThat(outcome.error().lines().toList()).hasSize(1);
    assertThat(outcome.error()).startsWith("wsam: ");
    assertThat(Files.exists(out)).isFalse();
  }
}
