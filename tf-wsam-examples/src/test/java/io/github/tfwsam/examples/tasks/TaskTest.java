package io.github.tfwsam.examples.tasks;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.tfwsam.Wsam;
import io.github.tfwsam.examples.data.WavFiles;
import io.github.tfwsam.examples.models.Classifier;
import io.github.tfwsam.examples.models.Network;
import io.github.tfwsam.optimizers.Adam;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.Graph;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.FloatDataBuffer;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TType;

class TaskTest {
  /** Where real data is; see BUILD.md. */
  private static final String DATA = "TF_WSAM_DATA";

  @TempDir private static Path folder;

  /** Made-up files of a few examples. */
  private static Path madeUp(Task task) throws IOException {
    Path files = Files.createDirectories(folder.resolve(task.toString()));
    switch (task) {
      case DIGITS -> {}
      case CIFAR10 -> {
        Files.write(files.resolve("data_batch_1.bin"), cifar(1, 8));
        Files.write(files.resolve("test_batch.bin"), cifar(1, 2));
      }
      case CIFAR100 -> {
        Files.write(files.resolve("train.bin"), cifar(2, 8));
        Files.write(files.resolve("test.bin"), cifar(2, 2));
      }
      case TEXT -> {
        Files.writeString(
            files.resolve("train.tsv"),
            "0\tmy card is lost\n1\twhere is my money\n2\t?\n0\tI lost it\n1\tmoney please\n");
        Files.writeString(files.resolve("test.tsv"), "2\tlost money\n");
      }
      case SPEECH -> {
        for (int i = 0; i < 16; i++) {
          int[] samples = new Random(i).ints(3000, -9000, 9000).toArray();
          WavFiles.write(files.resolve(i % 8 + "_someone_" + (i < 8 ? 0 : 5) + ".wav"), samples);
        }
      }
    }
    return files;
  }

  /** Random records of the labels 0, 1, 2 and so on. */
  private static byte[] cifar(int labels, int count) {
    byte[] records = new byte[count * (labels + 3072)];
    new Random(1).nextBytes(records);
    for (int i = 0; i < count; i++) {
      records[i * (labels + 3072)] = (byte) i;
      records[i * (labels + 3072) + labels - 1] = (byte) i;
    }
    return records;
  }

  static Stream<Arguments> tasksAndModels() {
    return Stream.of(Task.values())
        .flatMap(task -> task.models().stream().map(model -> Arguments.of(task, model)));
  }

  private static <I extends TType> float lossAfter(
      Network<I> network, LabeledExamples examples, int rows, int steps) {
    try (var graph = new Graph()) {
      Classifier<I> classifier = Classifier.training(Ops.create(graph), network, 3);
      var wsam = new Wsam(graph, new Adam(graph, 0.005), 0.02, 0.9);
      Op step = wsam.minimize(classifier.loss());
      int[] first = IntStream.range(0, rows).toArray();
      try (var session = new Session(graph);
          Tensor inputs = examples.inputs(first);
          TInt32 labels = examples.labels(first)) {
        float loss = 0;
        for (int i = 0; i <= steps; i++) {
          try (Result result =
              session
                  .runner()
                  .feed(classifier.input(), inputs)
                  .feed(classifier.labels(), labels)
                  .addTarget(step)
                  .fetch(wsam.metrics().loss())
                  .run()) {
            loss = ((TFloat32) result.get(0)).getFloat();
          }
        }
        return loss;
      }
    }
  }

  @ParameterizedTest
  @MethodSource("tasksAndModels")
  void eachNetworkFitsItsTaskAndLearnsABatchByHeart(Task task, String model) throws IOException {
    TaskData data = task.load(madeUp(task));
    Network<?> network = task.network(model, data);
    assertThat(network.inputType()).isEqualTo(data.training().inputType());
    assertThat(network.exampleShape()).isEqualTo(data.training().exampleShape());
    assertThat(network.exampleShape()).isEqualTo(data.test().exampleShape());
    assertThat(network.classes()).isEqualTo(data.training().classes());
    assertThat(network.classes()).isEqualTo(data.test().classes());
    if (!model.equals("resnet18")) { // Is resnet8 but for its size.
      assertThat(lossAfter(network, data.training(), 5, 40)).isLessThan(0.3f);
    }
  }

  @Test
  void theDigitsAreSplitOnceAndForAll() throws IOException {
    TaskData data = Task.DIGITS.load(null);
    assertThat(data.training().size()).isEqualTo(1297);
    assertThat(data.test().size()).isEqualTo(500);
    assertThat(firstLabels(data.training()))
        .isEqualTo(firstLabels(Task.DIGITS.load(null).training()));
  }

