package io.github.tfwsam.examples.quickstart;

/** How the weights are trained: the same optimizer throughout, under another gamma. */
enum Method {
  BASE("base", 0, 1),
  SAM("SAM", 0.5, 2),
  WSAM("WSAM", 0.9, 3);

  final String label;
  final double gamma;

  /** Its place in a chart, from 1. */
  final int column;

  Method(String label, double gamma, int column) {
    this.label = label;
    this.gamma = gamma;
    this.column = column;
  }
}
