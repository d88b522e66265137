package io.github.tfwsam.optimizers;

import java.util.function.Predicate;

/** What options set. Each optimizer puts its defaults here, and reads its own. */
final class Settings {
  String name;
  double weightDecay = GraphOptimizer.WEIGHT_DECAY_DEFAULT;
  boolean decoupledWeightDecay = false;
  Predicate<String> decayed = variable -> true;
  double momentum = Sgd.MOMENTUM_DEFAULT;
  boolean nesterov = Sgd.NESTEROV_DEFAULT;
  double betaOne = Adam.BETA_ONE_DEFAULT;
  double betaTwo = Adam.BETA_TWO_DEFAULT;
  double rho = RmsProp.RHO_DEFAULT;
  boolean centered = RmsProp.CENTERED_DEFAULT;
  double initialAccumulator = Adagrad.INITIAL_ACCUMULATOR_DEFAULT;
  double epsilon;
  EpsilonPlace epsilonPlace = EpsilonPlace.PYTORCH;

  Settings(String name, double epsilon) {
    this.name = name;
    this.epsilon = epsilon;
  }

  /** Applies options; of two that set the same, the later one holds. */
  Settings with(Object[] options) {
    for (Object option : options) {
      ((Option) option).setting().accept(this);
    }
    return this;
  }
}
