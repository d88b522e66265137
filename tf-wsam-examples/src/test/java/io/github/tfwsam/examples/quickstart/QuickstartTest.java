package io.github.tfwsam.examples.quickstart;

import static com.google.common.truth.Truth.assertThat;

import io.github.tfwsam.examples.data.Digits;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class QuickstartTest {
  private static RunResult run(Method method, double noise, int seed) throws IOException {
    return Training.run(Digits.read(), new Setting(method, noise, seed, 3));
  }

  @Test
  void twoRunsOfOneSettingAreEqualButForTheTime() throws IOException {
    RunResult one = run(Method.WSAM, 0.4, 7);
    RunResult again = run(Method.WSAM, 0.4, 7);
    assertThat(again.testAccuracies()).isEqualTo(one.testAccuracies());
    assertThat(again.trainingLoss()).isEqualTo(one.trainingLoss());
    assertThat(again.sharpness()).isEqualTo(one.sharpness());
    assertThat(run(Method.WSAM, 0.4, 8).trainingLoss()).isNotEqualTo(one.trainingLoss());
  }

  @Test
  void theNetworkLearns() throws IOException {
    for (Method method : Method.values()) {
      RunResult result = run(method, 0, 1);
      assertThat(result.testAccuracies()).hasSize(3);
      assertThat(result.testAccuracy()).isGreaterThan(0.85);
      assertThat(result.sharpness()).isGreaterThan(0.0);
    }
  }

  @Test
  void findingsSayWhoeverWins() {
    assertThat(findings(0.9, 0.8)).contains("WSAM is more accurate than base: +10.00");
    assertThat(findings(0.8, 0.9)).contains("WSAM is LESS accurate than base: -10.00");
    assertThat(findings(0.9, 0.9)).contains("no clear difference between WSAM and base: +0.00");
  }

  private static String findings(double wsamAccuracy, double baseAccuracy) {
    List<RunResult> runs = new ArrayList<>();
    for (int seed = 1; seed <= 3; seed++) {
      double spread = 0.001 * seed;
      for (Method method : Method.values()) {
        double accuracy = method == Method.BASE ? baseAccuracy : wsamAccuracy;
        runs.add(
            new RunResult(
                new Setting(method, 0, seed, 1), List.of(accuracy + spread), 0.1, 0.2, 1.0));
      }
    }
    return String.join("\n", Findings.of(new Results(runs)));
  }

  @Test
  void theReportIsOneFile() throws IOException {
    List<RunResult> runs = new ArrayList<>();
    for (Method method : Method.values()) {
      for (double noise : new double[] {0, 0.4}) {
        runs.add(run(method, noise, 1));
      }
    }
    String report = Report.of(new Results(runs), "./wsam quickstart <&>");
    assertThat(report).startsWith("<!DOCTYPE html>");
    assertThat(report).contains("./wsam quickstart &lt;&amp;&gt;");
    assertThat(Pattern.compile("<img ").splitAsStream(report).toList()).hasSize(1 + 6);
    assertThat(report).doesNotContainMatch("(src|href)=\"(?!data:)");
  }
}
