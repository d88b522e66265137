package io.github.tfwsam.examples.reference;

import io.github.tfwsam.optimizers.Adam;
import io.github.tfwsam.optimizers.AdamW;
import io.github.tfwsam.optimizers.Sgd;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.tensorflow.Graph;
import org.tensorflow.framework.optimizers.Optimizer;

/** A base optimizer of the reference: one of {@code torch.optim}, with PyTorch's defaults. */
enum Base {
  SGD,
  MOMENTUM,
  NESTEROV,
  ADAM,
  ADAMW;

  /** The names of the hyper-parameters that it has. */
  List<String> hyperParameters() {
    return switch (this) {
      case SGD -> List.of("lr", "weight_decay");
      case MOMENTUM, NESTEROV -> List.of("lr", "weight_decay", "momentum");
      case ADAM, ADAMW -> List.of("lr", "weight_decay", "beta1", "beta2", "eps");
    };
  }

  /** The same optimizer in a graph; it checks the ranges of the numbers. */
  Optimizer in(Graph graph, Map<String, Double> hyper) {
    double learningRate = hyper.get("lr");
    double momentum = hyper.getOrDefault("momentum", Sgd.MOMENTUM_DEFAULT);
    double weightDecay =
        hyper.getOrDefault(
            "weight_decay", this == ADAMW ? AdamW.WEIGHT_DECAY_DEFAULT : Adam.WEIGHT_DECAY_DEFAULT);
    Adam.Options[] adam = {
      Adam.betaOne(hyper.getOrDefault("beta1", Adam.BETA_ONE_DEFAULT)),
      Adam.betaTwo(hyper.getOrDefault("beta2", Adam.BETA_TWO_DEFAULT)),
      Adam.epsilon(hyper.getOrDefault("eps", Adam.EPSILON_DEFAULT)),
      Adam.weightDecay(weightDecay),
    };
    return switch (this) {
      case SGD, MOMENTUM, NESTEROV ->
          new Sgd(
              graph,
              learningRate,
              Sgd.momentum(momentum),
              Sgd.nesterov(this == NESTEROV),
              Sgd.weightDecay(weightDecay));
      case ADAM -> new Adam(graph, learningRate, adam);
      case ADAMW -> new AdamW(graph, learningRate, adam);
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
