package io.github.tfwsam.examples.experiment;

import java.util.Locale;

/** The experiments, by their names on the command line. */
enum Catalogue {
  GAMMA_SWEEP,
  DECOUPLING,
  LABEL_NOISE,
  BOUND,
  DOMAINS,
  COST,
  CONSTANT_RHO;

  Experiment experiment() {
    return switch (this) {
      case GAMMA_SWEEP -> new GammaSweep();
      case DECOUPLING -> new Decoupling();
      case LABEL_NOISE -> new LabelNoise();
      case BOUND -> new Bound();
      case DOMAINS -> new Domains();
      case COST -> new Cost();
      case CONSTANT_RHO -> new ConstantRho();
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
