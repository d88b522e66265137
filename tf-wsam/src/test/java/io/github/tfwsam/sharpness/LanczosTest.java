package io.github.tfwsam.sharpness;

import static com.google.common.truth.Truth.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LanczosTest {

  private static Eigenvalues largest(double[] spectrum, int k, double tolerance, int iterations) {
    double[][] matrix = SmallLoss.withSpectrum(spectrum, 3);
    return new Lanczos(v -> SmallLoss.times(matrix, v), spectrum.length, new Random(1))
        .largest(k, tolerance, iterations, HessianProducts.DOUBLE_GRADIENT);
  }

  private static void assertFinds(double[] spectrum, int k) {
    Eigenvalues found = largest(spectrum, k, 1e-9, spectrum.length);
    double[] expected = Arrays.stream(spectrum).sorted().toArray();
    for (int i = 0; i < k; i++) {
      assertThat(found.values().get(i)).isWithin(1e-9).of(expected[expected.length - 1 - i]);
    }
    assertThat(found.converged()).isTrue();
  }

  @Test
  void findsAnEigenvalueAsOftenAsItOccurs() {
    assertFinds(new double[] {5, 5, 1, 5, 2, 1, 0}, 3);
    assertFinds(new double[] {5, 5, 1, 5, 2, 1, 0}, 5);
    assertFinds(new double[] {1, 1, 1, 1}, 4);
  }

  @Test
  void findsThoseOfASingularMatrix() {
    assertFinds(new double[] {3, 0, 0, 0, 0, 0, -2, 0}, 3);
    assertFinds(new double[6], 2);
    assertFinds(new double[] {-1, -2, -3}, 2);
    assertFinds(new double[] {4}, 1);
  }

  @Test
  void stopsEarlyWhereTheLargestStandOut() {
    double[] spectrum = new Random(4).doubles(120).toArray();
    spectrum[0] = 50;
    spectrum[1] = 20;
    Eigenvalues found = largest(spectrum, 2, 1e-4, 120);
    assertThat(found.iterations()).isLessThan(15);
    assertThat(found.converged()).isTrue();
    assertThat(found.values().get(0)).isWithin(50 * 1e-4).of(50);
    assertThat(found.values().get(1)).isWithin(50 * 1e-4).of(20);
  }

  @Test
  void saysWhereItHasNotConverged() {
    double[] spectrum = new Random(4).doubles(120).toArray();
    Eigenvalues found = largest(spectrum, 3, 1e-9, 5);
    assertThat(found.converged()).isFalse();
    assertThat(found.iterations()).isEqualTo(5);
    double distance =
        Arrays.stream(spectrum).map(x -> Math.abs(x - found.values().get(0))).min().orElseThrow();
    assertThat(distance).isAtMost(found.residuals().get(0));
  }
}
