package io.github.tfwsam.examples.experiment;

import java.util.List;

/**
 * A way to train, with its published form: the base optimizer alone, SAM coupled, WSAM decoupled.
 *
 * @param label its name for a reader
 * @param gamma the weight of the sharpness
 * @param coupled whether the base optimizer steps with the sharpness in its gradient
 */
record Method(String label, double gamma, boolean coupled) {
  static final Method BASE = new Method("base", 0, false);
  static final Method SAM = new Method("SAM", 0.5, true);
  static final Method WSAM = new Method("WSAM", 0.9, false);
  static final List<Method> ALL = List.of(BASE, SAM, WSAM);

  Setting in(Setting setting) {
    return setting.with("gamma", gamma, "coupled", coupled);
  }

  /** Those of the results that were trained so. */
  Results of(Results results) {
    return results.where("gamma", gamma).where("coupled", coupled);
  }
}
