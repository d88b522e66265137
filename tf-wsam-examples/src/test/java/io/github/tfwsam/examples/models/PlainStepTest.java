package io.github.tfwsam.examples.models;

import static com.google.common.truth.Truth.assertThat;

import io.github.tfwsam.Wsam;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.framework.optimizers.Momentum;
import org.tensorflow.framework.optimizers.Optimizer.GradAndVar;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * A step of gamma 0 has the base optimizer's bits also where the gradient of ReLU that WSAM builds
 * for two passes lets TensorFlow fuse other operations.
 */
class PlainStepTest {
  private static final int BATCH = 8;
  private static final int STEPS = 4;

  static Stream<Network<TFloat32>> networks() {
    return Stream.of(new Mlp(20, List.of(16, 12), 3), new ResNet(4, 2, 1, 3), ResNet.resnet8(3));
  }

  private interface Minimizer {
    Op minimize(Graph graph, Classifier<TFloat32> classifier, Momentum momentum);
  }

  private static Op stock(Graph graph, Classifier<TFloat32> classifier, Momentum momentum) {
    List<Variable<TFloat32>> weights = classifier.weights();
    Output<?>[] variables = weights.stream().map(Operand::asOutput).toArray(Output<?>[]::new);
    Output<?>[] gradients = graph.addGradients(classifier.loss().asOutput(), variables);
    List<GradAndVar<?>> pairs = new ArrayList<>();
    for (int i = 0; i < gradients.length; i++) {
      @SuppressWarnings("unchecked") // A gradient has its variable's type.
      var gradient = (Output<TFloat32>) gradients[i];
      pairs.add(new GradAndVar<>(gradient, weights.get(i).asOutput()));
    }
    return momentum.applyGradients(pairs, "step");
  }

  /** The weights after some steps. */
  private static List<Float> train(Network<TFloat32> network, Minimizer minimizer) {
    try (var graph = new Graph();
        var session = new Session(graph)) {
      var classifier = Classifier.training(Ops.create(graph), network, 1);
      Op step = minimizer.minimize(graph, classifier, new Momentum(graph, 0.05f, 0.9f));
      Shape shape = network.exampleShape().prepend(BATCH);
      for (int i = 0; i < STEPS; i++) {
        float shift = i;
        try (var input =
                TFloat32.tensorOf(
                    shape,
                    t ->
                        t.scalars()
                            .forEachIndexed(
                                (at, x) ->
                                    x.setFloat(
                                        (float) Math.sin(at[0] * 7 + at[at.length - 1] + shift))));
            var labels = TInt32.tensorOf(NdArrays.vectorOf(0, 1, 2, 0, 1, 2, 0, 1))) {
          session
              .runner()
              .feed(classifier.input(), input)
              .feed(classifier.labels(), labels)
              .addTarget(step)
              .run()
              .close();
        }
      }
      List<Float> weights = new ArrayList<>();
      for (Variable<TFloat32> weight : classifier.weights()) {
        try (Result value = session.runner().fetch(weight).run()) {
          ((TFloat32) value.get(0)).scalars().forEach(x -> weights.add(x.getFloat()));
        }
      }
      return weights;
    }
  }

  @ParameterizedTest
  @MethodSource("networks")
  void gammaZeroHasTheBitsOfTheBase(Network<TFloat32> network) {
    List<Float> base = train(network, PlainStepTest::stock);
    List<Float> wsam =
        train(
            network,
            (graph, classifier, momentum) ->
                new Wsam(graph, momentum, 0.05, 0).minimize(classifier.loss()));
    assertThat(wsam).isEqualTo(base);
  }
}
