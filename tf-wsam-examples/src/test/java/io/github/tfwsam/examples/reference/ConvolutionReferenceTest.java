package io.github.tfwsam.examples.reference;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.tfwsam.Wsam;
import io.github.tfwsam.graph.WriteOrder;
import io.github.tfwsam.optimizers.Sgd;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.DoubleNdArray;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;

/** Convolutions and batch normalization as the authors' optimizer trains them in float32. */
class ConvolutionReferenceTest {
  /**
   * How many times further than PyTorch's own rounding. In float32 PyTorch is at most 3e-7 from
   * float64 in these 20 steps (the case's {@code rounding}), and so is TensorFlow, with sums in
   * another order.
   */
  private static final double ROUNDINGS = 10;

  @Test
  void trainsConvolutionsAndUpdatesRunningStatisticsOnceAStep() throws IOException {
    JsonNode reference = reference();
    try (var graph = new Graph()) {
      Ops tf = Ops.create(graph);
      int[] classes = indices(reference.get("y"));
      var network =
          new ConvolutionNetwork(
              tf, arrays(reference.get("init")), array(reference.get("x")), classes, 3);
      JsonNode hyper = reference.get("hyper");
      var base =
          new Sgd(
              graph,
              hyper.get("lr").doubleValue(),
              Sgd.momentum(hyper.get("momentum").doubleValue()),
              Sgd.weightDecay(hyper.get("weight_decay").doubleValue()));
      var wsam =
          new Wsam(
              graph,
              base,
              reference.get("rho").doubleValue(),
              reference.get("gamma").doubleValue());
      Op step = wsam.minimize(network.loss);
      assertThat(WriteOrder.violations(List.of((GraphOperation) step.op()))).isEmpty();
      try (var session = new Session(graph)) {
        Difference losses = Difference.NONE;
        JsonNode order = reference.get("order");
        for (int i = 0; i < order.size(); i++) {
          try (TInt32 rows = TInt32.vectorOf(indices(order.get(i)));
              Result result =
                  session
                      .runner()
                      .feed(network.rows, rows)
                      .addTarget(step)
                      .fetch(network.loss)
                      .run()) {
            double loss = ((TFloat32) result.get(0)).getFloat();
            losses = losses.or(loss, reference.get("losses").get(i).doubleValue(), i + 1);
          }
        }
        JsonNode rounding = reference.get("rounding");
        assertThat(losses.value()).isAtMost(ROUNDINGS * rounding.get("losses").doubleValue());
        Map<String, DoubleNdArray> expected = arrays(reference.get("final"));
        for (String name : expected.keySet()) {
          Operand<TFloat64> value = tf.dtypes.cast(network.variables.get(name), TFloat64.class);
          try (Result result = session.runner().fetch(value).run()) {
            Difference difference =
                Difference.NONE.or(
                    List.of((TFloat64) result.get(0)), List.of(expected.get(name)), order.size());
            assertWithMessage(name)
                .that(difference.value())
                .isAtMost(ROUNDINGS * rounding.get("final").doubleValue());
          }
        }
      }
    }
  }

  /** The committed case, or one made afresh: {@code -Dwsam.convolutionCase=FILE}. */
  private static JsonNode reference() throws IOException {
    String file = System.getProperty("wsam.convolutionCase");
    try (InputStream stream =
        file == null
            ? ConvolutionReferenceTest.class.getResourceAsStream(
                "/reference/authors-convolution.json")
            : Files.newInputStream(Path.of(file))) {
      return new ObjectMapper().readTree(stream).get(0);
    }
  }

  private static Map<String, DoubleNdArray> arrays(JsonNode node) {
    Map<String, DoubleNdArray> arrays = new LinkedHashMap<>();
    node.fields().forEachRemaining(entry -> arrays.put(entry.getKey(), array(entry.getValue())));
    return arrays;
  }

  private static DoubleNdArray array(JsonNode node) {
    List<Long> dimensions = new ArrayList<>();
    for (JsonNode inner = node; inner.isArray(); inner = inner.get(0)) {
      dimensions.add((long) inner.size());
    }
    return new Field(node, "convolution case")
        .array(Shape.of(dimensions.stream().mapToLong(Long::longValue).toArray()));
  }

  private static int[] indices(JsonNode node) {
    return StreamSupport.stream(node.spliterator(), false).mapToInt(JsonNode::intValue).toArray();
  }
}
