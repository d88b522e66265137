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
    return new SampleGrid()
        .add(
            SETTINGS,
            seeds,
            (s, seed) ->
                0.5
                    + 0.02 * Math.log(s.number("epochs")) / Math.log(2)
                    + (s.number("gamma") == 0.9 ? gain : 0)
                    + SampleGrid.noise(s, seed) / 8)
        .results();
  }

  @Test
  void methodsAreComparedInAboutEqualTime() {
    String worth = SampleGrid.findings(COST, results(3, 0.05));
    // A step of two passes takes twice the base's here: 10 epochs of it as long as 20 of the base.
    assertThat(worth)
        .contains(
            "cifar10, in about equal time: WSAM of 10 epochs (20.4 s) is more accurate than base of"
                + " 20 epochs (20.4 s): +3.");
    assertThat(worth)
        .contains("WSAM of 20 epochs (40.8 s) is more accurate than base of 40 epochs");
    assertThat(worth).contains("SAM of 20 epochs (40.8 s) is LESS accurate than base of 40 epochs");
    assertThat(worth).contains("WSAM of 20 epochs (40.8 s) is more accurate than SAM of 20 epochs");
    assertThat(SampleGrid.findings(COST, results(3, 0)))
        .contains("WSAM of 20 epochs (40.8 s) is LESS accurate than base of 40 epochs");
  }

  @Test
  void theTimeIsRelativeToTheBaseAtEqualEpochs() {
    assertThat(SampleGrid.findings(COST, results(3, 0)))
        .contains(
            "at equal epochs training took, times the base's: SAM: 2.00 (95 % interval 2.00 to 2.00),"
                + " WSAM: 2.00 (95 % interval 2.00 to 2.00), WSAM every 2: 2.00");
    assertThat(SampleGrid.findings(COST, results(1, 0))).contains("SAM: 2.00 (one seed)");
  }

  @Test
  void nothingIsComparedThatIsNotDone(@TempDir Path folder) throws IOException {
    Report report =
        SampleGrid.report(
            COST,
            new SampleGrid()
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
