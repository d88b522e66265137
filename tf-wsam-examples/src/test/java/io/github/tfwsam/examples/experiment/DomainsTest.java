package io.github.tfwsam.examples.experiment;

import static com.google.common.truth.Truth.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class DomainsTest {
  private static final Experiment DOMAINS = new Domains();
  private static final List<Setting> SETTINGS =
      DOMAINS.settings(new Scale(true, List.of(), null, null, null));

  /** Text is best at one gamma, speech at another. */
  private static String findings(int seeds, double text, double speech, double gain) {
    return SampleGrid.findings(
        DOMAINS,
        new SampleGrid()
            .add(
                SETTINGS,
                seeds,
                (s, seed) ->
                    (s.number("gamma") == (s.get("task").equals("text") ? text : speech)
                            ? 0.5 + gain
                            : 0.5)
                        + SampleGrid.noise(s, seed) / 4)
            .results());
  }

  @Test
  void theBestGammasAreComparedWithOneAnother() {
    String findings = findings(3, 0.8, 0, 0.1);
    assertThat(findings)
        .contains(
            "Decoupled, the gamma with the highest mean accuracy is gamma 0.8 on text, base on speech: it is"
                + " not the same");
    assertThat(findings)
        .contains("text with the best gamma of speech: base is LESS accurate than gamma 0.8: -");
    assertThat(findings)
        .contains("speech with the best gamma of text: gamma 0.8 is LESS accurate than base: -");
    assertThat(findings(3, 0.7, 0.7, 0.1))
        .contains("gamma 0.7 on text, gamma 0.7 on speech: it is the same.");
  }

  @Test
  void theBestGammaIsComparedWithItsNeighbours() {
    String clear = findings(3, 0.95, 0, 0.1);
    assertThat(clear)
        .containsMatch(
            "text, the best gamma and its neighbours: gamma 0.95 is more accurate than gamma 0.9: [^;]*\\n");
    assertThat(clear)
        .contains(
            "speech, the best gamma and its neighbours: base is more accurate than gamma 0.5: ");
    assertThat(findings(3, 0.8, 0.8, 0.0001))
        .containsMatch("and its neighbours: no clear difference between gamma");
  }

  @Test
  void oneSeedAndNoRunTellNothing() {
    assertThat(findings(1, 0.8, 0.6, 0.1))
        .contains("one seed does not tell gamma 0.8 from gamma 0.7");
    String none =
        SampleGrid.findings(
            DOMAINS, new SampleGrid().add(SETTINGS, 2, (s, seed) -> null).results());
    assertThat(none).contains("none on text, none on speech: there are not two tasks to compare");
  }
}
