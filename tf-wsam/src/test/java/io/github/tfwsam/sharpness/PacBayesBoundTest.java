package io.github.tfwsam.sharpness;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.tfwsam.sharpness.PacBayesBound.Problem;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class PacBayesBoundTest {

  private static Problem problem(long n, long k, double squaredNorm, double gamma) {
    return new Problem(n, k, squaredNorm, 0.05, 1, gamma, 0.05);
  }

  @Test
  void thePriorIsTheBestOfTheGridToLessThanOneNat() {
    for (long k : new long[] {1, 10, 1000, 1_000_000}) {
      for (double squaredNorm : new double[] {0, 1e-6, 1, 300}) {
        for (double sigma : new double[] {1e-4, 0.01, 3}) {
          var bound = PacBayesBound.underNoise(problem(1000, k, squaredNorm, 0.5), sigma, 0.1);
          double best = k / 2.0 * Math.log1p(squaredNorm / (k * sigma * sigma));
          assertWithMessage("%s", bound).that(bound.divergence()).isAtLeast(best * (1 - 1e-9));
          assertWithMessage("%s", bound).that(bound.divergence()).isAtMost(best * (1 + 1e-9) + 0.5);
        }
      }
    }
  }

  /** KL(N(w, sigma^2) || N(0, r sigma^2)), by its definition as a mean over the posterior. */
  @Test
  void theDivergenceIsThatOfTheTwoDistributions() {
    int k = 6;
    double sigma = 0.5;
    double[] w = new Random(1).doubles(k).map(x -> 2 * x).toArray();
    double squaredNorm = Lanczos.dot(w, w);
    var bound = PacBayesBound.underNoise(problem(100, k, squaredNorm, 0.5), sigma, 0.1);
    double j = Math.ceil(k * Math.log1p(squaredNorm / (k * sigma * sigma)));
    double priorVariance = sigma * sigma * Math.exp(j / k);
    var random = new Random(2);
    int samples = 400_000;
    double sum = 0;
    for (int sample = 0; sample < samples; sample++) {
      double logRatio = k / 2.0 * Math.log(priorVariance / (sigma * sigma));
      for (int i = 0; i < k; i++) {
        double e = sigma * random.nextGaussian();
        logRatio += (w[i] + e) * (w[i] + e) / (2 * priorVariance) - e * e / (2 * sigma * sigma);
      }
      sum += logRatio;
    }
    assertThat(bound.divergence()).isWithin(0.02).of(sum / samples);
  }

  @Test
  void noiseOfTheBallsSigmaLeavesItSeldomEnough() {
    for (int k : new int[] {1, 5, 200}) {
      long n = 100;
      double rho = 0.3;
      double sigma = PacBayesBound.overBall(problem(n, k, 1, 0.5), rho, 0.1).sigma();
      var random = new Random(3);
      long outside =
          IntStream.range(0, 20_000)
              .filter(
                  sample -> {
                    double squares = 0;
                    for (int i = 0; i < k; i++) {
                      squares += Math.pow(sigma * random.nextGaussian(), 2);
                    }
                    return squares > rho * rho;
                  })
              .count();
      assertThat(outside / 20_000.0).isAtMost(1 / Math.sqrt((double) n));
    }
  }

  /** n = e^8, so t = 4: sigma^2 = rho^2 / (16 + 2 sqrt(64) + 8). */
  @Test
  void theBallsSigmaIsAsComputedByHand() {
    var bound = PacBayesBound.overBall(problem(Math.round(Math.exp(8)), 16, 1, 0.5), 0.4, 0.1);
    assertThat(bound.sigma()).isWithin(1e-5).of(0.4 / Math.sqrt(40));
    assertThat(bound.tail()).isWithin(1e-6).of(0.9 * Math.exp(-4));
  }

  @Test
  void itsTermsAddUpForEveryGamma() {
    double value = PacBayesBound.overBall(problem(50_000, 1000, 4, 0.5), 1, 0.08).value();
    for (double gamma : new double[] {0, 0.3, 0.5, 0.9, 0.95}) {
      var bound = PacBayesBound.overBall(problem(50_000, 1000, 4, gamma), 1, 0.08);
      assertThat(bound.value()).isWithin(1e-12).of(value);
      assertThat(bound.objective() + bound.remainder() + bound.tail() + bound.complexity())
          .isWithin(1e-12)
          .of(value);
      assertThat(bound.gap()).isWithin(1e-12).of(value - 0.05);
      assertThat(bound.sharpness()).isWithin(1e-12).of(0.03);
      assertThat(bound.objective()).isWithin(1e-12).of(0.05 + gamma / (1 - gamma) * 0.03);
      if (gamma >= 0.5) {
        assertThat(bound.remainder()).isAtMost(1e-15);
      }
    }
  }

  /** By hand: j = 4, r = e^2, log(2 * 10 * pi^2 25 / (6 * 0.05)). */
  @Test
  void aSmallCaseIsAsComputedByHand() {
    var bound = PacBayesBound.underNoise(problem(100, 2, 2 * (Math.exp(1.9) - 1), 0.5), 1, 0.1);
    double divergence = (2 * (Math.exp(-2) - 1 + 2) + 2 * (Math.exp(1.9) - 1) * Math.exp(-2)) / 2;
    double confidence = Math.log(20 * Math.PI * Math.PI * 25 / 0.3);
    assertThat(bound.divergence()).isWithin(1e-12).of(divergence);
    assertThat(bound.confidence()).isWithin(1e-12).of(confidence);
    assertThat(bound.tail()).isEqualTo(0);
    assertThat(bound.value()).isWithin(1e-12).of(0.1 + Math.sqrt((divergence + confidence) / 200));
  }

  @Test
  void saysWhereItIsVacuous() {
    assertThat(PacBayesBound.overBall(problem(50_000, 272_474, 300, 0.9), 0.05, 0.1).isVacuous())
        .isTrue();
    assertThat(PacBayesBound.overBall(problem(1_000_000, 100, 4, 0.9), 5, 0.1).isVacuous())
        .isFalse();
  }

  @Test
  void anAscentThatMissedTheMaximumCountsAsTheTrainingLoss() {
    var bound = PacBayesBound.overBall(problem(100, 10, 1, 0.9), 1, 0.01);
    assertThat(bound.perturbedLoss()).isEqualTo(0.05);
    assertThat(bound.sharpness()).isEqualTo(0);
  }

  @Test
  void refusesNumbersOutOfRange() {
    Problem good = problem(100, 10, 1, 0.9);
    assertRefused("rho", () -> PacBayesBound.overBall(good, -1, 0.1));
    assertRefused("rho", () -> PacBayesBound.overBall(good, 0, 0.1));
    assertRefused("rho", () -> PacBayesBound.overBall(good, Double.NaN, 0.1));
    assertRefused("sigma", () -> PacBayesBound.underNoise(good, Double.NaN, 0.1));
    assertRefused("worstLoss", () -> PacBayesBound.overBall(good, 1, 1.1));
    assertRefused("meanLoss", () -> PacBayesBound.underNoise(good, 1, Double.NaN));
    assertRefused("8 training examples", () -> problem(7, 10, 1, 0.9));
    assertRefused("one parameter", () -> problem(100, 0, 1, 0.9));
    assertRefused("squaredNorm", () -> problem(100, 10, Double.NaN, 0.9));
    assertRefused("gamma", () -> problem(100, 10, 1, 1));
    assertRefused("delta", () -> new Problem(100, 10, 1, 0.05, 1, 0.9, 0));
    assertRefused("clip the loss", () -> new Problem(100, 10, 1, 2.3, 1, 0.9, 0.1));
    assertRefused("largestLoss", () -> new Problem(100, 10, 1, 0, 0, 0.9, 0.1));
  }

  private static void assertRefused(String message, Executable call) {
    assertThat(assertThrows(IllegalArgumentException.class, call))
        .hasMessageThat()
        .contains(message);
  }
}
