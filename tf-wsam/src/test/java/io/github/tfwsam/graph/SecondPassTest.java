package io.github.tfwsam.graph;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.tfwsam.Tensors;
import io.github.tfwsam.Wsam;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.DeviceSpec;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.framework.optimizers.GradientDescent;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.Variable;
import org.tensorflow.op.random.RandomUniform;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.proto.GraphOptions;
import org.tensorflow.proto.RewriterConfig;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** What both passes share and what they do not, on the graphs that networks are made of. */
class SecondPassTest {
  private static final ConfigProto WITHOUT_GRAPPLER =
      ConfigProto.newBuilder()
          .setGraphOptions(
              GraphOptions.newBuilder()
                  .setRewriteOptions(RewriterConfig.newBuilder().setDisableMetaOptimizer(true)))
          .build();

  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);
  private final Variable<TFloat32> w =
      tf.withName("w").variable(tf.constant(new float[] {0.5f, -1f, 2f, 0.25f}));

  @AfterEach
  void close() {
    graph.close();
  }

  private Operand<TFloat32> sum(Operand<TFloat32> tensor) {
    return tf.reduceSum(tensor, tf.range(tf.constant(0), tf.rank(tensor), tf.constant(1)));
  }

  private Operand<TFloat32> mean(Operand<TFloat32> vector) {
    return tf.math.mean(vector, tf.constant(0));
  }

  /** Builds a step of gradient descent; rho is large, so that the passes differ visibly. */
  private Step step(Operand<TFloat32> loss) {
    var wsam = new Wsam(graph, new GradientDescent(graph, 0.1f), 0.5, 0.9);
    Op op = wsam.minimize(loss);
    var step = new Step(wsam, op, loss);
    List<GraphOperation> targets =
        List.of(
            (GraphOperation) op.op(),
            (GraphOperation) loss.op(),
            (GraphOperation) wsam.metrics().perturbedLoss().op());
    assertThat(WriteOrder.violations(targets)).isEmpty();
    return step;
  }

  private record Step(Wsam wsam, Op op, Operand<TFloat32> loss) {}

  private static double[] fetch(Session session, Operand<?> operand) {
    try (Result result = session.runner().fetch(operand).run()) {
      return Tensors.toDoubles(result.get(0));
    }
  }

  private boolean isCopied(Op op) {
    return graph.operation("WSAM/second_pass/" + op.op().name()) != null;
  }

  @Test
  void bothPassesSeeTheSameDropoutMask() {
    Operand<TFloat32> uniform =
        tf.random.randomUniform(tf.shape(w), TFloat32.class, RandomUniform.seed(3L));
    Operand<TFloat32> mask =
        tf.dtypes.cast(tf.math.greaterEqual(uniform, tf.constant(0.5f)), TFloat32.class);
    // The gradient is the mask itself, so both passes have the same one if they share the mask.
    Operand<TFloat32> loss = sum(tf.math.mul(tf.math.mul(w, mask), tf.constant(3f)));
    Step step = step(loss);
    assertThat(isCopied(uniform)).isFalse();
    try (Session session = new Session(graph)) {
      for (int i = 0; i < 20; i++) {
        double[] before = fetch(session, w);
        try (Result result =
            session.runner().addTarget(step.op).fetch(mask).fetch(step.loss).run()) {
          double[] drawn = Tensors.toDoubles(result.get(0));
          double[] after = fetch(session, w);
          for (int j = 0; j < drawn.length; j++) {
            // g2 = g1, so no sharpness term: w -= lr * 3 * mask
            assertThat(after[j]).isWithin(1e-6).of(before[j] - 0.1 * 3 * drawn[j]);
          }
        }
      }
    }
  }

  @Test
  void averagesAreUpdatedByTheFirstPassOnly() {
    Variable<TFloat32> average = tf.withName("average").variable(tf.constant(0f));
    Operand<TFloat32> batchMean = mean(tf.math.square(tf.identity(w)));
    Operand<TFloat32> update =
        tf.assign(
            average,
            tf.math.add(
                tf.math.mul(average, tf.constant(0.9f)),
                tf.math.mul(batchMean, tf.constant(0.1f))));
    Operand<TFloat32> loss =
        tf.withControlDependencies(update).withName("loss").identity(batchMean);
    Step step = step(loss);
    assertThat(isCopied(update)).isFalse();
    assertThat(graph.operation("WSAM/second_pass/loss").controlInputs())
        .contains((GraphOperation) update.op());
    try (Session session = new Session(graph)) {
      double[] weights = fetch(session, w);
      double expected = 0;
      for (double weight : weights) {
        expected += 0.1 * weight * weight / weights.length;
      }
      session.run(step.op);
      assertThat(fetch(session, average)[0]).isWithin(1e-6).of(expected);
    }
  }

  @Test
  void anUpdateThatTheLossItselfUsesHappensOnceToo() {
    Variable<TFloat32> center = tf.withName("center").variable(tf.constant(0f));
    Operand<TFloat32> moved = tf.assignAdd(center, mean(tf.identity(w)));
    Operand<TFloat32> loss =
        sum(tf.math.square(tf.math.sub(tf.identity(w), tf.stopGradient(moved))));
    Step step = step(loss);
    assertThat(isCopied(moved)).isFalse();
    try (Session session = new Session(graph)) {
      double[] weights = fetch(session, w);
      double mean = 0;
      for (double weight : weights) {
        mean += weight / weights.length;
      }
      session.run(step.op);
      assertThat(fetch(session, center)[0]).isWithin(1e-6).of(mean);
    }
  }

  @Test
  void whatDoesNotDependOnTheWeightsIsComputedOnce() {
    Operand<TFloat32> data = tf.math.exp(tf.constant(new float[] {1f, 2f, 3f, 4f}));
    Operand<TFloat32> shapeOnly = tf.zerosLike(w);
    Operand<TInt32> shape = tf.shape(tf.math.square(tf.identity(w)));
    Operand<TFloat32> hidden = tf.math.add(tf.math.mul(w, data), shapeOnly);
    Operand<TFloat32> loss = sum(tf.math.square(tf.reshape(hidden, shape)));
    step(loss);
    assertThat(isCopied(data)).isFalse();
    assertThat(isCopied(shapeOnly)).isFalse();
    assertThat(isCopied(shape)).isFalse();
    assertThat(isCopied(hidden)).isTrue();
    assertThat(isCopied(loss)).isTrue();
  }

  @Test
  void colocationIsKept() {
    Output<TFloat32> colocated =
        graph
            .opBuilder("Tanh", "colocated", graph.baseScope())
            .addInput(tf.identity(w).asOutput())
            .setAttr("_class", new String[] {"loc:@w"})
            .build()
            .output(0);
    Step step = step(sum(tf.math.square(colocated)));
    GraphOperation copy = graph.operation("WSAM/second_pass/colocated");
    assertThat(Operations.nodeDef(copy).getAttrOrThrow("_class"))
        .isEqualTo(Operations.nodeDef((GraphOperation) colocated.op()).getAttrOrThrow("_class"));
    assertLossAtPerturbedWeights(step);
  }

  @Test
  void listInputsSeveralOutputsAndDevicesAreKept() {
    Ops onCpu =
        tf.withDevice(
            DeviceSpec.newBuilder().deviceType(DeviceSpec.DeviceType.CPU).deviceIndex(0).build());
    List<Output<TFloat32>> halves =
        onCpu.withName("halves").split(tf.constant(0), tf.identity(w), 2L).output();
    Operand<TFloat32> joined =
        onCpu.concat(
            List.of(halves.get(1), tf.constant(new float[] {7f}), halves.get(0)), tf.constant(0));
    Operand<TFloat32> total = tf.math.addN(List.of(joined, tf.math.tanh(joined), joined));
    Operand<TFloat32> loss = sum(tf.math.square(total));
    Step step = step(loss);
    GraphOperation copy = graph.operation("WSAM/second_pass/halves");
    assertThat(copy.device()).isEqualTo(((GraphOperation) halves.get(0).op()).device());
    assertThat(copy.device()).contains("CPU");
    assertLossAtPerturbedWeights(step);
  }

  /** Assigns w + e and runs the original: it must give the second pass's loss, to the bit. */
  private void assertLossAtPerturbedWeights(Step step, Map<Operand<?>, Tensor> feeds) {
    Output<?> perturbed = graph.outputOrThrow("WSAM/StopGradient");
    try (Session session = new Session(graph)) {
      Session.Runner runner =
          session.runner().fetch(step.wsam.metrics().perturbedLoss()).fetch(perturbed);
      feeds.forEach(runner::feed);
      try (Result result = runner.run()) {
        double perturbedLoss = Tensors.toDoubles(result.get(0))[0];
        Session.Runner original = session.runner().feed(w, result.get(1)).fetch(step.loss);
        feeds.forEach(original::feed);
        try (Result atPerturbed = original.run()) {
          assertThat(Tensors.toDoubles(atPerturbed.get(0))[0]).isEqualTo(perturbedLoss);
        }
      }
    }
  }

  private void assertLossAtPerturbedWeights(Step step) {
    assertLossAtPerturbedWeights(step, Map.of());
  }

  @Test
  void shapesThatDependOnDataAreThoseOfTheirOwnPass() {
    // At w two entries are positive, at w + e three: the mean is over another number of entries.
    Operand<TFloat32> read = tf.identity(w);
    Operand<TFloat32> positive = tf.booleanMask(read, tf.math.greater(read, tf.constant(0f)));
    Operand<TFloat32> count = tf.dtypes.cast(tf.size(positive), TFloat32.class);
    Operand<TFloat32> loss =
        tf.math.add(
            tf.math.div(sum(tf.math.exp(positive)), count),
            sum(tf.math.mul(read, tf.constant(new float[] {0f, 9f, 0f, 0f}))));
    Step step = step(loss);
    assertThat(isCopied(count)).isTrue();
    assertLossAtPerturbedWeights(step);
  }

  @Test
  void randomNumbersOfAShapeThatDependsOnDataAreRefusedByName() {
    Operand<TFloat32> read = tf.identity(w);
    Operand<TFloat32> positive = tf.booleanMask(read, tf.math.greater(read, tf.constant(0f)));
    Operand<TFloat32> noise =
        tf.withName("noise").random.randomUniform(tf.shape(positive), TFloat32.class);
    Operand<TFloat32> loss = sum(tf.math.mul(positive, noise));
    var refusal = assertThrows(IllegalArgumentException.class, () -> step(loss));
    assertThat(refusal).hasMessageThat().contains("'noise' (RandomUniform)");
  }

  @Test
  void aVariableReadManyTimesAndTiedWeightsAreReplacedEverywhere() {
    Operand<TFloat32> square =
        tf.linalg.matMul(
            tf.reshape(w, tf.constant(new int[] {2, 2})),
            tf.reshape(tf.identity(w), tf.constant(new int[] {2, 2})));
    Operand<TFloat32> loss = tf.math.add(sum(square), sum(tf.math.mul(w, tf.identity(w))));
    assertLossAtPerturbedWeights(step(loss));
  }

  @Test
  void unknownShapesAndBatchSizesWork() {
    Placeholder<TFloat32> x = tf.placeholder(TFloat32.class);
    Operand<TFloat32> loss =
        mean(tf.math.square(tf.reshape(tf.math.mul(x, w), tf.constant(new int[] {-1}))));
    Step step = step(loss);
    try (TFloat32 batch = TFloat32.tensorOf(Shape.of(3, 4))) {
      batch.scalars().forEachIndexed((at, s) -> s.setFloat(at[0] - 0.3f * at[1]));
      assertLossAtPerturbedWeights(step, Map.of(x, batch));
    }
  }

  @Test
  void scalarsAndEmptyVariablesTrain() {
    Variable<TFloat32> scalar = tf.withName("scalar").variable(tf.constant(2f));
    Variable<TFloat32> empty = tf.withName("empty").variable(tf.constant(new float[0]));
    Operand<TFloat32> loss =
        tf.math.add(
            tf.math.mul(scalar, scalar), tf.math.add(sum(tf.math.mul(empty, empty)), mean(w)));
    Step step = step(loss);
    try (Session session = new Session(graph)) {
      session.run(step.op);
      assertThat(fetch(session, scalar)[0]).isLessThan(2.0);
      assertThat(fetch(session, empty)).hasLength(0);
    }
  }

  @Test
  void variablesThatTheLossDoesNotReachAreLeftAlone() {
    Variable<TFloat32> elsewhere = tf.withName("elsewhere").variable(tf.constant(1f));
    Variable<TFloat32> stopped = tf.withName("stopped").variable(tf.constant(1f));
    tf.math.mul(elsewhere, tf.constant(2f));
    Operand<TFloat32> loss = sum(tf.math.mul(tf.math.mul(w, w), tf.stopGradient(stopped)));
    Step step = step(loss);
    try (Session session = new Session(graph)) {
      session.run(step.op);
      assertThat(fetch(session, elsewhere)[0]).isEqualTo(1.0);
      assertThat(fetch(session, stopped)[0]).isEqualTo(1.0);
      assertThat(fetch(session, w)[0]).isNotEqualTo(0.5);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void aCopyOfARandomGraphWithUnchangedInputsHasTheSameBits(long seed) {
    Operand<TFloat32> mask = tf.random.randomUniform(tf.array(RandomGraph.LENGTH), TFloat32.class);
    var random = new RandomGraph(tf, w, mask, seed);
    var lossGraph = LossGraph.of(graph, random.loss().asOutput());
    List<TrainableVariable> variables = GradientFlow.trace(lossGraph, name -> true);
    Map<Output<?>, Output<?>> unchanged = new HashMap<>();
    variables.forEach(
        variable ->
            variable.reads().forEach(read -> unchanged.put(read, tf.identity(read).asOutput())));
    Output<?> copy =
        ForwardSlice.between(variables, lossGraph)
            .copy(tf.withSubScope("copy"), unchanged, "slice")
            .loss();
    // As built: what Grappler makes of the two need not round alike.
    try (Session session = new Session(graph, WITHOUT_GRAPPLER);
        Result result = session.runner().fetch(random.loss()).fetch(copy).run()) {
      assertThat(Tensors.toDoubles(result.get(1))).isEqualTo(Tensors.toDoubles(result.get(0)));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {21, 22, 23, 24, 25, 26, 27, 28, 29, 30})
  void gradientsThroughACopyAreThoseOfFiniteDifferences(long seed) {
    Operand<TFloat32> mask = tf.constant(new float[] {1f, 0f, 0.5f, 1f});
    var random = new RandomGraph(tf, w, mask, seed);
    var lossGraph = LossGraph.of(graph, random.loss().asOutput());
    List<TrainableVariable> variables = GradientFlow.trace(lossGraph, name -> true);
    Placeholder<TFloat32> value =
        tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(RandomGraph.LENGTH)));
    Map<Output<?>, Output<?>> replaced = Map.of(w.asOutput(), value.asOutput());
    Output<?> copy =
        ForwardSlice.between(variables, lossGraph)
            .copy(tf.withSubScope("copy"), replaced, "slice")
            .loss();
    Output<?> gradient =
        Gradients.add(tf.withSubScope("g"), copy, List.of(List.of(value.asOutput())), "of_copy")
            .get(0);
    double[] point = {0.5, -1, 2, 0.25};
    try (Session session = new Session(graph)) {
      BiFunction<double[], Output<?>, double[]> at =
          (values, output) -> {
            try (TFloat32 tensor = TFloat32.tensorOf(Shape.of(values.length))) {
              for (int i = 0; i < values.length; i++) {
                tensor.setFloat((float) values[i], i);
              }
              try (Result result = session.runner().feed(value, tensor).fetch(output).run()) {
                return Tensors.toDoubles(result.get(0));
              }
            }
          };
      double[] analytic = at.apply(point, gradient);
      double h = 1.0 / 256; // exact in float32
      List<Double> numeric = new ArrayList<>();
      for (int i = 0; i < point.length; i++) {
        double[] up = point.clone();
        double[] down = point.clone();
        up[i] += h;
        down[i] -= h;
        numeric.add((at.apply(up, copy)[0] - at.apply(down, copy)[0]) / (2 * h));
      }
      for (int i = 0; i < point.length; i++) {
        assertWithMessage("entry %s of seed %s", i, seed)
            .that(analytic[i])
            .isWithin(2e-3 * Math.max(1, Math.abs(numeric.get(i))))
            .of(numeric.get(i));
      }
    }
  }
}
