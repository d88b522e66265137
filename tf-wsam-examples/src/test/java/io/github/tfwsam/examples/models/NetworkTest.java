package io.github.tfwsam.examples.models;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import io.github.tfwsam.Wsam;
import io.github.tfwsam.optimizers.Sgd;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TType;

class NetworkTest {
  private static final int BATCH = 8;

  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);

  @AfterEach
  void close() {
    graph.close();
  }

  private record Counted(String name, Network<?> network, long parameters) {
    @Override
    public String toString() {
      return name;
    }
  }

  static List<Counted> counted() {
    return List.of(
        new Counted("mlp", new Mlp(784, List.of(256, 256), 10), 269_322),
        new Counted("resnet8", ResNet.resnet8(10), 78_042),
        new Counted("resnet20", ResNet.resnet20(10), 272_474),
        new Counted("resnet18", ResNet.resnet18(10), 11_173_962),
        new Counted("conv", new ConvolutionNetwork(Shape.of(64), 8, 8, List.of(16, 32), 10), 5178),
        new Counted("textcnn", new TextCnn(2002, 32, 64, List.of(2, 3, 4), 64, 77), 180_045),
        new Counted("transformer", new TransformerEncoder(8000, 64, 256, 4, 4, 10), 5_226_506));
  }

  @ParameterizedTest
  @MethodSource("counted")
  void hasTheParametersThatItSays(Counted example) {
    Classifier<?> classifier = Classifier.training(tf, example.network, 1);
    long parameters = classifier.weights().stream().mapToLong(w -> w.shape().size()).sum();
    assertThat(parameters).isEqualTo(example.parameters);
  }

  static Stream<Network<?>> small() {
    return Stream.of(
        new Mlp(6, List.of(5), 3),
        new ResNet(4, 2, 1, 3),
        new ConvolutionNetwork(Shape.of(30), 5, 6, List.of(4, 8), 3),
        new TextCnn(11, 5, 16, List.of(1, 3), 16, 3),
        new TransformerEncoder(11, 5, 8, 2, 2, 3),
        new TransformerEncoder(11, 5, 8, 2, 2, 3, true));
  }

  private static Tensor input(Network<?> network) {
    Shape shape = network.exampleShape().prepend(BATCH);
    Tensor tensor = Tensor.of(network.inputType(), shape);
    for (int i = 0; i < shape.size(); i++) {
      if (tensor instanceof TFloat32) {
        tensor.asRawTensor().data().asFloats().setFloat((float) Math.sin(i * i), i);
      } else {
        tensor.asRawTensor().data().asInts().setInt(i * i % 11, i);
      }
    }
    return tensor;
  }

  private static TInt32 labels() {
    return TInt32.tensorOf(NdArrays.vectorOf(0, 1, 2, 0, 1, 2, 0, 1));
  }

  private static <I extends TType> float[] run(
      Session session,
      Classifier<I> classifier,
      Network<I> network,
      Operand<?> fetched,
      Op... ops) {
    try (Tensor input = input(network);
        Tensor labels = labels()) {
      Session.Runner runner =
          session.runner().feed(classifier.input(), input).feed(classifier.labels(), labels);
      Stream.of(ops).forEach(runner::addTarget);
      try (Result result = runner.fetch(fetched).run()) {
        float[] values = new float[Math.toIntExact(result.get(0).shape().size())];
        result.get(0).asRawTensor().data().asFloats().read(values);
        return values;
      }
    }
  }

  @ParameterizedTest
  @MethodSource("small")
  <I extends TType> void learnsABatchByHeart(Network<I> network) {
    Classifier<I> classifier = Classifier.training(tf, network, 3);
    var wsam = new Wsam(graph, new Sgd(graph, 0.05, Sgd.momentum(0.9)), 0.05, 0.5);
    Op step = wsam.minimize(classifier.loss());
    Operand<?> loss = wsam.metrics().loss();
    try (var session = new Session(graph)) {
      float before = run(session, classifier, network, loss)[0];
      for (int i = 0; i < 60; i++) {
        run(session, classifier, network, loss, step);
      }
      assertThat(run(session, classifier, network, loss)[0]).isLessThan(before / 4);
    }
  }

  @ParameterizedTest
  @MethodSource("small")
  <I extends TType> void aSeedGivesTheSameWeights(Network<I> network) {
    float[] first = weightsOf(network, 5);
    assertThat(weightsOf(network, 5)).isEqualTo(first);
    assertThat(weightsOf(network, 6)).isNotEqualTo(first);
  }

  private static <I extends TType> float[] weightsOf(Network<I> network, long seed) {
    try (var graph = new Graph();
        var session = new Session(graph)) {
      Classifier<I> classifier = Classifier.training(Ops.create(graph), network, seed);
      return run(session, classifier, network, classifier.weights().get(0));
    }
  }

  static Stream<Network<TInt32>> padded() {
    return Stream.of(
        new TextCnn(11, 5, 16, List.of(1, 3), 16, 3),
        new TransformerEncoder(11, 5, 16, 2, 2, 3, true));
  }

  @ParameterizedTest
  @MethodSource("padded")
  void whatStandsForPaddingIsNotLookedAt(Network<TInt32> network) {
    Classifier<TInt32> classifier = Classifier.training(tf, network, 3);
    Variable<TFloat32> tokens = classifier.weights().get(0);
    Operand<TFloat32> other = tf.constant(new float[1][16]);
    try (var session = new Session(graph)) {
      float[] before = run(session, classifier, network, classifier.logits());
      session.run(tf.scatterUpdate(tokens, tf.constant(new int[] {0}), other));
      assertThat(run(session, classifier, network, classifier.logits())).isEqualTo(before);
      session.run(tf.scatterUpdate(tokens, tf.constant(new int[] {4}), other));
      assertThat(run(session, classifier, network, classifier.logits())).isNotEqualTo(before);
    }
  }

  @Test
  void batchNormKeepsAveragesOnceAStep() {
    var network = new ResNet(4, 2, 1, 3);
    Classifier<TFloat32> classifier = Classifier.training(tf, network, 3);
    Op step = new Wsam(graph, new Sgd(graph, 0), 0.5, 0.9).minimize(classifier.loss());
    Output<?> average = graph.operation("stem_norm_mean").output(0);
    try (var session = new Session(graph)) {
      float[] batch =
          run(session, classifier, network, graph.operation("FusedBatchNorm").output(1));
      assertThat(run(session, classifier, network, average)).isEqualTo(new float[4]);
      run(session, classifier, network, classifier.logits(), step);
      float[] moved = run(session, classifier, network, average);
      for (int i = 0; i < moved.length; i++) {
        assertThat(moved[i]).isWithin(1e-6f).of(0.1f * batch[i]);
      }
    }
  }

  @Test
  void inInferenceTheAveragesNormalizeAndNothingIsWritten() {
    var network = new ResNet(4, 2, 1, 3);
    Classifier<TFloat32> classifier = Classifier.training(tf, network, 3);
    Ops inference = tf.withSubScope("inference");
    var layers = classifier.layers().inference(inference);
    Operand<TFloat32> logits = network.logits(layers, classifier.input());
    assertThat(layers.averageUpdates()).isEmpty();
    assertThat(layers.weights()).isEmpty();
    try (var session = new Session(graph)) {
      float[] before = run(session, classifier, network, logits);
      assertThat(run(session, classifier, network, logits)).isEqualTo(before);
      for (int i = 0; i < 200; i++) {
        run(session, classifier, network, classifier.loss());
      }
      // The averages have come close to the batch's own mean and variance.
      float[] training = run(session, classifier, network, classifier.logits());
      float[] after = run(session, classifier, network, logits);
      for (int i = 0; i < after.length; i++) {
        assertWithMessage("logit %s", i).that(after[i]).isWithin(2e-2f).of(training[i]);
      }
      assertThat(after).isNotEqualTo(before);
    }
  }
}
