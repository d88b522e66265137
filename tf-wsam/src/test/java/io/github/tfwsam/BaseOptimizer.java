package io.github.tfwsam;

import org.tensorflow.Graph;
import org.tensorflow.framework.optimizers.AdaDelta;
import org.tensorflow.framework.optimizers.AdaGrad;
import org.tensorflow.framework.optimizers.AdaGradDA;
import org.tensorflow.framework.optimizers.Adam;
import org.tensorflow.framework.optimizers.Adamax;
import org.tensorflow.framework.optimizers.Ftrl;
import org.tensorflow.framework.optimizers.GradientDescent;
import org.tensorflow.framework.optimizers.Momentum;
import org.tensorflow.framework.optimizers.Nadam;
import org.tensorflow.framework.optimizers.Optimizer;
import org.tensorflow.framework.optimizers.RMSProp;

/**
 * Every optimizer of tensorflow-framework, with hyper-parameters at which a small network learns.
 */
enum BaseOptimizer {
  GRADIENT_DESCENT(0.1),
  MOMENTUM(0.1),
  NESTEROV(0.1),
  ADAM(0.01),
  ADAMAX(0.01),
  ADA_GRAD(0.1),
  ADA_GRAD_DA(0.1),
  ADA_DELTA(0.5),
  FTRL(0.1),
  RMS_PROP(0.01),
  CENTERED_RMS_PROP(0.01),
  NADAM(0.01);

  final double learningRate;

  BaseOptimizer(double learningRate) {
    this.learningRate = learningRate;
  }

  Optimizer in(Graph graph) {
    return switch (this) {
      case GRADIENT_DESCENT -> new GradientDescent(graph, 0.1f);
      case MOMENTUM -> new Momentum(graph, 0.1f, 0.9f);
      case NESTEROV -> new Momentum(graph, 0.1f, 0.9f, true);
      case ADAM -> new Adam(graph, 0.01f);
      case ADAMAX -> new Adamax(graph, 0.01f);
      case ADA_GRAD -> new AdaGrad(graph, 0.1f, 0.1f);
      case ADA_GRAD_DA -> new AdaGradDA(graph, 0.1f, 0.1f, 0.01f, 0.01f);
      case ADA_DELTA -> new AdaDelta(graph, 0.5f);
      case FTRL -> new Ftrl(graph, 0.1f, -0.5f, 0.1f, 0.001f, 0.001f, 0.001f);
      case RMS_PROP -> new RMSProp(graph, 0.01f, 0.9f, 0.1f, 1e-7f, false);
      case CENTERED_RMS_PROP -> new RMSProp(graph, 0.01f, 0.9f, 0.1f, 1e-7f, true);
      case NADAM -> new Nadam(graph, 0.01f);
    };
  }

  /** True of those whose own step, without WSAM, is not the same in every run. */
  boolean isRacy() {
    return this == ADAM || this == ADAMAX || this == ADA_GRAD_DA;
  }
}
