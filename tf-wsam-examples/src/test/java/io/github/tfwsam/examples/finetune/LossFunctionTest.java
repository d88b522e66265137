package io.github.tfwsam.examples.finetune;

import static com.google.common.truth.Truth.assertThat;

import io.github.tfwsam.examples.data.InputSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.proto.DataType;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.family.TNumber;

class LossFunctionTest {
  private static final double[][] LOGITS = {{1, 2, 3}, {-1, 0.5, 0}};

  /** Stable for any x. */
  private static double softplus(double x) {
    return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  }

  private static double logSoftmax(double[] row, int index) {
    double sum = 0;
    for (double x : row) {
      sum += Math.exp(x - row[index]);
    }
    return -Math.log(sum);
  }

  private static double run(Graph graph, Operand<? extends TNumber> loss) {
    try (var session = new Session(graph);
        Result result = session.runner().fetch(loss).run()) {
      return result.get(0) instanceof TFloat64 value
          ? value.getDouble()
          : ((TFloat32) result.get(0)).getFloat();
    }
  }

  @Test
  void sparseCrossEntropyIsTheMeanOverTheBatch() {
    try (var graph = new Graph()) {
      Ops tf = Ops.create(graph);
      var loss =
          LossFunction.SPARSE_CATEGORICAL_CROSSENTROPY.of(
              tf, tf.constant(LOGITS).asOutput(), tf.array(2L, 0L));
      double expected = -(logSoftmax(LOGITS[0], 2) + logSoftmax(LOGITS[1], 0)) / 2;
      assertThat(run(graph, loss)).isWithin(1e-12).of(expected);
    }
  }

  @Test
  void crossEntropyOfMoreThanTwoAxesIsTheMeanOverAllOfThem() {
    try (var graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<TFloat64> logits = tf.reshape(tf.constant(LOGITS), tf.array(1, 2, 3));
      Operand<TFloat64> labels = tf.constant(new double[][][] {{{0, 0.25, 0.75}, {1, 0, 0}}});
      var sparse =
          LossFunction.SPARSE_CATEGORICAL_CROSSENTROPY.of(
              tf, logits.asOutput(), tf.constant(new long[][] {{2, 0}}));
      var dense = LossFunction.CATEGORICAL_CROSSENTROPY.of(tf, logits.asOutput(), labels);
      double first = 0.25 * logSoftmax(LOGITS[0], 1) + 0.75 * logSoftmax(LOGITS[0], 2);
      assertThat(run(graph, sparse))
          .isWithin(1e-12)
          .of(-(logSoftmax(LOGITS[0], 2) + logSoftmax(LOGITS[1], 0)) / 2);
      assertThat(run(graph, dense)).isWithin(1e-12).of(-(first + logSoftmax(LOGITS[1], 0)) / 2);
    }
  }

  @Test
  void binaryCrossEntropyIsExactForLogitsOfAnySize() {
    try (var graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<TFloat64> logits = tf.array(0.0, 700.0, -700.0, 3.0);
      Operand<TFloat64> labels = tf.array(1.0, 1.0, 1.0, 0.25);
      var loss = LossFunction.BINARY_CROSSENTROPY.of(tf, logits.asOutput(), labels);
      double expected =
          (Math.log(2) + softplus(-700) + softplus(700) + 0.25 * softplus(-3) + 0.75 * softplus(3))
              / 4;
      assertThat(run(graph, loss)).isWithin(1e-12).of(expected);

      Output<?>[] gradient =
          graph.addGradients(loss.asOutput(), new Output<?>[] {logits.asOutput()});
      try (var session = new Session(graph);
          Result result = session.runner().fetch(gradient[0]).run()) {
        var g = (TFloat64) result.get(0);
        assertThat(g.getDouble(0)).isWithin(1e-12).of((0.5 - 1) / 4);
        assertThat(g.getDouble(1)).isWithin(1e-12).of(0);
        assertThat(g.getDouble(2)).isWithin(1e-12).of(-1.0 / 4);
      }
    }
  }

  @Test
  void meanSquaredErrorDoesNotBroadcastTheLabels() {
    try (var graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<TFloat32> column = tf.constant(new float[][] {{1}, {2}, {4}});
      var loss = LossFunction.MSE.of(tf, column.asOutput(), tf.array(1f, 1f, 1f));
      assertThat(run(graph, loss)).isWithin(1e-6).of(10.0 / 3);
    }
  }

  @Test
  void ofNarrowTypesTheLossIsFloat32() {
    try (var graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<TBfloat16> logits = tf.dtypes.cast(tf.constant(LOGITS), TBfloat16.class);
      var loss =
          LossFunction.SPARSE_CATEGORICAL_CROSSENTROPY.of(tf, logits.asOutput(), tf.array(2, 0));
      assertThat(loss.type()).isEqualTo(TFloat32.class);
      assertThat(LossFunction.MSE.labels("y", logits.asOutput()).type())
          .isEqualTo(DataType.DT_FLOAT);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "SPARSE_CATEGORICAL_CROSSENTROPY, DT_INT64, 2",
    "CATEGORICAL_CROSSENTROPY, DT_FLOAT, 1",
    "BINARY_CROSSENTROPY, DT_FLOAT, 1"
  })
  void labelsHaveARange(LossFunction loss, DataType type, long greatest) {
    try (var graph = new Graph()) {
      Placeholder<TFloat32> logits =
          Ops.create(graph).placeholder(TFloat32.class, Placeholder.shape(Shape.of(-1, 3)));
      InputSpec labels = loss.labels("y", logits.asOutput());
      assertThat(labels.type()).isEqualTo(type);
      assertThat(labels.shape().asArray())
          .isEqualTo(type == DataType.DT_INT64 ? new long[] {-1} : new long[] {-1, 3});
      assertThat(labels.range()).hasValue(new InputSpec.Range(0, greatest));
    }
  }

  @Test
  void whatGoesIntoASoftmaxIsFoundBehindIdentities() {
    try (var graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<TFloat64> logits = tf.constant(LOGITS);
      Output<?> softmax = tf.identity(tf.identity(tf.nn.softmax(logits))).asOutput();
      Output<?> sigmoid = tf.identity(tf.math.sigmoid(logits)).asOutput();
      var sparse = LossFunction.SPARSE_CATEGORICAL_CROSSENTROPY;
      assertThat(sparse.beforeActivation(softmax)).hasValue(logits.asOutput());
      assertThat(sparse.beforeActivation(sigmoid)).isEmpty();
      assertThat(sparse.beforeActivation(logits.asOutput())).isEmpty();
      assertThat(LossFunction.BINARY_CROSSENTROPY.beforeActivation(sigmoid))
          .hasValue(logits.asOutput());
      assertThat(LossFunction.BINARY_CROSSENTROPY.beforeActivation(softmax)).isEmpty();
      assertThat(LossFunction.MSE.beforeActivation(softmax)).isEmpty();
    }
  }

  @Test
  void refusesOutputsThatAreNoLogits() {
    try (var graph = new Graph()) {
      Ops tf = Ops.create(graph);
      var sparse = LossFunction.SPARSE_CATEGORICAL_CROSSENTROPY;
      assertThat(sparse.refusal(tf.array(1, 2).asOutput())).hasValue("is of type DT_INT32");
      assertThat(sparse.refusal(tf.array(1f, 2f).asOutput()).orElseThrow()).contains("classes");
      assertThat(sparse.refusal(tf.placeholder(TFloat32.class).asOutput())).isPresent();
      assertThat(LossFunction.MSE.refusal(tf.array(1f, 2f).asOutput())).isEmpty();
    }
  }
}
