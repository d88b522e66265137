package io.github.tfwsam.examples.experiment;

import static com.google.common.truth.Truth.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelNoiseTest {
  private static final Experiment NOISE = new LabelNoise();
  private static final List<Setting> SETTINGS =
      NOISE.settings(new Scale(true, List.of(), null, null));

  /** WSAM gains a number of points at some shares; at 0.8 it diverges. */
  private static Results results(int seeds, double gain) {
    return new Grid()
        .add(
            SETTINGS,
            seeds,
            (s, seed) -> {
              double share = s.number("label_noise");
              boolean wsam = s.number("gamma") == 0.9;
              return wsam && share == 0.8
                  ? null
                  : 0.7 - 0.5 * share + (wsam && share > 0.3 ? gain : 0) + Grid.noise(s, seed);
            })
        .results();
  }

  @Test
  void eachShareIsComparedByItself() {
    String better = Grid.findings(NOISE, results(3, 0.1));
    assertThat(better)
        .containsMatch(
            "cifar10: WSAM is more accurate than base: \\+.* with 40 % wrong labels; WSAM is more"
                + " accurate than base: .* with 60 % wrong labels; no clear difference between WSAM"
                + " and base with 0 %, 20 %; less than two seeds are done with both WSAM and base,"
                + " so nothing is known, with 80 %\\.");
    assertThat(better)
        .contains("cifar10: no clear difference between SAM and base with 0 %, 20 %, 40 %");
    assertThat(better).contains("left out of every mean: 80 %, WSAM (all 3 runs)");
    String worse = Grid.findings(NOISE, results(3, -0.1));
    assertThat(worse).contains("WSAM is LESS accurate than SAM: -");
    assertThat(worse).doesNotContain("WSAM is more accurate");
  }

  @Test
  void oneSeedTellsNothing() {
    String findings = Grid.findings(NOISE, results(1, 0.1));
    assertThat(findings).doesNotContain("accurate");
    assertThat(findings)
        .contains("both SAM and base, so nothing is known, with 0 %, 20 %, 40 %, 60 %, 80 %.");
  }

  @Test
  void picturesAreWritten(@TempDir Path folder) throws IOException {
    Grid.report(NOISE, results(3, 0.1)).write(folder, "command");
    for (String name : List.of("accuracy", "training-loss", "sharpness", "largest-eigenvalue")) {
      assertThat(Files.size(folder.resolve(name + "-cifar10.png"))).isGreaterThan(10_000L);
    }
  }
}
