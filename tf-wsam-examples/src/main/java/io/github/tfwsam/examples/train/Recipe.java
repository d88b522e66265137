package io.github.tfwsam.examples.train;

import io.github.tfwsam.examples.cli.BaseOptimizer;
import io.github.tfwsam.examples.cli.RateSchedule;
import java.util.Locale;
import java.util.Map;

/** What {@code --recipe} stands for: values of options that are not given by hand. */
public enum Recipe {
  /**
   * The authors' training of ResNet-18 on CIFAR.
   *
   * <p>Source: the example beside their optimizer in the Python package atorch, of the paper <a
   * href="https://arxiv.org/abs/2305.15817">arXiv 2305.15817</a>.
   */
  PAPER;

  /**
   * The values.
   *
   * @return by the name of the option, with its dashes
   */
  public Map<String, Object> options() {
    return switch (this) {
      case PAPER ->
          Map.ofEntries(
              Map.entry("--model", "resnet18"),
              Map.entry("--batch", 128),
              Map.entry("--epochs", 200),
              Map.entry("--base", BaseOptimizer.MOMENTUM),
              Map.entry("--lr", 0.1),
              Map.entry("--momentum", 0.9),
              Map.entry("--weight-decay", 5e-4),
              Map.entry("--schedule", RateSchedule.COSINE),
              Map.entry("--rho", 0.2),
              Map.entry("--gamma", 0.9),
              Map.entry("--augment", true));
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
