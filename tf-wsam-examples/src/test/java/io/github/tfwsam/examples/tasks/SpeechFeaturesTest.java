package io.github.tfwsam.examples.tasks;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SpeechFeaturesTest {
  private final SpeechFeatures features = new SpeechFeatures();

  @AfterEach
  void close() {
    features.close();
  }

  private static float[] noise(int samples, double loudness) {
    var random = new java.util.Random(1);
    float[] sound = new float[samples];
    for (int i = 0; i < samples; i++) {
      sound[i] = (float) (loudness * random.nextGaussian());
    }
    return sound;
  }

  @Test
  void loudnessIsInTheFirstCoefficientAlone() {
    float[] soft = features.of(noise(8000, 0.01));
    float[] loud = features.of(noise(8000, 0.1));
    assertThat(soft).hasLength(61 * 40);
    for (int i = 0; i < soft.length; i++) {
      // The cosine transform of a constant, ln 10 in each of 40 bands: ln 10 * sqrt(2 / 40) * 40.
      double louder = i % 40 == 0 ? Math.log(10) * Math.sqrt(2.0 / 40) * 40 : 0;
      assertWithMessage("number %s", i).that(loud[i] - soft[i]).isWithin(1e-3f).of((float) louder);
    }
  }

  @Test
  void aSoundIsCutOrPaddedToOneSecond() {
    float[] sound = noise(9000, 0.1);
    assertThat(features.of(sound)).isEqualTo(features.of(Arrays.copyOf(sound, 8000)));
    float[] brief = Arrays.copyOf(sound, 4000);
    assertThat(features.of(brief)).isEqualTo(features.of(Arrays.copyOf(brief, 8000)));
    assertThat(features.of(brief)).isNotEqualTo(features.of(sound));
  }
}
