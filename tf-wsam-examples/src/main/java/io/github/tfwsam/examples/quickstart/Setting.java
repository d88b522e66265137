package io.github.tfwsam.examples.quickstart;

/**
 * What one run is run with. Runs that differ in the method alone share the split, the wrong labels,
 * the first weights and the batches.
 *
 * @param method base, SAM or WSAM
 * @param wrongLabels the share of training labels that are wrong
 * @param seed where split, wrong labels, weights and batches come from
 * @param epochs how often each training example is seen
 */
record Setting(Method method, double wrongLabels, int seed, int epochs) {
  static final int TRAINING_EXAMPLES = 1000;
  static final int HIDDEN = 128;
  static final int BATCH = 32;
  static final double LEARNING_RATE = 0.05;
  static final double MOMENTUM = 0.9;
  static final double RHO = 0.4;
}
