package io.github.tfwsam.examples.train;

import java.util.Locale;
import java.util.Map;

/** What {@code --optimizer} stands for: the options that it decides. */
enum TrainMethod {
  /** The base optimizer alone. */
  BASE(Map.of("--gamma", 0.0, "--coupled", false)),

  /** The gradient at w + e: WSAM coupled, with a gamma of 0.5. */
  SAM(Map.of("--gamma", 0.5, "--coupled", true)),

  /** WSAM, as the other options say. */
  WSAM(Map.of());

  private final Map<String, Object> options;

  TrainMethod(Map<String, Object> options) {
    this.options = options;
  }

  Map<String, Object> options() {
    return options;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
