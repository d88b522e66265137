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
      NOISE.settings(new Scale(true, List.of(), null, null, null));

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
            "cifar10, WSAM against base by the share of wrong labels: no clear difference with 0 %,"
                + " 20 %; more accurate with 40 % \\(\\+[^()]* seeds\\), 60 % \\(\\+[^()]* seeds\\);"
                + " unknown with 80 %\\.");
    assertThat(better)
        .contains(
            "SAM against base by the share of wrong labels: no clear difference with 0 %, 20 %, 40 %");
    assertThat(better).contains("left out of every mean: 80 %, WSAM (all 3 runs)");
    String worse = Grid.findings(NOISE, results(3, -0.1));
    assertThat(worse).containsMatch("WSAM against SAM .*LESS accurate with 40 % \\(-");
    assertThat(worse).doesNotContain("more accurate");
  }

  @Test
  void oneSeedTellsNothing() {
    String findings = Grid.findings(NOISE, results(1, 0.1));
    assertThat(findings).doesNotContain("accurate");
    assertThat(findings)
        .contains(
            "SAM against base by the share of wrong labels: unknown with 0 %, 20 %, 40 %, 60 %, 80 %.");
  }

  @Test
  void picturesAreWritten(@TempDir Path folder) throws IOException {
    Grid.report(NOISE, results(3, 0.1)).write(folder, "command");
    for (String name : List.of("accuracy", "training-loss", "sharpness", "largest-eigenvalue")) {
      assertThat(Files.size(folder.resolve(name + "-cifar10.png"))).isGreaterThan(10_000L);
    }
  }
}
