package io.github.tfwsam.examples.finetune;

import io.github.tfwsam.examples.cli.Numbers;
import picocli.CommandLine.Option;

/** How long to train: one of two options. */
final class RunLength {
  @Option(
      names = "--epochs",
      paramLabel = "N",
      required = true,
      converter = Numbers.Count.class,
      description = "How often each example is seen, >= 1.")
  private Integer epochs;

  @Option(
      names = "--steps",
      paramLabel = "N",
      required = true,
      converter = Numbers.Count.class,
      description = "How many batches are seen, >= 1.")
  private Integer steps;

  /** Options for the command line to fill in. */
  RunLength() {}

  /** The number of steps, given how many an epoch has. */
  int steps(int perEpoch) {
    if (steps != null) {
      return steps;
    }
    long all = (long) epochs * perEpoch;
    if (all > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("--epochs " + epochs + ": are too many steps; give fewer");
    }
    return (int) all;
  }
}
