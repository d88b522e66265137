/** {@code wsam experiment}: the paper's experiments, each a grid of runs with a report. */
package io.github.tfwsam.examples.experiment;
