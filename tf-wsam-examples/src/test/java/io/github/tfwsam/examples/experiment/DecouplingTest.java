package io.github.tfwsam.examples.experiment;

import static com.google.common.truth.Truth.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DecouplingTest {
  private static final Experiment DECOUPLING = new Decoupling();
  private static final List<Setting> SETTINGS =
      DECOUPLING.settings(new Scale(true, List.of(), null, null, null));

  /** Decoupling gains with adam, and loses with sgd. */
  private static Results results(int seeds, double gain) {
    return new SampleGrid()
        .add(
            SETTINGS,
            seeds,
            (s, seed) -> {
              double effect =
                  switch (s.get("base")) {
                    case "adam" -> gain;
                    case "sgd" -> -gain;
                    default -> 0;
                  };
              // The seeds differ by more than the forms.
              return 0.1 * seed
                  + (s.get("coupled").equals("false") ? effect : 0)
                  + 0.001 * (seed % 2) * (s.get("coupled").equals("false") ? 1 : -1);
            })
        .results();
  }

  @Test
  void cellsAreCounted() {
    String findings = SampleGrid.findings(DECOUPLING, results(4, 0.05));
    assertThat(findings)
        .contains(
            "Of 30 cells of a task, a base optimizer and a rho, decoupled is more accurate than"
                + " coupled in 6, LESS accurate in 6, and there is no clear difference in 18. Were");
    assertThat(findings)
        .contains("text, adam, rho 0.05: more accurate (+5.10 points, 95 % interval +4.92 to");
    assertThat(findings).contains("text, sgd, rho 0.05: LESS accurate (-4.90 points");
    assertThat(SampleGrid.findings(DECOUPLING, results(4, 0)))
        .contains("in 0, LESS accurate in 0, and there is no clear difference in 30.");
  }

  @Test
  void whatCannotBeToldIsCountedApart() {
    assertThat(SampleGrid.findings(DECOUPLING, results(1, 0.05)))
        .contains("no clear difference in 0; of 30 too few runs are done to tell. Were");
    Results diverged =
        new SampleGrid()
            .add(
                SETTINGS,
                3,
                (s, seed) ->
                    s.get("base").equals("sgd") && s.get("coupled").equals("true")
                        ? null
                        : 0.5 + SampleGrid.noise(s, seed))
            .results();
    Report report = SampleGrid.report(DECOUPLING, diverged);
    assertThat(report.findings().get(0)).contains("; of 6 too few runs are done to tell");
    assertThat(report.text()).containsMatch("digits +sgd +0.1 +– +– +0 +unknown +3 +0\n");
    assertThat(report.text())
        .contains(
            "speech: diverged, and left out of every mean: sgd, 0.025, coupled (all 3 runs),"
                + " sgd, 0.1, coupled (all 3 runs).");
    assertThat(report.text()).doesNotContain("NaN");
  }

  @Test
  void theDifferencesAreDrawn(@TempDir Path folder) throws IOException {
    for (int seeds : new int[] {1, 3}) {
      Path out = folder.resolve("seeds" + seeds);
      SampleGrid.report(DECOUPLING, results(seeds, 0.05)).write(out, "command");
      assertThat(Files.size(out.resolve("differences.png"))).isGreaterThan(10_000L);
    }
    Path none = folder.resolve("none");
    SampleGrid.report(DECOUPLING, new SampleGrid().add(SETTINGS, 2, (s, seed) -> null).results())
        .write(none, "command");
    assertThat(none.toFile().list()).asList().containsExactly("report.html");
  }
}
