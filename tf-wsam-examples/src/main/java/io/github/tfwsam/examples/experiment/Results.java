package io.github.tfwsam.examples.experiment;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The runs of an experiment, and what is asked of them. What diverged is counted, and in nothing
 * else.
 */
final class Results {
  private final List<Run> runs;

  /**
   * The results.
   *
   * @param runs the runs, those of a setting next to one another or not
   */
  Results(List<Run> runs) {
    this.runs = runs.stream().sorted(Comparator.comparingLong(Run::seed)).toList();
  }

  List<Run> runs() {
    return runs;
  }

  /** The runs with a value in a column. */
  Results where(String column, Object value) {
    return new Results(
        runs.stream().filter(r -> r.setting().get(column).equals(Setting.text(value))).toList());
  }

  /** The different values of a column, in the order of the runs. */
  List<String> values(String column) {
    return runs.stream().map(r -> r.setting().get(column)).distinct().toList();
  }

  List<Long> seeds() {
    return runs.stream().map(Run::seed).distinct().toList();
  }

  List<Run> done() {
    return runs.stream().filter(Run::isDone).toList();
  }

  int diverged() {
    return runs.size() - done().size();
  }

  /** A measure of each run that is done, by seed. */
  List<Double> measures(String measure) {
    return done().stream().map(r -> r.measure(measure)).toList();
  }

  /**
   * A measure here minus that of other results, for each seed of which both have a run that is
   * done. Each has one setting.
   */
  List<Double> differences(Results others, String measure) {
    List<Double> differences = new ArrayList<>();
    for (Run run : done()) {
      for (Run other : others.done()) {
        if (other.seed() == run.seed()) {
          differences.add(run.measure(measure) - other.measure(measure));
        }
      }
    }
    return differences;
  }
}
