package io.github.tfwsam.examples.experiment;

import static com.google.common.truth.Truth.assertThat;

import io.github.tfwsam.examples.tasks.Task;
import java.util.LinkedHashMap;
import java.util.List;
import org.junit.jupiter.api.Test;

class GammaSweepTest {
  private static final Experiment SWEEP = new GammaSweep();
  private static final List<Setting> SETTINGS =
      SWEEP.settings(new Scale(true, List.of(), null, null, null));

  private static Results results(int seeds, SampleGrid.Outcome outcome) {
    return new SampleGrid().add(SETTINGS, seeds, outcome).results();
  }

  private static boolean isWsam(Setting setting) {
    return setting.number("gamma") == 0.9;
  }

  @Test
  void findingsTurnWithTheData() {
    String wins =
        SampleGrid.findings(
            SWEEP, results(3, (s, seed) -> (isWsam(s) ? 0.6 : 0.5) + SampleGrid.noise(s, seed)));
    assertThat(wins).contains("cifar10: decoupled, gamma 0.9 has the highest mean accuracy, ");
    assertThat(wins).contains("gamma 0.9 is more accurate than base: +");
    assertThat(wins).contains("WSAM is more accurate than SAM: +");
    assertThat(wins).contains("It is the best of 7 on the same runs, which flatters it.");

    String loses =
        SampleGrid.findings(
            SWEEP, results(3, (s, seed) -> (isWsam(s) ? 0.4 : 0.5) + SampleGrid.noise(s, seed)));
    assertThat(loses).doesNotContain("gamma 0.9 has the highest");
    assertThat(loses).contains("WSAM is LESS accurate than SAM: -");
    assertThat(loses).contains("WSAM is LESS accurate than base: -");

    String equal =
        SampleGrid.findings(SWEEP, results(3, (s, seed) -> 0.5 + SampleGrid.noise(s, seed)));
    assertThat(equal).contains("no clear difference between WSAM and SAM: ");
    assertThat(equal).contains("no clear difference between WSAM and base: ");
  }

  @Test
  void theIntervalIsOfTheDifferencesBySeed() {
    // The seeds differ by far more than the methods, whose differences are 1, 2 and 3 points.
    Results results = results(3, (s, seed) -> 0.2 * seed + (isWsam(s) ? 0.01 * seed : 0));
    // 2 ± 4.3027 / sqrt(3)
    assertThat(SampleGrid.findings(SWEEP, results))
        .contains(
            "no clear difference between WSAM and SAM: +2.00 points, 95 % interval -0.48 to +4.48,"
                + " 3 seeds");
  }

  @Test
  void theBaseCanBeBest() {
    String findings =
        SampleGrid.findings(
            SWEEP,
            results(
                3, (s, seed) -> (s.number("gamma") == 0 ? 0.6 : 0.5) + SampleGrid.noise(s, seed)));
    assertThat(findings).contains("base has the highest mean accuracy");
    assertThat(findings).contains("base is more accurate than SAM");
    assertThat(findings).doesNotContain("between base and base");
  }

  @Test
  void flatnessIsSaidMeasureByMeasure() {
    String findings = SampleGrid.findings(SWEEP, results(3, (s, seed) -> 0.5));
    assertThat(findings).contains("WSAM against SAM: training loss: higher (+0.0400, ");
    assertThat(findings).contains("sharpness: lower (-0.00792, ");
    assertThat(findings).contains("largest eigenvalue: lower (-12.0, ");
  }

  @Test
  void whatDivergedIsCountedAndNotAveragedIn() {
    Results results =
        results(
            3,
            (s, seed) ->
                s.number("gamma") == 0.95
                    ? null
                    : isWsam(s) && seed == 1 ? null : 0.5 + 0.01 * seed);
    Report report = SampleGrid.report(SWEEP, results);
    assertThat(report.text()).containsMatch("0.9 \\(WSAM\\) +2 +1 +52.50 ± 0.71");
    assertThat(report.text()).containsMatch("0.95 +0 +3 +– +– +– +– +–");
    String findings = String.join("\n", report.findings());
    assertThat(findings)
        .contains(
            "left out of every mean: 0.9 (WSAM) (1 of 3 runs), 0.95 (all 3 runs); that is at");
    assertThat(findings).contains("at large gammas alone");
    assertThat(findings)
        .contains("WSAM and SAM: +0.00 points, 95 % interval +0.00 to +0.00, 2 seeds");
    // Though its mean is the highest: the seed that is worst is left out of it.
    assertThat(findings).doesNotContain("gamma 0.9 has the highest");
    assertThat(findings)
        .contains("has the highest mean accuracy, 52.00 ± 1.00 % (where no run diverged): ");
    assertThat(findings).contains("It is the best of 5 on");
  }

  @Test
  void theBaseMayDivergeToo() {
    String some =
        SampleGrid.findings(SWEEP, results(2, (s, seed) -> s.number("gamma") < 0.6 ? null : 0.5));
    assertThat(some).contains("the base alone diverged too");
    String all = SampleGrid.findings(SWEEP, results(2, (s, seed) -> null));
    assertThat(all).contains("no run is done, so no gamma is best");
    assertThat(all).contains("WSAM and SAM cannot be compared");
    assertThat(all).doesNotContain("NaN");
  }

  @Test
  void oneSeedTellsNothing() {
    Report report = SampleGrid.report(SWEEP, results(1, (s, seed) -> isWsam(s) ? 0.9 : 0.5));
    String findings = String.join("\n", report.findings());
    assertThat(findings).contains("one seed does not tell WSAM from SAM: +40.00 points, one seed");
    assertThat(findings).doesNotContain("more accurate");
    assertThat(findings).contains("none of 8 runs diverged");
    assertThat(report.text()).doesNotContain("±");
    assertThat(report.text() + findings).doesNotContain("NaN");
  }

  @Test
  void aMeasureMayBeMissing() {
    List<Run> runs =
        results(3, (s, seed) -> 0.5).runs().stream()
            .map(
                run -> {
                  var measures = new LinkedHashMap<>(run.measures());
                  measures.put(Run.HESSIAN_TOP, run.seed() == 1 ? 5.0 : Double.NaN);
                  measures.put(Run.SHARPNESS, Double.NaN);
                  return new Run(run.setting(), run.seed(), measures, run.status());
                })
            .toList();
    Report report = SampleGrid.report(SWEEP, new Results(runs));
    assertThat(report.text()).contains("5.00 (of 1)");
    assertThat(report.text()).doesNotContain("NaN");
    assertThat(report.text()).contains("sharpness: not measured");
  }

  @Test
  void eachTaskHasItsOwnFindings() {
    List<Setting> settings =
        SWEEP.settings(new Scale(true, List.of(Task.DIGITS, Task.SPEECH), null, null, null));
    String findings =
        SampleGrid.findings(
            SWEEP,
            new SampleGrid()
                .add(
                    settings,
                    3,
                    (s, seed) ->
                        (isWsam(s) == s.get("task").equals("speech") ? 0.6 : 0.5)
                            + SampleGrid.noise(s, seed))
                .results());
    assertThat(findings).contains("digits: WSAM is LESS accurate than SAM");
    assertThat(findings).contains("speech: WSAM is more accurate than SAM");
  }
}
