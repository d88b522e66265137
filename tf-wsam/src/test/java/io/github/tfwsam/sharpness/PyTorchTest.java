package io.github.tfwsam.sharpness;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.tfwsam.sharpness.SmallLoss.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat64;

/** Held against PyTorch's autograd on a small network: make_hessian.py has written its numbers. */
class PyTorchTest {
  private static final JsonNode CASE = readCase();

  /** The committed one, or another: {@code -Dwsam.hessian=FILE}. */
  private static JsonNode readCase() {
    String file = System.getProperty("wsam.hessian");
    try (InputStream in =
        file == null
            ? PyTorchTest.class.getResourceAsStream("/sharpness/hessian.json")
            : Files.newInputStream(Path.of(file))) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static double[] numbers(JsonNode node) {
    return new ObjectMapper().convertValue(node, double[].class);
  }

  private static double[][] rows(JsonNode node) {
    return new ObjectMapper().convertValue(node, double[][].class);
  }

  private static Operand<TFloat64> loss(SmallLoss small) {
    Ops tf = small.tf;
    double[][] x = rows(CASE.get("x"));
    Operand<TFloat64> hidden =
        tf.math.tanh(
            tf.math.add(
                tf.linalg.matMul(tf.constant(x), small.variable("w1", 4, 3)),
                small.variable("b1", 3)));
    Operand<TFloat64> logits =
        tf.math.add(tf.linalg.matMul(hidden, small.variable("w2", 3, 3)), small.variable("b2", 3));
    double[][] labels = new double[x.length][3];
    for (int i = 0; i < x.length; i++) {
      labels[i][CASE.get("y").get(i).asInt()] = 1;
    }
    Operand<TFloat64> products = tf.math.mul(tf.constant(labels), tf.nn.logSoftmax(logits));
    return tf.math.neg(tf.math.mean(tf.reduceSum(products, tf.constant(1)), tf.constant(0)));
  }

  private static void set(SmallLoss small) {
    JsonNode v = CASE.get("variables");
    double[] w =
        Stream.of(
                rows(v.get(0)),
                new double[][] {numbers(v.get(1))},
                rows(v.get(2)),
                new double[][] {numbers(v.get(3))})
            .flatMap(Arrays::stream)
            .flatMapToDouble(Arrays::stream)
            .toArray();
    small.set(w);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void theHessianIsThatOfAutograd(Kind kind) {
    double[][] expected = rows(CASE.get("hessian"));
    double[] eigenvalues = numbers(CASE.get("eigenvalues"));
    try (var small = new SmallLoss(kind)) {
      var hessian = new Hessian(small.graph, loss(small));
      set(small);
      var session = small.session();
      for (int j = 0; j < expected.length; j++) {
        double[] unit = new double[expected.length];
        unit[j] = 1;
        double[] column = hessian.times(session, Batches.unfed(), unit);
        HessianTest.assertClose("column " + j, column, expected[j], 1e-9);
      }
      Eigenvalues top = hessian.topEigenvalues(session, Batches.unfed(), 4, 3, 1e-8, 27);
      for (int i = 0; i < 4; i++) {
        assertThat(top.values().get(i)).isWithin(1e-8).of(eigenvalues[i]);
      }
      TraceEstimate trace = hessian.trace(session, Batches.unfed(), 200, 1);
      assertThat(trace.value())
          .isWithin(4 * trace.standardError())
          .of(CASE.get("trace").asDouble());
    }
  }

  @Test
  void theSharpnessIsThatOfTheSameAscent() {
    for (JsonNode sharpness : CASE.get("sharpness")) {
      try (var small = new SmallLoss(Kind.MIXED)) {
        var measured =
            new Sharpness(
                small.graph,
                loss(small),
                CASE.get("rho").asDouble(),
                Sharpness.steps(sharpness.get("steps").asInt()),
                Sharpness.adaptive(sharpness.get("adaptive").asBoolean()));
        set(small);
        var estimate = measured.estimate(small.session(), Batches.unfed());
        assertThat(estimate.loss()).isWithin(1e-12).of(CASE.get("loss").asDouble());
        assertWithMessage("%s", sharpness)
            .that(estimate.sharpness())
            .isWithin(1e-10)
            .of(sharpness.get("value").asDouble());
      }
    }
  }
}
