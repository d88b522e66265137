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
      return new Adam(graph, 0.1, Adam.betaTwo(0.99));
    }

    @Override
    void step(State s, double gradient) {
      adam(s, gradient, 0.9, 0.99, 1e-8);
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
  },
  SGD_DECOUPLED_WEIGHT_DECAY {
    @Override
    Optimizer in(Graph graph) {
      return new Sgd(
          graph,
          0.1,
          Sgd.momentum(0.9),
          Sgd.nesterov(true),
          Sgd.weightDecay(0.3),
          Sgd.decoupledWeightDecay(true));
    }

    @Override
    void step(State s, double gradient) {
      s.w *= 1 - 0.1 * 0.3;
      NESTEROV.step(s, gradient);
    }
  },
  ADAM_AS_KERAS {
    @Override
    Optimizer in(Graph graph) {
      return new Adam(graph, 0.1, Adam.betaTwo(0.95), Adam.epsilon(0.1, EpsilonPlace.KERAS));
    }

    @Override
    void step(State s, double gradient) {
      s.t++;
      s.m = 0.9 * s.m + 0.1 * gradient;
      s.v = 0.95 * s.v + 0.05 * gradient * gradient;
      double rate = 0.1 * Math.sqrt(1 - Math.pow(0.95, s.t)) / (1 - Math.pow(0.9, s.t));
      s.w -= rate * s.m / (Math.sqrt(s.v) + 0.1);
    }
  },
  RMS_PROP {
    @Override
    Optimizer in(Graph graph) {
      return new RmsProp(graph, 0.1, RmsProp.rho(0.9), RmsProp.epsilon(0.1));
    }

    @Override
    void step(State s, double gradient) {
      s.v = 0.9 * s.v + 0.1 * gradient * gradient;
      s.w -= 0.1 * gradient / (Math.sqrt(s.v) + 0.1);
    }
  },
  RMS_PROP_MOMENTUM {
    @Override
    Optimizer in(Graph graph) {
      return new RmsProp(
          graph,
          0.1,
          RmsProp.rho(0.8),
          RmsProp.momentum(0.5),
          RmsProp.centered(true),
          RmsProp.epsilon(0.1),
          RmsProp.weightDecay(0.3));
    }

    @Override
    void step(State s, double gradient) {
      double g = gradient + 0.3 * s.w;
      s.v = 0.8 * s.v + 0.2 * g * g;
      s.a = 0.8 * s.a + 0.2 * g;
      s.m = 0.5 * s.m + g / (Math.sqrt(s.v - s.a * s.a) + 0.1);
      s.w -= 0.1 * s.m;
    }
  },
  RMS_PROP_AS_KERAS {
    @Override
    Optimizer in(Graph graph) {
      return new RmsProp(
          graph,
          0.1,
          RmsProp.rho(0.9),
          RmsProp.centered(true),
          RmsProp.epsilon(0.1, EpsilonPlace.KERAS));
    }

    @Override
    void step(State s, double gradient) {
      s.v = 0.9 * s.v + 0.1 * gradient * gradient;
      s.a = 0.9 * s.a + 0.1 * gradient;
      s.w -= 0.1 * gradient / Math.sqrt(s.v - s.a * s.a + 0.1);
    }
  },
  ADAGRAD {
    @Override
    Optimizer in(Graph graph) {
      return new Adagrad(graph, 0.1, Adagrad.initialAccumulator(0.2), Adagrad.epsilon(0.1));
    }

    @Override
    void step(State s, double gradient) {
      s.v += gradient * gradient;
      s.w -= 0.1 * gradient / (Math.sqrt(s.v + 0.2) + 0.1);
    }
  },
  ADAGRAD_AS_KERAS {
    @Override
    Optimizer in(Graph graph) {
      return new Adagrad(
          graph,
          0.1,
          Adagrad.initialAccumulator(0.2),
          Adagrad.epsilon(0.1, EpsilonPlace.KERAS),
          Adagrad.weightDecay(0.3),
          Adagrad.decoupledWeightDecay(true));
    }

    @Override
    void step(State s, double gradient) {
      s.w *= 1 - 0.1 * 0.3;
      s.v += gradient * gradient;
      s.w -= 0.1 * gradient / Math.sqrt(s.v + 0.2 + 0.1);
    }
  };

  /** A weight, what the optimizer keeps of it, and the number of steps. */
  static final class State {
    double w;
    double m;
    double v;
    double a;
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
