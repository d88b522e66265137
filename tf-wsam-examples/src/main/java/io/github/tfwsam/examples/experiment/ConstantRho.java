package io.github.tfwsam.examples.experiment;

import java.nio.file.Path;
import java.util.List;

/** Whether the gradient's norm goes to 0 where rho stays. */
final class ConstantRho implements Experiment {
  @Override
  public String question() {
    return "Does training converge where rho is constant?";
  }

  @Override
  public List<Setting> settings(Scale scale) {
    return List.of();
  }

  @Override
  public void report(Results results, Path folder, Report report) {}
}
