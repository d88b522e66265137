package io.github.tfwsam.examples.quickstart;

/**
 * How the weights are trained: the same optimizer throughout, under another gamma.
 *
 * <p>SAM is the coupled form. The decoupled one at gamma 0.5 is SAM for a base optimizer without
 * momentum only: under momentum 0.9 its sharpness term is a tenth of SAM's, as the momentum makes
 * the base optimizer's steps ten times as long, and not those of the term.
 */
enum Method {
  BASE("base", 0, true, 1),
  SAM("SAM", 0.5, false, 2),
  WSAM("WSAM", 0.9, true, 3);

  final String label;
  final double gamma;

  /** Whether the sharpness term is applied beside the base optimizer's step, not blended in. */
  final boolean decoupled;

  /** Its place in a chart, from 1. */
  final int column;

  Method(String label, double gamma, boolean decoupled, int column) {
    this.label = label;
    this.gamma = gamma;
    this.decoupled = decoupled;
    this.column = column;
  }
}
