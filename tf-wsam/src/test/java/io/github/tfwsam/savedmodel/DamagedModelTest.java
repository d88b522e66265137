package io.github.tfwsam.savedmodel;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.google.protobuf.Message;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.exceptions.TensorFlowException;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.proto.TensorProto;

/** Whatever is wrong with its files, a model is refused: nothing crashes, nothing hangs. */
class DamagedModelTest {
  private static final String MODEL = "module_gathered";
  private static final List<String> FILES =
      List.of(
          "saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001");

  @TempDir Path temporary;
  private Path model;

  @BeforeEach
  void copy() throws IOException {
    model = temporary.resolve("model");
    SavedModels.copy(SavedModels.directory(MODEL), model);
  }

  @Test
  void namesWhatIsMissing() throws IOException {
    for (String file : FILES) {
      Path moved = temporary.resolve("moved");
      Files.move(model.resolve(file), moved);
      var e = assertThrows(IOException.class, this::load);
      assertThat(e).hasMessageThat().contains(model.resolve(file).toString());
      Files.move(moved, model.resolve(file));
    }
    load();
  }

  @Test
  void namesFilesThatAreCutShort() throws IOException {
    for (String file : FILES) {
      byte[] content = Files.readAllBytes(model.resolve(file));
      Files.write(model.resolve(file), Arrays.copyOf(content, content.length - 3));
      var e = assertThrows(IOException.class, this::load);
      assertThat(e).hasMessageThat().contains(model.resolve(file) + " is damaged");
      Files.write(model.resolve(file), content);
    }
  }

  @Test
  void namesTheOpAndTheVersionThatHasIt() throws IOException {
    String message =
        refusal(
            graph -> {
              graph.getMetaInfoDefBuilder().setTensorflowVersion("2.99.0");
              node(graph, "MatMul").setOp("MatMulOfTomorrow");
            });
    assertThat(message).contains("made with TensorFlow 2.99.0");
    assertThat(message).contains("the op MatMulOfTomorrow of ");
    assertThat(message).contains("is not in TensorFlow 2.16.2");
  }

  @Test
  void namesAttributesOfOtherVersions() throws IOException {
    AttrValue value = AttrValue.newBuilder().setB(true).build();
    Consumer<MetaGraphDef.Builder> add = graph -> node(graph, "MatMul").putAttr("sparse", value);
    assertThat(refusal(add)).contains("the attribute sparse of ");
    // Whatever has the default of the TensorFlow that wrote it can be left out.
    change(
        add.andThen(
            graph -> {
              var op = graph.getMetaInfoDefBuilder().getStrippedOpListBuilder().addOpBuilder();
              op.setName("MatMul").addAttrBuilder().setName("sparse").setDefaultValue(value);
            }));
    load();
  }

  @Test
  void namesMissingFunctions() throws IOException {
    assertThat(refusal(graph -> called(graph).getSignatureBuilder().setName("elsewhere")))
        .contains("calls the function '__inference_");
  }

  @Test
  void namesFunctionsThatCallThemselves() throws IOException {
    assertThat(
            refusal(
                graph -> {
                  FunctionDef.Builder function = called(graph);
                  List<String> arguments =
                      function.getSignature().getInputArgList().stream()
                          .map(argument -> argument.getName())
                          .toList();
                  function
                      .addNodeDefBuilder()
                      .setName("again")
                      .setOp(function.getSignature().getName())
                      .addAllInput(arguments);
                }))
        .contains("calls itself");
  }

  @Test
  void namesNodesThatFeedOneAnother() throws IOException {
    assertThat(
            refusal(
                graph -> {
                  NodeDef.Builder node = node(graph, "MatMul");
                  node.addInput("^" + node.getName());
                }))
        .contains("in a circle");
  }

  @Test
  void namesCallsWithAWrongNumberOfInputs() throws IOException {
    assertThat(
            refusal(
                graph ->
                    graph.getGraphDefBuilder().getNodeBuilderList().stream()
                        .filter(node -> node.getName().startsWith("StatefulPartitionedCall"))
                        .forEach(node -> node.addInput(node.getInput(0)))))
        .contains("inputs");
  }

  @Test
  void namesVariablesOfAnotherShape() throws IOException {
    assertThat(
            refusal(
                graph ->
                    graph.getGraphDefBuilder().getNodeBuilderList().stream()
                        .filter(node -> node.getName().equals("head/w"))
                        .forEach(
                            node ->
                                node.putAttr("shape", NodeDefs.shape(NodeDefs.shapeOf(1, 2, 3))))))
        .contains("its variable 'head/w' is DT_FLOAT[1, 2, 3], but the files hold as ");
  }

  @Test
  void namesTheTagsThatThereAre() throws IOException {
    assertThat(refusal(graph -> graph.getMetaInfoDefBuilder().clearTags().addTags("train")))
        .contains("\"serve\", only [[train]]");
  }

  @Test
  void namesConstantsWithoutEnd() throws IOException {
    assertThat(
            refusal(
                graph -> {
                  var tensor =
                      TensorProto.newBuilder()
                          .setDtype(DataType.DT_FLOAT)
                          .setTensorShape(NodeDefs.shapeOf(1L << 40, 1L << 40))
                          .addFloatVal(1);
                  node(graph, "Const")
                      .putAttr("dtype", NodeDefs.type(tensor.getDtype()))
                      .putAttr("value", AttrValue.newBuilder().setTensor(tensor).build());
                }))
        .contains("elements");
  }

