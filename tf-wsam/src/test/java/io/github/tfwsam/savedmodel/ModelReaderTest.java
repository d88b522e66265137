package io.github.tfwsam.savedmodel;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.tfwsam.graph.GradientFlow;
import io.github.tfwsam.graph.LossGraph;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.proto.TensorInfo;
import org.tensorflow.types.TFloat32;

class ModelReaderTest {
  private static final String KERAS_2 = "k2_tiny.keras_2_save";

  @TempDir Path temporary;

  @Test
  void trainsByTheFunctionThatKerasSavesForIt() throws IOException {
    LoadedModel model = ModelReader.read(SavedModels.directory(KERAS_2), 1);
    var training = model.training().orElseThrow();
    var serving = model.endpoints().get("serving_default");
    assertThat(training.name()).isEqualTo("training");
    assertThat(training.inputs().keySet()).isEqualTo(serving.inputs().keySet());
    assertThat(training.outputs().keySet()).isEqualTo(serving.outputs().keySet());
    assertThat(training.outputs()).isNotEqualTo(training.values());
    assertThat(serving.outputs()).isEqualTo(serving.values());
  }

  @Test
  void warnsOnceWhereNothingIsForTraining() throws IOException {
    int[] warnings = new int[1];
    var counter =
        new Handler() {
          @Override
          public void publish(LogRecord logged) {
            warnings[0]++;
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger(TrainableSavedModel.class.getName());
    logger.addHandler(counter);
    try (var model = TrainableSavedModel.load(SavedModels.directory("k3_mlp.keras_3_export"), 1)) {
      assertThat(model.training()).isEqualTo(model.signatures().get("serving_default"));
      model.training();
    } finally {
      logger.removeHandler(counter);
    }
    assertThat(warnings[0]).isEqualTo(1);
  }

  @Test
  void keepsFrozenLayersFrozen() throws IOException {
    LoadedModel whole = ModelReader.read(SavedModels.directory(KERAS_2), 1);
    assertThat(whole.trainable()).contains("dense/kernel");
    Path frozen =
        changed(
            KERAS_2,
            graph -> {
              var objects = graph.getObjectGraphDefBuilder();
              int list =
                  objects.getNodes(0).getChildrenList().stream()
                      .filter(child -> child.getLocalName().equals("trainable_variables"))
                      .findFirst()
                      .orElseThrow()
                      .getNodeId();
              var elements = objects.getNodesBuilder(list);
              for (int i = elements.getChildrenCount() - 1; i >= 0; i--) {
                var variable = objects.getNodes(elements.getChildren(i).getNodeId()).getVariable();
                if (variable.getName().equals("dense/kernel")) {
                  elements.removeChildren(i);
                }
              }
            });
    LoadedModel model = ModelReader.read(frozen, 1);
    assertThat(model.trainable()).doesNotContain("dense/kernel");
    assertThat(model.trainable()).hasSize(whole.trainable().size() - 1);
    List<NodeDef> stops =
        model.graph().getNodeList().stream()
            .filter(node -> node.getOp().equals("StopGradient"))
            .filter(node -> reads(model, node, "dense/kernel"))
            .toList();
    assertThat(stops).isNotEmpty();
  }

  private static boolean reads(LoadedModel model, NodeDef stop, String variable) {
    String read = NodeDefs.source(stop.getInput(0));
    return model.graph().getNodeList().stream()
        .anyMatch(node -> node.getName().equals(read) && node.getInput(0).equals(variable + ":0"));
  }

  @Test
  void saysWhatToDoAboutLoops() throws IOException {
    try (var model = TrainableSavedModel.load(SavedModels.directory("module_while_trained"), 1)) {
      @SuppressWarnings("unchecked") // The predictions are float32.
      var predictions =
          (Operand<TFloat32>) model.signatures().get("serving_default").values().get("predictions");
      Ops tf = Ops.create(model.graph());
      var loss = tf.math.mean(predictions, tf.array(0, 1)).asOutput();
      var lossGraph = LossGraph.of(model.graph(), loss);
      var e =
          assertThrows(
              IllegalArgumentException.class, () -> GradientFlow.trace(lossGraph, name -> true));
      assertThat(e).hasMessageThat().contains("While), which");
      assertThat(e).hasMessageThat().contains("unroll=True");
    }
  }

  @Test
  void refusesSparseInputsByName() throws IOException {
    Path sparse =
        changed(
            "k3_tiny",
            graph ->
                graph.putSignatureDef(
                    "train",
                    graph.getSignatureDefOrThrow("train").toBuilder()
                        .putInputs(
                            "words",
                            TensorInfo.newBuilder()
                                .setCooSparse(TensorInfo.CooSparse.getDefaultInstance())
                                .build())
                        .build()));
    try (var model = TrainableSavedModel.load(sparse, 1)) {
      assertThat(model.signatures().keySet()).containsExactly("evaluate", "serving_default");
      var e = assertThrows(IllegalArgumentException.class, model::training);
      assertThat(e).hasMessageThat().contains("'train' that takes as words a sparse");
    }
  }

  @Test
  void refusesCustomGradientsButThatOfSilu() {
    for (boolean silu : new boolean[] {true, false}) {
      var nodes = new NodeMap();
      nodes.add(NodeDefs.node("x", "Placeholder"));
      nodes.add(NodeDefs.node("beta", "Const"));
      nodes.add(NodeDefs.node("scaled", "Mul", "beta:0", "x:0"));
      nodes.add(NodeDefs.node("sigmoid", silu ? "Sigmoid" : "Tanh", "scaled:0"));
      nodes.add(NodeDefs.node("y", "Mul", "x:0", "sigmoid:0"));
      DataType type = DataType.DT_FLOAT;
      nodes.add(
          NodeDefs.node("all", "IdentityN", "y:0", "x:0", "beta:0")
              .putAttr("T", NodeDefs.types(List.of(type, type, type)))
              .putAttr(CustomGradients.ATTRIBUTE, NodeDefs.text("CustomGradient-1")));
      nodes.add(NodeDefs.node("loss", "L2Loss", "all:0"));
      Map<String, String> replaced = CustomGradients.remove(nodes);
      NodeDef.Builder source = nodes.producer(nodes.get("loss").getInput(0));
      assertThat(source.getOp()).isEqualTo(silu ? "Mul" : "PreventGradient");
      assertThat(replaced.get("all:0")).isEqualTo(nodes.get("loss").getInput(0));
    }
  }

  private Path changed(String name, Consumer<MetaGraphDef.Builder> change) throws IOException {
    Path copy = temporary.resolve("changed");
    SavedModels.copy(SavedModels.directory(name), copy);
    SavedModel.Builder model = SavedModels.proto(copy).toBuilder();
    change.accept(model.getMetaGraphsBuilder(0));
    Files.write(copy.resolve("saved_model.pb"), model.build().toByteArray());
    return copy;
  }
}
