package io.github.tfwsam.examples.train;

import java.util.Locale;
import java.util.Map;

/** What {@code --optimizer} stands for: the options that it decides. */
enum TrainMethod {
  /** The base optimizer alone. */
  BASE,

  /** The gradient at w + e: WSAM coupled, with a gamma of 0.5. */
  SAM,

  /** WSAM, as the other options say. */
  WSAM;

  Map<String, Object> options() {
    return switch (this) {
      case BASE -> Map.of("--gamma", 0.0, "--coupled", false);
      case SAM -> Map.of("--gamma", 0.5, "--coupled", true);
      case WSAM -> Map.of();
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
