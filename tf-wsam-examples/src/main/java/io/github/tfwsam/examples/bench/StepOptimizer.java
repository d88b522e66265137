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
  private static final float MOMENTUM = 0.9f;

  Optimizer in(Graph graph, Wsam.Options... options) {
    var momentum = new Momentum(graph, LEARNING_RATE, MOMENTUM);
    return switch (this) {
      case BASE -> momentum;
      case SAM -> {
        List<Wsam.Options> coupled = new ArrayList<>(List.of(options));
        coupled.add(Wsam.decoupled(false));
        yield new Wsam(
            graph, momentum, Wsam.RHO_DEFAULT, 0.5, coupled.toArray(Wsam.Options[]::new));
      }
      case WSAM -> new Wsam(graph, momentum, Wsam.RHO_DEFAULT, Wsam.GAMMA_DEFAULT, options);
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
