package io.github.tfwsam.optimizers;

import org.tensorflow.Graph;
import org.tensorflow.framework.optimizers.Optimizer;

/** Each optimizer with its formula, in double precision on one number. */
enum Formula {
  SGD {
    @Override
    Optimizer in(Graph graph) {
      return new Sgd(graph, 0.1);
    }

    @Override
    void step(State s, double gradient) {
      s.w -= 0.1 * gradient;
    }
  },
  SGD_WEIGHT_DECAY {
    @Override
    Optimizer in(Graph graph) {
      return new Sgd(graph, 0.1, Sgd.weightDecay(0.3));
    }

    @Override
    void step(State s, double gradient) {
      s.w -= 0.1 * (gradient + 0.3 * s.w);
    }
  },
  MOMENTUM {
    @Override
    Optimizer in(Graph graph) {
      return new Sgd(graph, 0.1, Sgd.momentum(0.9), Sgd.weightDecay(0.3));
    }

    @Override
    void step(State s, double gradient) {
      s.m = 0.9 * s.m + gradient + 0.3 * s.w;
      s.w -= 0.1 * s.m;
    }
  },
  NESTEROV {
    @Override
    Optimizer in(Graph graph) {
      return new Sgd(graph, 0.1, Sgd.momentum(0.9), Sgd.nesterov(true));
    }

    @Override
    void step(State s, double gradient) {
      s.m = 0.9 * s.m + gradient;
      s.w -= 0.1 * (gradient + 0.9 * s.m);
    }
  },
  ADAM {
    @Override
    Optimizer in(Graph graph) {
      return new Adam(graph, 0.1);
    }

    @Override
    void step(State s, double gradient) {
      adam(s, gradient, 0.9, 0.999, 1e-8);
    }
  },
  ADAM_WEIGHT_DECAY {
    @Override
    Optimizer in(Graph graph) {
      return new Adam(
          graph,
          0.1,
          Adam.betaOne(0.8),
          Adam.betaTwo(0.95),
          Adam.epsilon(0.1),
          Adam.weightDecay(0.3));
    }

    @Override
    void step(State s, double gradient) {
      adam(s, gradient + 0.3 * s.w, 0.8, 0.95, 0.1);
    }
  },
  ADAMW {
    @Override
    Optimizer in(Graph graph) {
      return new AdamW(
          graph,
          0.1,
          Adam.betaOne(0.8),
          Adam.betaTwo(0.95),
          Adam.epsilon(0.1),
          Adam.weightDecay(0.3));
    }

    @Override
    void step(State s, double gradient) {
      s.w *= 1 - 0.1 * 0.3;
      adam(s, gradient, 0.8, 0.95, 0.1);
    }
  };

  /** A weight, what the optimizer keeps of it, and the number of steps. */
  static final class State {
    double w;
    double m;
    double v;
    int t;

    State(double w) {
      this.w = w;
    }
  }

  abstract Optimizer in(Graph graph);

  /** One step; the learning rate is 0.1. */
  abstract void step(State state, double gradient);

  private static void adam(
      State s, double gradient, double betaOne, double betaTwo, double epsilon) {
    s.t++;
    s.m = betaOne * s.m + (1 - betaOne) * gradient;
    s.v = betaTwo * s.v + (1 - betaTwo) * gradient * gradient;
    double m = s.m / (1 - Math.pow(betaOne, s.t));
    double v = s.v / (1 - Math.pow(betaTwo, s.t));
    s.w -= 0.1 * m / (Math.sqrt(v) + epsilon);
  }
}
