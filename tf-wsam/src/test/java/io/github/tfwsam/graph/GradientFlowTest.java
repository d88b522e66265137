package io.github.tfwsam.graph;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.Variable;
import org.tensorflow.op.nn.FusedBatchNorm;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;

/** What a gradient leads back through, and what merely depends on a variable. */
class GradientFlowTest {
  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);
  private final Variable<TFloat32> w = variable("w");

  @AfterEach
  void close() {
    graph.close();
  }

  private Variable<TFloat32> variable(String name) {
    return tf.withName(name).variable(Shape.of(3), TFloat32.class);
  }

  private List<String> trace(Operand<TFloat32> tensor) {
    Operand<TFloat32> loss =
        tf.reduceSum(tensor, tf.range(tf.constant(0), tf.rank(tensor), tf.constant(1)));
    return GradientFlow.trace(LossGraph.of(graph, loss.asOutput()), name -> true).stream()
        .map(TrainableVariable::name)
        .toList();
  }

  private Operand<TFloat32> inference(Operand<TFloat32> mean, Operand<TFloat32> variance) {
    Operand<TFloat32> images =
        tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(2, 2, 2, 3)));
    return tf.nn.fusedBatchNorm(images, w, w, mean, variance, FusedBatchNorm.isTraining(false)).y();
  }

  @Test
  void averagesAreReadThroughStopGradient() {
    Variable<TFloat32> mean = variable("mean");
    Variable<TFloat32> variance = variable("variance");
    assertThrows(IllegalArgumentException.class, () -> trace(inference(mean, variance)));
    assertThat(trace(inference(tf.stopGradient(mean), tf.stopGradient(variance))))
        .containsExactly("w");
  }

  @Test
  void averagesOfTrainingAreNotTrained() {
    Operand<TFloat32> images =
        tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(2, 2, 2, 3)));
    FusedBatchNorm<TFloat32, TFloat32> norm =
        tf.nn.fusedBatchNorm(
            images,
            w,
            w,
            variable("mean"),
            variable("variance"),
            FusedBatchNorm.exponentialAvgFactor(0.9f),
            FusedBatchNorm.isTraining(true));
    assertThat(trace(norm.y())).containsExactly("w");
  }

  @Test
  void anOpBehindStopGradientIsAskedForAGradientAllTheSame() {
    Operand<TFloat32> stopped = tf.stopGradient(w);
    Operand<TFloat32> noGradient = tf.math.polygamma(stopped, stopped);
    var refusal =
        assertThrows(IllegalArgumentException.class, () -> trace(tf.math.mul(w, noGradient)));
    assertThat(refusal).hasMessageThat().contains("(Polygamma)");
    assertThat(refusal).hasMessageThat().contains("put tf.stopGradient after it");
    assertThat(trace(tf.math.mul(w, tf.stopGradient(noGradient)))).containsExactly("w");
  }

  @Test
  void indicesThatDependOnAVariableCarryNoGradient() {
    Operand<TInt64> largest = tf.math.argMax(tf.identity(w), tf.constant(0));
    Variable<TFloat32> table = variable("table");
    Output<TFloat32> gathered =
        tf.gather(table, tf.dtypes.cast(largest, TInt32.class), tf.constant(0)).asOutput();
    assertThat(trace(gathered)).containsExactly("table");
  }
}
