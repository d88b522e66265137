package io.github.tfwsam.examples.bench;

import io.github.tfwsam.Wsam;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.tensorflow.Graph;
import org.tensorflow.framework.optimizers.Momentum;
import org.tensorflow.framework.optimizers.Optimizer;

/** What takes the steps of {@code wsam bench step}, always on the framework's own Momentum. */
enum StepOptimizer {
  /** Momentum alone. */
  BASE,
  /** The gradient at w + e: WSAM coupled, with a gamma of 0.5. */
  SAM,
  /** WSAM decoupled, with a gamma of 0.9. */
  WSAM;

  private static final float LEARNING_RATE = 0.01f;
  private static final double SAM_GAMMA = 0.5;
  private static final float MOMENTUM = 0.9f;

  Optimizer in(Graph graph, Wsam.Options... options) {
    var momentum = new Momentum(graph, LEARNING_RATE, MOMENTUM);
    if (this == BASE) {
      return momentum;
    }
    double gamma = this == SAM ? SAM_GAMMA : Wsam.GAMMA_DEFAULT;
    List<Wsam.Options> all = new ArrayList<>(List.of(options));
    all.add(Wsam.decoupled(this == WSAM));
    return new Wsam(graph, momentum, Wsam.RHO_DEFAULT, gamma, all.toArray(Wsam.Options[]::new));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