  @Test
  void aGraphWithoutEndIsRefused() throws IOException {
    assertThat(
            refusal(
                graph -> {
                  String last = called(graph).getSignature().getName();
                  // Each calls the next twice: 2^40 nodes.
                  var library = graph.getGraphDefBuilder().getLibraryBuilder();
                  for (int i = 0; i < 40; i++) {
                    var function = library.addFunctionBuilder();
                    function.getSignatureBuilder().setName("level" + i);
                    for (String twin : List.of("a", "b")) {
                      function
                          .addNodeDefBuilder()
                          .setName(twin)
                          .setOp(i == 39 ? "NoOp" : "level" + (i + 1));
                    }
                  }
                  library.getFunctionBuilderList().stream()
                      .filter(f -> f.getSignature().getName().equals(last))
                      .forEach(f -> f.addNodeDefBuilder().setName("more").setOp("level0"));
                }))
        .contains("nodes");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void damagedBytesAreRefused(long seed) throws IOException {
    damageBytes(seed, 60);
  }

  @ParameterizedTest
  @ValueSource(strings = {"module_gathered", "k2_tiny.keras_2_save", "module_while_trained"})
  void damagedGraphsAreRefused(String name) throws IOException {
    damageProtos(name, 1, 40);
  }

  @Tag("slow")
  @ParameterizedTest
  @ValueSource(strings = {"module_gathered", "k2_tiny.keras_2_save", "module_while_trained"})
  void manyDamagedModelsAreRefused(String name) throws IOException {
    damageBytes(1000, 1000);
    damageProtos(name, 1000, 1000);
  }

  private void damageBytes(long seed, int times) throws IOException {
    var random = new Random(seed);
    for (int i = 0; i < times; i++) {
      String file = FILES.get(random.nextInt(FILES.size()));
      byte[] whole = Files.readAllBytes(model.resolve(file));
      byte[] damaged =
          Arrays.copyOf(
              whole, random.nextInt(4) == 0 ? random.nextInt(whole.length) : whole.length);
      for (int j = random.nextInt(8); j >= 0 && damaged.length > 0; j--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      Files.write(model.resolve(file), damaged);
      loadOrRefuse("seed " + seed + ", " + i);
      Files.write(model.resolve(file), whole);
    }
  }

  private void damageProtos(String name, long seed, int times) throws IOException {
    Path source = SavedModels.directory(name);
    Path copy = temporary.resolve("proto");
    SavedModels.copy(source, copy);
    model = copy;
    SavedModel whole = SavedModels.proto(source);
    for (int i = 0; i < times; i++) {
      var mutator = new ProtoMutator(new Random(seed + i), whole);
      Message damaged = whole;
      for (int j = i % 3; j >= 0; j--) {
        damaged = mutator.mutate(damaged);
      }
      Files.write(model.resolve("saved_model.pb"), damaged.toByteArray());
      loadOrRefuse("seed " + (seed + i));
    }
  }

  private void loadOrRefuse(String what) {
    assertTimeoutPreemptively(
        Duration.ofSeconds(60),
        () -> {
          try {
            load();
          } catch (IOException | IllegalArgumentException | TensorFlowException e) {
            assertWithMessage(what).that(e).hasMessageThat().isNotEmpty();
          }
        },
        what);
  }

  private void load() throws IOException {
    TrainableSavedModel.load(model, 1).close();
  }

  private String refusal(Consumer<MetaGraphDef.Builder> damage) throws IOException {
    change(damage);
    String message = assertThrows(IllegalArgumentException.class, this::load).getMessage();
    assertThat(message).startsWith("The SavedModel " + model + " cannot be loaded: ");
    return message;
  }

  private void change(Consumer<MetaGraphDef.Builder> change) throws IOException {
    SavedModel.Builder changed = SavedModels.proto(SavedModels.directory(MODEL)).toBuilder();
    change.accept(changed.getMetaGraphsBuilder(0));
    Files.write(model.resolve("saved_model.pb"), changed.build().toByteArray());
  }

  /** The first node of an op in a function that a signature calls. */
  private static NodeDef.Builder node(MetaGraphDef.Builder graph, String op) {
    return graph.getGraphDefBuilder().getLibraryBuilder().getFunctionBuilderList().stream()
        .filter(f -> !f.getSignature().getName().contains("grad"))
        .flatMap(f -> f.getNodeDefBuilderList().stream())
        .filter(node -> node.getOp().equals(op))
        .findFirst()
        .orElseThrow();
  }

  /** The function that a call in the body of a signature's function calls. */
  private static FunctionDef.Builder called(MetaGraphDef.Builder graph) {
    GraphDef.Builder main = graph.getGraphDefBuilder();
    String wrapper =
        main.getNodeList().stream()
            .filter(node -> node.getName().equals("StatefulPartitionedCall"))
            .map(node -> node.getAttrOrThrow("f").getFunc().getName())
            .findFirst()
            .orElseThrow();
    return function(
        main,
        function(main, wrapper).getNodeDefList().stream()
            .filter(node -> node.containsAttr("f"))
            .map(node -> node.getAttrOrThrow("f").getFunc().getName())
            .findFirst()
            .orElseThrow());
  }

  private static FunctionDef.Builder function(GraphDef.Builder graph, String name) {
    return graph.getLibraryBuilder().getFunctionBuilderList().stream()
        .filter(f -> f.getSignature().getName().equals(name))
        .findFirst()
        .orElseThrow();
  }
}
