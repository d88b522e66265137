package io.github.tfwsam.examples.bench;

import io.github.tfwsam.examples.models.Mlp;
import io.github.tfwsam.examples.models.Network;
import io.github.tfwsam.examples.models.ResNet;
import io.github.tfwsam.examples.models.TransformerEncoder;
import java.util.List;
import java.util.Locale;

/** What {@code wsam bench step} trains. */
enum StepModel {
  /** 269,322 parameters. */
  MLP,
  /** 272,474 parameters. */
  RESNET20,
  /** 11,173,962 parameters. */
  RESNET18,
  /** 5,226,506 parameters. */
  TRANSFORMER;

  private static final int CLASSES = 10;

  Network<?> network() {
    return switch (this) {
      case MLP -> new Mlp(784, List.of(256, 256), CLASSES);
      case RESNET20 -> ResNet.resnet20(CLASSES);
      case RESNET18 -> ResNet.resnet18(CLASSES);
      case TRANSFORMER -> new TransformerEncoder(8000, 64, 256, 4, 4, CLASSES);
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
