package io.github.tfwsam.optimizers;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.family.TNumber;

/** Steps as the optimizers of PyTorch and Keras do: make_trajectories.py has written how. */
class TrajectoriesTest {
  private static final List<String> VARIABLES = List.of("a", "b");
  private static final int STEPS = 10;

  @ParameterizedTest
  @ValueSource(strings = {"torch", "keras", "tf_keras"})
  void stepsAsTheOptimizersOf(String framework) throws IOException {
    JsonNode trajectories = trajectories(framework + ".json");
    assertThat(trajectories.size()).isAtLeast(25);
    for (JsonNode trajectory : trajectories) {
      for (Kind kind : Kind.values()) {
        assertReplay(framework, trajectory, kind, TFloat64.class, 1e-10);
      }
      assertReplay(framework, trajectory, Kind.RESOURCE, TFloat32.class, 2e-5);
    }
  }

  /** The committed ones, or those of a folder: {@code -Dwsam.trajectories=FOLDER}. */
  private static JsonNode trajectories(String file) throws IOException {
    String folder = System.getProperty("wsam.trajectories");
    try (InputStream in =
        folder == null
            ? TrajectoriesTest.class.getResourceAsStream("/optimizers/" + file)
            : Files.newInputStream(Path.of(folder, file))) {
      return new ObjectMapper().readTree(in);
    }
  }

  private static <T extends TNumber> void assertReplay(
      String framework, JsonNode trajectory, Kind kind, Class<T> type, double tolerance) {
    try (var graph = new Graph()) {
      var optimizer = TrajectoryOptimizer.of(graph, trajectory);
      Op step = optimizer.minimize(loss(graph, trajectory, kind, type));
      try (var session = new Session(graph)) {
        for (int i = 0; i < STEPS; i++) {
          session.run(step);
          Map<String, double[]> weights = Kind.state(graph, session);
          JsonNode expected = trajectory.get("weights").get(i);
          for (String name : VARIABLES) {
            assertWithMessage("%s, %s in %s %s after step %s", framework, optimizer, type, name, i)
                .that(weights.get(name))
                .usingTolerance(tolerance)
                .containsExactly(numbers(expected.get(name)))
                .inOrder();
          }
        }
      }
    }
  }

  /** The sum of curvature * (w - target)^2 / 2. */
  private static <T extends TNumber> Operand<T> loss(
      Graph graph, JsonNode trajectory, Kind kind, Class<T> type) {
    Ops tf = Ops.create(graph);
    List<Operand<T>> parts = new ArrayList<>();
    for (String name : VARIABLES) {
      Operand<T> w = kind.variable(graph, name, type, numbers(trajectory.get("start").get(name)));
      Operand<T> target = constant(tf, trajectory.get("target").get(name), type);
      Operand<T> curvature = constant(tf, trajectory.get("curvature").get(name), type);
      Operand<T> root = tf.math.sqrt(curvature);
      parts.add(tf.nn.l2Loss(tf.math.mul(root, tf.math.sub(w, target))));
    }
    return tf.math.addN(parts);
  }

  private static <T extends TNumber> Operand<T> constant(Ops tf, JsonNode values, Class<T> type) {
    return tf.dtypes.cast(tf.constant(numbers(values)), type);
  }

  private static double[] numbers(JsonNode values) {
    double[] numbers = new double[values.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = values.get(i).doubleValue();
    }
    return numbers;
  }
}
