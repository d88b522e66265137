package io.github.tfwsam.examples.toy;

/**
 * A place on the way of an optimizer.
 *
 * @param m the first parameter
 * @param s the second parameter
 * @param loss the loss there
 */
record Position(double m, double s, double loss) {}
