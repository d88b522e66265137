package io.github.tfwsam.examples.experiment;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** Runs a run as {@code wsam train} does. */
final class TrainingRunner implements Runner {
  /** What is measured besides. */
  @FunctionalInterface
  interface Extra {
    /** Nothing. */
    Extra NONE = (setting, seed) -> Map.of();

    /** By the name of the column. */
    Map<String, Double> measure(Setting setting, long seed) throws IOException;
  }

  TrainingRunner(DataSets data, Extra extra) {}

  @Override
  public Run run(Setting setting, long seed, Path folder) throws IOException {
    throw new UnsupportedOperationException();
  }
}
