package io.github.tfwsam.examples.experiment;

import static com.google.common.truth.Truth.assertThat;

import io.github.tfwsam.examples.tasks.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleBiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BoundTest {
  private static final Bound BOUND = new Bound();
  private static final List<Setting> SETTINGS =
      BOUND.settings(new Scale(true, List.of(Task.CIFAR10), null, null, null));

  /**
   * Runs whose gap grows with gamma and whose sharpness falls; the distance has no order, and the
   * bound is given.
   */
  private static List<Run> runs(int seeds, ToDoubleBiFunction<Setting, Long> bound) {
    List<Run> runs = new ArrayList<>();
    for (long seed = 1; seed <= seeds; seed++) {
      for (Setting setting : SETTINGS) {
        double order = order(setting) + 0.1 * seed;
        double disorder = (7 * order(setting) + 3 * seed) % 5;
        runs.add(
            new Run(
                setting,
                seed,
                Map.of(
                    Run.TEST_ACCURACY,
                    0.5 - 0.01 * order,
                    Run.SHARPNESS,
                    1 - 0.1 * order,
                    Run.HESSIAN_TOP,
                    20 - order,
                    BoundMeasures.TRAIN_ERROR,
                    0.2,
                    BoundMeasures.GAP,
                    0.3 + 0.01 * order,
                    BoundMeasures.LOSS_GAP,
                    disorder,
                    BoundMeasures.DISTANCE,
                    disorder,
                    BoundMeasures.COMPLEXITY,
                    bound.applyAsDouble(setting, seed) - 0.2,
                    BoundMeasures.BOUND,
                    bound.applyAsDouble(setting, seed)),
                Run.Status.DONE));
      }
    }
    return runs;
  }

  private static double order(Setting setting) {
    return SETTINGS.indexOf(setting);
  }

  private static Report report(List<Run> runs) {
    var report = new Report("bound", BOUND.question());
    BOUND.report(new Results(runs), Path.of("nowhere"), report);
    return report;
  }

  private static String findings(List<Run> runs) {
    return String.join("\n", report(runs).findings());
  }

  @Test
  void boundThatHasTheOrderOfTheGapIsSaidToHaveIt() {
    assertThat(findings(runs(3, (s, seed) -> 9 + order(s) + 0.1 * seed)))
        .contains(
            "cifar10: over 24 runs, the gap is larger where the bound is (rank correlation +1.00,"
                + " p <0.001); over the means of 8 settings, the gap is larger where the bound is"
                + " (rank correlation +1.00, p <0.001).");
  }

  @Test
  void boundThatHasTheReverseOrderIsSaidToHaveIt() {
    assertThat(findings(runs(3, (s, seed) -> 99 - order(s) - 0.1 * seed)))
        .contains("over 24 runs, the gap is SMALLER where the bound is larger");
  }

  @Test
  void boundWithoutOrderIsSaidToHaveNone() {
    assertThat(findings(runs(3, (s, seed) -> 9 + (5 * order(s) + seed) % 3)))
        .contains("over 24 runs, no clear relation of the gap to the bound");
  }

  @Test
  void fewMeansAreSaidToBeTooFew() {
    List<Run> runs = runs(3, (s, seed) -> 9 + order(s) + 0.1 * seed);
    runs.removeIf(run -> order(run.setting()) >= 5);
    assertThat(findings(runs))
        .contains(
            "over the means of 5 settings, 5 pairs are too few to tell whether the gap goes with the"
                + " bound (rank correlation +1.00, p 0.017).");
    assertThat(findings(runs)).contains("; too few to tell of bound (+1.00), complexity (+1.00)");
  }

  @Test
  void candidatesAreSorted() {
    String findings = findings(runs(3, (s, seed) -> 9 + order(s) + 0.1 * seed));
    assertThat(findings)
        .containsMatch(
            "the gap over runs: larger with a larger bound \\(\\+1.00\\), complexity \\(\\+1.00\\);"
                + " smaller with a larger sharpness \\(-1.00\\), largest eigenvalue \\(-1.00\\);"
                + " no clear relation to distance \\([^)]*\\), norm \\(–\\), training error \\(–\\)");
    assertThat(findings)
        .containsMatch("the loss gap over runs: larger with a larger distance \\(\\+1.00\\)");
  }

  @Test
  void vacuousRunsAreCounted() {
    assertThat(findings(runs(3, (s, seed) -> 9 + 0.1 * seed)))
        .contains(
            "the bound is vacuous, at least 1, in all 24 runs; the smallest is 9.100, of which the"
                + " complexity is 8.900, where the test error is 50.10 %.");
    assertThat(findings(runs(3, (s, seed) -> seed == 1 ? 0.8 : 1)))
        .contains("the bound is vacuous, at least 1, in 16 of 24 runs; the smallest is 0.800");
    assertThat(findings(runs(3, (s, seed) -> 0.9))).contains("in none of 24 runs");
  }

  @Test
  void runsThatDivergedCountInNothingElse() {
    List<Run> runs = runs(3, (s, seed) -> 9 + order(s) + 0.1 * seed);
    Run first = runs.get(0);
    runs.set(
        0,
        new Run(
            first.setting(), first.seed(), Map.of(BoundMeasures.BOUND, 0.1), Run.Status.DIVERGED));
    assertThat(findings(runs)).contains("over 23 runs, the gap is larger where the bound is");
    assertThat(findings(runs)).contains("in all 23 runs; the smallest is 9.200");
    assertThat(findings(runs)).contains("cifar10: 1 of 24 runs diverged");
  }

  @Test
  void oneRunTellsNothing() {
    assertThat(findings(runs(1, (s, seed) -> 9).subList(0, 1)))
        .contains("over 1 runs, nothing tells whether the gap goes with the bound");
    assertThat(findings(List.of())).isEmpty();
  }

  @Test
  void picturesAreWritten(@TempDir Path folder) throws IOException {
    report(runs(3, (s, seed) -> 9 + order(s) + 0.1 * seed)).write(folder, "command");
    for (String name : List.of("bound", "sharpness", "largest-eigenvalue", "distance")) {
      assertThat(Files.size(folder.resolve("gap-" + name + "-cifar10.png"))).isGreaterThan(10_000L);
    }
    assertThat(Files.readString(folder.resolve("report.html"))).contains("gamma 0.5 coupled");
  }
}
