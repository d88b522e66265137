package io.github.tfwsam.savedmodel;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.tfwsam.Tensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

class TrainableSavedModelTest {
  private static final float RATE = 0.1f;

  @TempDir Path temporary;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "k2_tiny.keras_2_save",
        "k3_mlp.keras_3_export",
        "k3_tiny",
        "module_gathered",
        "module_while_trained"
      })
  void outputsAreThoseOfTensorFlowsLoader(String name) {
    Path directory = SavedModels.directory(name);
    try (var model = load(directory);
        var bundle = SavedModelBundle.load(directory.toString(), "serve")) {
      assertThat(model.signatures()).containsKey("serving_default");
      for (Signature signature : model.signatures().values()) {
        var definition = bundle.metaGraphDef().getSignatureDefOrThrow(signature.name());
        assertThat(signature.inputs().keySet()).isEqualTo(definition.getInputsMap().keySet());
        assertThat(signature.outputs().keySet()).isEqualTo(definition.getOutputsMap().keySet());
        Map<String, Tensor> batch = SavedModels.batch(signature);
        Map<String, double[]> values = SavedModels.values(model, signature);
        for (String output : signature.outputs().keySet()) {
          Session.Runner runner = bundle.session().runner();
          batch.forEach((n, t) -> runner.feed(definition.getInputsOrThrow(n).getName(), t));
          try (Result result = runner.fetch(definition.getOutputsOrThrow(output).getName()).run()) {
            assertThat(values.get(output))
                .usingTolerance(1e-6)
                .containsExactly(Tensors.toDoubles(result.get(0)))
                .inOrder();
          }
        }
        batch.values().forEach(Tensor::close);
      }
    }
  }

  /** Its saver restores other handles than its signatures read, so TensorFlow cannot load it. */
  @Test
  void restoresByTheObjectGraph() {
    Path directory = SavedModels.directory("k3_mlp.held_by_module");
    try (var held = load(directory);
        var bundle = SavedModelBundle.load(directory.toString(), "serve")) {
      Signature serving = held.signatures().get("serving_default");
      assertThat(SavedModels.values(held, serving).values()).isNotEmpty();
      for (double[] value : SavedModels.variables(held).values()) {
        assertThat(value).isNotEmpty();
      }
      Map<String, Tensor> batch = SavedModels.batch(serving);
      var definition = bundle.metaGraphDef().getSignatureDefOrThrow("serving_default");
      Session.Runner runner = bundle.session().runner();
      batch.forEach((n, t) -> runner.feed(definition.getInputsOrThrow(n).getName(), t));
      definition.getOutputsMap().values().forEach(o -> runner.fetch(o.getName()));
      assertThrows(RuntimeException.class, runner::run);
      batch.values().forEach(Tensor::close);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"k3_tiny", "module_gathered", "k2_tiny.keras_2_save"})
  void gradientsAreThoseOfFiniteDifferences(String name) {
    try (var model = load(SavedModels.directory(name))) {
      Signature training = model.training();
      Ops tf = Ops.create(model.graph());
      Output<TFloat32> loss = loss(tf, training);
      Map<String, Tensor> batch = SavedModels.batch(training);
      for (String variable : model.trainableVariables()) {
        Output<?> handle = model.graph().outputOrThrow(variable + ":0");
        Output<?> gradient = gradient(model, loss, handle);
        double[] analytic = SavedModels.run(model, training, gradient, batch);
        float step = 1e-2f;
        Output<TFloat32> direction = tf.constant(step).asOutput();
        Op forward = tf.assignAddVariableOp(handle, filled(tf, model, variable, direction));
        Op back = tf.assignSubVariableOp(handle, filled(tf, model, variable, direction));
        model.session().run(forward);
        double above = SavedModels.run(model, training, loss, batch)[0];
        model.session().run(back);
        model.session().run(back);
        double below = SavedModels.run(model, training, loss, batch)[0];
        model.session().run(forward);
        double sum = 0;
        for (double g : analytic) {
          sum += g;
        }
        assertThat((above - below) / (2 * step)).isWithin(2e-3 + 0.02 * Math.abs(sum)).of(sum);
      }
      batch.values().forEach(Tensor::close);
    }
  }

  @Test
  void stepsChangeTrainableVariablesAlone() {
    try (var model = load(SavedModels.directory("k3_tiny"))) {
      Map<String, double[]> before = SavedModels.variables(model);
      step(model, false);
      step(model, false);
      Map<String, double[]> after = SavedModels.variables(model);
      assertThat(model.trainableVariables()).isNotEmpty();
      assertThat(before.keySet()).containsAtLeastElementsIn(model.trainableVariables());
      List<String> changed = new ArrayList<>();
      before.forEach(
          (name, value) -> {
            if (!java.util.Arrays.equals(value, after.get(name))) {
              changed.add(name);
            }
          });
      assertThat(changed).containsExactlyElementsIn(model.trainableVariables());
      assertThat(changed.size()).isLessThan(before.size());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"k3_tiny", "k2_tiny.keras_2_save", "module_dropout"})
  void outputsUpdateAveragesAndValuesDoNot(String name) {
    try (var model = load(SavedModels.directory(name))) {
      Signature training = model.training();
      Map<String, Tensor> batch = SavedModels.batch(training);
      Map<String, double[]> before = SavedModels.variables(model);
      training.values().values().forEach(o -> SavedModels.run(model, training, o, batch));
      assertSame(SavedModels.variables(model), before);
      Output<?> output = training.outputs().values().iterator().next();
      SavedModels.run(model, training, output, batch);
      Map<String, double[]> after = SavedModels.variables(model);
      before.forEach(
          (variable, value) -> {
            if (model.trainableVariables().contains(variable)) {
              assertThat(after.get(variable)).isEqualTo(value);
            } else {
              assertThat(after.get(variable)).isNotEqualTo(value);
            }
          });
      batch.values().forEach(Tensor::close);
    }
  }

  @Test
  void averagesGetNoGradient() {
    try (var model = load(SavedModels.directory("k3_tiny"))) {
      Signature serving = model.signatures().get("serving_default");
      Output<TFloat32> loss = loss(Ops.create(model.graph()), serving);
      for (String variable : SavedModels.variables(model).keySet()) {
        Output<?> gradient = gradient(model, loss, model.graph().outputOrThrow(variable + ":0"));
        assertThat(gradient.isClosed()).isEqualTo(!model.trainableVariables().contains(variable));
      }
    }
  }

  @Test
  void dropoutFollowsTheSeed() {
    Path directory = SavedModels.directory("module_dropout");
    List<double[]> runs = new ArrayList<>();
    for (long seed : new long[] {1, 1, 2}) {
      try (var model = TrainableSavedModel.load(directory, seed)) {
        Signature train = model.training();
        Map<String, Tensor> batch = SavedModels.batch(train);
        double[] first = SavedModels.run(model, train, train.values().get("loss"), batch);
        double[] second = SavedModels.run(model, train, train.values().get("loss"), batch);
        runs.add(new double[] {first[0], second[0]});
        batch.values().forEach(Tensor::close);
      } catch (java.io.IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
    assertThat(runs.get(1)).isEqualTo(runs.get(0));
    assertThat(runs.get(2)).isNotEqualTo(runs.get(0));
    assertThat(runs.get(0)[0]).isNotEqualTo(runs.get(0)[1]);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "k2_tiny.keras_2_save",
        "k3_mlp.held_by_module",
        "k3_mlp.keras_3_export",
        "k3_tiny",
        "module_dropout"
      })
  void savedAndLoadedIsTheSame(String name) throws Exception {
    Path target = temporary.resolve("saved");
    Map<String, double[]> trained;
    Map<String, double[]> values;
    try (var model = load(SavedModels.directory(name))) {
      Map<String, double[]> before = SavedModels.variables(model);
      step(model, true);
      trained = SavedModels.variables(model);
      assertThat(trained.get(model.trainableVariables().get(0)))
          .isNotEqualTo(before.get(model.trainableVariables().get(0)));
      values = SavedModels.values(model, model.signatures().get("serving_default"));
      model.save(target);
    }
    try (var model = load(target)) {
      assertSame(SavedModels.variables(model), trained);
      assertSame(SavedModels.values(model, model.signatures().get("serving_default")), values);
    }
    try (var files = Files.list(temporary)) {
      assertThat(files.toList()).containsExactly(target);
    }
    assertThat(Files.readAllBytes(target.resolve("saved_model.pb")))
        .isEqualTo(Files.readAllBytes(SavedModels.directory(name).resolve("saved_model.pb")));
    TensorBundle source =
        TensorBundle.read(SavedModels.directory(name).resolve("variables/variables"));
    TensorBundle copy = TensorBundle.read(target.resolve("variables/variables"));
    assertThat(copy.entries().keySet()).isEqualTo(source.entries().keySet());
    assertThat(copy.objectGraph()).isEqualTo(source.objectGraph());
  }

  /** Keras 3 writes them as it sees them, and as the signatures read them. */
  @Test
  void variablesThatAreWrittenTwiceStayEqual() throws Exception {
    Path target = temporary.resolve("saved");
    try (var model = load(SavedModels.directory("k3_mlp.keras_3_export"))) {
      step(model, true);
      model.save(target);
    }
    var entries = TensorBundle.read(target.resolve("variables/variables")).entries();
    List<Integer> kernels =
        entries.values().stream()
            .filter(entry -> entry.getShape().getDimCount() == 2)
            .map(entry -> entry.getCrc32C())
            .sorted()
            .toList();
    assertThat(kernels).hasSize(4);
    assertThat(kernels.get(0)).isEqualTo(kernels.get(1));
    assertThat(kernels.get(2)).isEqualTo(kernels.get(3));
  }

  @Test
  void refusesToOverwrite() throws Exception {
    Path source = temporary.resolve("source");
    SavedModels.copy(SavedModels.directory("module_dropout"), source);
    try (var model = load(source)) {
      for (Path target : List.of(source, source.resolve("inside/deep"), temporary)) {
        var e = assertThrows(IllegalArgumentException.class, () -> model.save(target));
        assertThat(e).hasMessageThat().contains(target.toString());
      }
      assertThat(Files.exists(source.resolve("inside"))).isFalse();
    }
  }

  @Test
  void removesWhatAnInterruptedSaveHasLeft() throws Exception {
    Path target = temporary.resolve("saved");
    Path left = temporary.resolve(".saved.incomplete");
    Files.createDirectories(left.resolve("variables"));
    Files.writeString(left.resolve("saved_model.pb"), "half");
    try (var model = load(SavedModels.directory("module_dropout"))) {
      model.save(target);
    }
    assertThat(Files.exists(left)).isFalse();
    load(target).close();
  }

  @Test
  void aSaveThatFailsLeavesNothing() throws Exception {
    Path source = temporary.resolve("source");
    SavedModels.copy(SavedModels.directory("k3_mlp.keras_3_export"), source);
    Path target = temporary.resolve("saved");
    try (var model = load(source)) {
      Files.delete(source.resolve("variables/variables.index"));
      assertThrows(RuntimeException.class, () -> model.save(target));
    }
    try (var files = Files.list(temporary)) {
      assertThat(files.toList()).containsExactly(source);
    }
  }

  @Test
  void namesTheSignaturesAndOutputsThatThereAre() {
    try (var model = load(SavedModels.directory("k3_tiny"))) {
      var e = assertThrows(IllegalArgumentException.class, () -> model.output("tain", "loss"));
      assertThat(e).hasMessageThat().contains("[evaluate, serving_default, train]");
      e = assertThrows(IllegalArgumentException.class, () -> model.output("train", "lss"));
      assertThat(e).hasMessageThat().contains("[loss, predictions]");
      assertThat(model.output("train", "loss")).isEqualTo(model.training().outputs().get("loss"));
    }
  }

  private static TrainableSavedModel load(Path directory) {
    try {
      return TrainableSavedModel.load(directory, 1);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** The mean square of what the model predicts. */
  @SuppressWarnings("unchecked") // The outputs of these models are float32.
  private static Output<TFloat32> loss(Ops tf, Signature signature) {
    String predictions =
        signature.values().keySet().stream()
            .filter(n -> !n.equals("loss"))
            .findFirst()
            .orElseThrow();
    var output = (Output<TFloat32>) signature.values().get(predictions);
    Operand<TFloat32> square = tf.math.square(output);
    return tf.math
        .mean(square, tf.range(tf.constant(0), tf.rank(square), tf.constant(1)))
        .asOutput();
  }

  private static Output<?> gradient(TrainableSavedModel model, Output<?> loss, Output<?> handle) {
    return model.graph().addGradients(loss, new Output<?>[] {handle})[0];
  }

  private static Output<TFloat32> filled(
      Ops tf, TrainableSavedModel model, String variable, Output<TFloat32> value) {
    Output<?> read = model.graph().outputOrThrow("saved_model/read/" + variable + ":0");
    return tf.fill(tf.constant(read.shape().asArray()), value).asOutput();
  }

  /** A step of gradient descent. */
  @SuppressWarnings("unchecked") // The variables of these models are float32.
  private static void step(TrainableSavedModel model, boolean serving) {
    Signature signature = serving ? model.signatures().get("serving_default") : model.training();
    Ops tf = Ops.create(model.graph());
    Output<TFloat32> loss = loss(tf, signature);
    Map<String, Tensor> batch = SavedModels.batch(signature);
    Session.Runner runner = model.session().runner();
    for (String variable : model.trainableVariables()) {
      Output<?> handle = model.graph().outputOrThrow(variable + ":0");
      runner.addTarget(
          tf.train.resourceApplyGradientDescent(
              handle, tf.constant(RATE), (Output<TFloat32>) gradient(model, loss, handle)));
    }
    signature.inputs().forEach((name, input) -> runner.feed(input, batch.get(name)));
    runner.run().close();
    batch.values().forEach(Tensor::close);
  }

  private static void assertSame(Map<String, double[]> actual, Map<String, double[]> expected) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    expected.forEach((name, value) -> assertThat(actual.get(name)).isEqualTo(value));
  }
}
