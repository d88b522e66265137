package io.github.tfwsam.examples.experiment;

import static com.google.common.truth.Truth.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CostTest {
  private static final Experiment COST = new Cost();
  private static final List<Setting> SETTINGS =
      COST.settings(new Scale(true, List.of(), null, null, null));

  /** Training twice as long gains 2 points, WSAM a number of them. */
  private static Results results(int seeds, double gain) {
    return new Grid()
        .add(
            SETTINGS,
            seeds,
            (s, seed) ->
                0.5
                    + 0.02 * Math.log(s.number("epochs")) / Math.log(2)
                    + (s.number("gamma") == 0.9 ? gain : 0)
                    + Grid.noise(s, seed) / 8)
        .results();
  }

  @Test
  void methodsAreComparedInAboutEqualTime() {
    String worth = Grid.findings(COST, results(3, 0.05));
    // A step of two passes takes twice the base's here: 8 epochs of it as long as 15 of the base.
    assertThat(worth)
        .contains(
            "cifar10, in about equal time: WSAM of 8 epochs (16.3 s) is more accurate than base of"
                + " 15 epochs (15.3 s): +3.");
    assertThat(worth)
        .contains("WSAM of 15 epochs (30.6 s) is more accurate than base of 30 epochs");
    assertThat(worth).contains("SAM of 15 epochs (30.6 s) is LESS accurate than base of 30 epochs");
    assertThat(worth).contains("WSAM of 15 epochs (30.6 s) is more accurate than SAM of 15 epochs");
    assertThat(Grid.findings(COST, results(3, 0)))
        .contains("WSAM of 15 epochs (30.6 s) is LESS accurate than base of 30 epochs");
  }

  @Test
  void theTimeIsRelativeToTheBaseAtEqualEpochs() {
    assertThat(Grid.findings(COST, results(3, 0)))
        .contains(
            "at equal epochs training took, times the base's: SAM: 2.00 (95 % interval 2.00 to 2.00),"
                + " WSAM: 2.00 (95 % interval 2.00 to 2.00), WSAM every 2: 2.00");
    assertThat(Grid.findings(COST, results(1, 0))).contains("SAM: 2.00 (one seed)");
  }

  @Test
  void nothingIsComparedThatIsNotDone(@TempDir Path folder) throws IOException {
    Report report =
        Grid.report(
            COST,
            new Grid()
                .add(SETTINGS, 2, (s, seed) -> s.number("gamma") == 0.0 ? null : 0.5)
                .results());
    String findings = String.join("\n", report.findings());
    assertThat(findings).contains("no run tells what a second pass costs");
    assertThat(findings).contains("no length of base took about as long as one of WSAM.");
    assertThat(findings + report.text()).doesNotContain("NaN");
    report.write(folder, "command");
    assertThat(Files.size(folder.resolve("accuracy-cifar10.png"))).isGreaterThan(10_000L);
  }
}
