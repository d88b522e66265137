package io.github.tfwsam.examples.experiment;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A question, the grid of runs that is to answer it, and the answer. */
interface Experiment {
  /** What is asked. */
  String question();

  /**
   * The settings of the grid; all have the same columns. Each is run with each seed.
   *
   * @param scale which tasks are run, and at which size
   */
  List<Setting> settings(Scale scale);

  /**
   * How a run is run.
   *
   * @param data the tasks' examples
   */
  default Runner runner(DataSets data) {
    return new TrainingRunner(data, TrainingRunner.Extra.NONE);
  }

  /** What is measured besides what all experiments measure: further columns, in order. */
  default List<String> furtherMeasures() {
    return List.of();
  }

  /** Whether several runs may be run at a time. */
  default boolean isParallel() {
    return true;
  }

  /**
   * Tells what came out.
   *
   * @param results all runs
   * @param folder where results.csv is, and what runs left behind besides; that may be gone
   * @param report where to
   * @throws IOException if what runs left behind cannot be read
   */
  void report(Results results, Path folder, Report report) throws IOException;
}
