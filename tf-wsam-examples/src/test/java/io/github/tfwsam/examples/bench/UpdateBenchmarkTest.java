package io.github.tfwsam.examples.bench;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.tfwsam.nativeops.NativeOps;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tensorflow.Graph;
import org.tensorflow.Output;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.RunOptions;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.family.TNumber;

class UpdateBenchmarkTest {
  private static final List<Shape> SHAPES =
      List.of(Shape.of(40, 30), Shape.of(7), Shape.of(1), Shape.of(2, 3, 4, 5));

  @Test
  void resnet50HasItsTensors() {
    List<Shape> shapes = Shapes.resnet50();
    assertThat(shapes).hasSize(161);
    assertThat(Shapes.elements(shapes)).isEqualTo(25_557_032);
    assertThat(shapes.get(0)).isEqualTo(Shape.of(7, 7, 3, 64));
    assertThat(shapes.get(159)).isEqualTo(Shape.of(2048, 1000));
    assertThat(Shapes.of(25_557_032, 161)).isEqualTo(shapes);
  }

  @Test
  void otherNumbersAreInEqualParts() {
    assertThat(Shapes.of(8, 3)).containsExactly(Shape.of(2), Shape.of(3), Shape.of(3)).inOrder();
    assertThat(Shapes.elements(Shapes.of(2_000_003, 400))).isEqualTo(2_000_003);
    assertThat(Shapes.elements(Shapes.of(Integer.MAX_VALUE, 1000))).isEqualTo(Integer.MAX_VALUE);
  }

  /** Or the benchmark would compare unequal work. */
  @ParameterizedTest
  @EnumSource(Work.class)
  void stockAndFusedComputeTheSame(Work work) {
    assumeTrue(NativeOps.load());
    List<float[]> stock = valuesAfter(new Stock(), work);
    List<float[]> fused = valuesAfter(new Fused(), work);
    assertThat(fused).hasSize(stock.size());
    for (int i = 0; i < stock.size(); i++) {
      float[] values = stock.get(i);
      // Relative: a norm is larger than 10.
      float tolerance = 1e-6f * Math.max(1, Math.abs(values[0]));
      assertWithMessage("tensor " + i)
          .that(fused.get(i))
          .usingTolerance(tolerance)
          .containsExactly(values)
          .inOrder();
    }
  }

  /** What the work leaves after three repetitions, whose last one's results are fetched too. */
  private static List<float[]> valuesAfter(Implementation implementation, Work work) {
    try (var graph = new Graph()) {
      Ops tf = Ops.create(graph);
      var tensors = new Tensors(tf, SHAPES, work.slots);
      Op end = tf.noOp();
      Implementation.Done done = null;
      for (int i = 0; i < 3; i++) {
        Ops then = tf.withControlDependencies(end);
        done = implementation.build(then, work, tensors);
        end = Implementation.end(then, done);
      }
      assertThat(done.results().isEmpty()).isEqualTo(work.isInPlace());
      try (var session = new Session(graph)) {
        Session.Runner initialize = session.runner();
        tensors.initializers().forEach(initialize::addTarget);
        initialize.run().close();
        List<float[]> before = values(session, tensors.all());
        session.runner().addTarget(end).run().close();
        List<float[]> after = values(session, tensors.all());
        assertThat(Arrays.equals(before.get(0), after.get(0))).isEqualTo(!work.isInPlace());
        after.addAll(values(session, done.results()));
        return after;
      }
    }
  }

  private static List<float[]> values(Session session, List<Output<?>> tensors) {
    List<float[]> values = new ArrayList<>();
    for (Output<?> tensor : tensors) {
      try (var result = session.runner().fetch(tensor).run()) {
        var value = (TNumber) result.get(0);
        float[] flat = new float[(int) value.shape().size()];
        if (value instanceof TFloat32 floats) {
          int[] i = {0};
          floats.scalars().forEach(scalar -> flat[i[0]++] = scalar.getFloat());
        } else {
          flat[0] = (float) ((TFloat64) value).getDouble();
        }
        values.add(flat);
      }
    }
    return values;
  }

  /** A work that TensorFlow leaves out would be the fastest of all. */
  @ParameterizedTest
  @EnumSource(Work.class)
  void theWorkIsDone(Work work) {
    var stock = new Stock();
    try (var graph = new UpdateGraph(work, SHAPES, List.of(stock), 3)) {
      RunOptions graphs = RunOptions.newBuilder().setOutputPartitionGraphs(true).build();
      List<String> ran = new ArrayList<>();
      try (var result = graph.runner(stock).setOptions(graphs).runAndFetchMetadata()) {
        for (GraphDef optimized : result.getMetadata().orElseThrow().getPartitionGraphsList()) {
          optimized.getNodeList().forEach(node -> ran.add(node.getOp()));
        }
      }
      String each =
          switch (work) {
            case GLOBAL_NORM, ADAPTIVE_NORM -> "L2Loss";
            case PERTURB, PERTURB_ADAPTIVE, BLEND -> "Mul";
            case GRADIENT_DESCENT, GRADIENT_DESCENT_DECOUPLED, DECOUPLED -> "ApplyGradientDescent";
            case ADAM, ADAM_DECOUPLED, ADAMW, ADAMW_DECOUPLED -> "ApplyAdam";
            default -> "ApplyMomentum";
          };
      assertThat(ran.stream().filter(each::equals).count()).isAtLeast(3L * SHAPES.size());
    }
  }
}