  private static int[] firstLabels(LabeledExamples examples) {
    int[] rows = IntStream.range(0, 100).toArray();
    try (TInt32 labels = examples.labels(rows)) {
      return IntStream.of(rows).map(labels::getInt).toArray();
    }
  }

  @Test
  void imagesAreNormalizedByTheTrainingPart() throws IOException {
    TaskData data = Task.CIFAR10.load(madeUp(Task.CIFAR10));
    byte[] training = cifar(1, 8);
    byte[] test = cifar(1, 2);
    try (var images = (TFloat32) data.training().inputs(IntStream.range(0, 8).toArray());
        var others = (TFloat32) data.test().inputs(new int[] {1})) {
      assertThat(images.shape()).isEqualTo(Shape.of(8, 32, 32, 3));
      for (int color = 0; color < 3; color++) {
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < 8 * 1024; i++) {
          int value = training[i / 1024 * 3073 + 1 + color * 1024 + i % 1024] & 0xff;
          sum += value;
          squares += value * value;
        }
        double mean = sum / 8192;
        double deviation = Math.sqrt(squares / 8192 - mean * mean);
        int value = test[3073 + 1 + color * 1024 + 5 * 32 + 7] & 0xff;
        assertThat(others.getFloat(0, 5, 7, color))
            .isWithin(1e-5f)
            .of((float) ((value - mean) / deviation));
        int first = training[2 * 3073 + 1 + color * 1024 + 9 * 32 + 4] & 0xff;
        assertThat(images.getFloat(2, 9, 4, color))
            .isWithin(1e-5f)
            .of((float) ((first - mean) / deviation));
      }
    }
  }

  @Test
  void theFirstFiveRecordingsOfADigitAndSpeakerAreTheTestPart() throws IOException {
    TaskData data = Task.SPEECH.load(madeUp(Task.SPEECH));
    assertThat(data.training().size()).isEqualTo(8);
    assertThat(data.test().size()).isEqualTo(8);
    Path one = Files.createDirectories(folder.resolve("one"));
    WavFiles.write(one.resolve("3_someone_4.wav"), 1, 2, 3);
    var failure = assertThrows(IOException.class, () -> Task.SPEECH.load(one));
    assertThat(failure).hasMessageThat().contains("one part is empty");
  }

  @Test
  void aTestLabelBeyondThoseOfTheTrainingPartIsNamed() throws IOException {
    Path files = Files.createDirectories(folder.resolve("beyond"));
    Files.writeString(files.resolve("train.tsv"), "0\ta\n1\tb\n");
    Files.writeString(files.resolve("test.tsv"), "1\ta\n2\tb\n");
    var failure = assertThrows(IOException.class, () -> Task.TEXT.load(files));
    assertThat(failure)
        .hasMessageThat()
        .contains("test.tsv, line 2: the label '2' is not a number from 0 to 1");
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "DIGITS")
  void withoutAFolderItSaysSo(Task task) {
    var failure = assertThrows(IllegalArgumentException.class, () -> task.load(null));
    assertThat(failure).hasMessageThat().contains("The task " + task + " has no data of its own");
  }

  @Test
  void anUnknownModelIsNamedWithThoseThatThereAre() throws IOException {
    TaskData data = Task.DIGITS.load(null);
    var failure =
        assertThrows(IllegalArgumentException.class, () -> Task.DIGITS.network("resnet8", data));
    assertThat(failure)
        .hasMessageThat()
        .isEqualTo("The task digits has no model 'resnet8'; take mlp or conv");
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "DIGITS")
  void realDataIsReadAndLearned(Task task) throws IOException {
    String data = System.getenv(DATA);
    assumeTrue(data != null, DATA + " names no folder with real data");
    TaskData real = task.load(Path.of(data));
    assertThat(real.test().size()).isLessThan(real.training().size());
    try (Tensor inputs = real.test().inputs(IntStream.range(0, real.test().size()).toArray())) {
      if (inputs instanceof TFloat32) {
        FloatDataBuffer values = inputs.asRawTensor().data().asFloats();
        double mean =
            LongStream.range(0, values.size())
                .mapToDouble(values::getFloat)
                .average()
                .orElseThrow();
        // The test part is on the scale of the training part.
        assertThat(mean).isWithin(0.1).of(0);
      }
    }
    Network<?> network = task.network(task.models().get(0), real);
    assertThat(lossAfter(network, real.training(), 16, 25)).isLessThan(1);
  }
}
