package io.github.tfwsam.examples.toy;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat64;

class ToyLossTest {
  /** The loss, its gradient, and the eigenvalues of its Hessian, at one point. */
  private record Local(double loss, double gradientNorm, double smallest, double largest) {}

  @Test
  void theSharpMinimumIsTheLowerOne() {
    Local sharp = at(Landmark.SHARP.m(), Landmark.SHARP.s());
    assertThat(sharp.loss()).isWithin(1e-6).of(0.275230);
    assertThat(sharp.gradientNorm()).isLessThan(1e-8);
    assertThat(sharp.smallest()).isWithin(1e-5).of(0.00238);
    assertThat(sharp.largest()).isWithin(1e-5).of(0.00487);
  }

  @Test
  void theFlatMinimumHasASeventhOfTheCurvature() {
    Local flat = at(Landmark.FLAT.m(), Landmark.FLAT.s());
    assertThat(flat.loss()).isWithin(1e-6).of(0.356447);
    assertThat(flat.gradientNorm()).isLessThan(1e-8);
    assertThat(flat.smallest()).isWithin(1e-6).of(0.000326);
    assertThat(flat.largest()).isWithin(1e-6).of(0.000681);
  }

  @Test
  void theSaddleIsBetweenThem() {
    Local saddle = at(Landmark.SADDLE.m(), Landmark.SADDLE.s());
    assertThat(saddle.loss()).isWithin(1e-6).of(0.397668);
    assertThat(saddle.gradientNorm()).isLessThan(1e-8);
    assertThat(saddle.smallest()).isLessThan(-5e-4);
    assertThat(saddle.largest()).isGreaterThan(5e-4);
  }

  @Test
  void theGradientIsThatOfFiniteDifferences() {
    double m = -6;
    double s = 10;
    double h = 1e-5;
    double[] gradient = gradient(m, s);
    assertThat(gradient[1])
        .isWithin(1e-8)
        .of((gradient(m + h, s)[0] - gradient(m - h, s)[0]) / (2 * h));
    assertThat(gradient[2])
        .isWithin(1e-8)
        .of((gradient(m, s + h)[0] - gradient(m, s - h)[0]) / (2 * h));
  }

  private static Local at(double m, double s) {
    double h = 1e-4;
    double[] here = gradient(m, s);
    double[] right = gradient(m + h, s);
    double[] left = gradient(m - h, s);
    double[] up = gradient(m, s + h);
    double[] down = gradient(m, s - h);
    double mm = (right[1] - left[1]) / (2 * h);
    double ms = (up[1] - down[1]) / (2 * h);
    double ss = (up[2] - down[2]) / (2 * h);
    assertWithMessage("symmetry").that((right[2] - left[2]) / (2 * h)).isWithin(1e-9).of(ms);
    double mean = (mm + ss) / 2;
    double radius = Math.hypot((mm - ss) / 2, ms);
    return new Local(here[0], Math.hypot(here[1], here[2]), mean - radius, mean + radius);
  }

  /** The loss, and its derivatives by m and s. */
  private static double[] gradient(double m, double s) {
    try (var graph = new Graph()) {
      Ops tf = Ops.create(graph);
      var atM = tf.constant(m);
      var atS = tf.constant(s);
      Operand<TFloat64> loss = ToyLoss.of(tf, atM, atS);
      Output<?>[] gradients =
          graph.addGradients(loss.asOutput(), new Output<?>[] {atM.asOutput(), atS.asOutput()});
      try (var session = new Session(graph);
          Result result =
              session.runner().fetch(loss).fetch(gradients[0]).fetch(gradients[1]).run()) {
        double[] values = new double[3];
        for (int i = 0; i < values.length; i++) {
          values[i] = ((TFloat64) result.get(i)).getDouble();
        }
        return values;
      }
    }
  }
}
