package io.github.tfwsam.examples.quickstart;

import io.github.tfwsam.examples.report.Statistics;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** The results of all runs, and what is asked of them. */
final class Results {
  private final List<RunResult> runs;

  Results(List<RunResult> runs) {
    this.runs = List.copyOf(runs);
  }

  List<Double> noises() {
    return runs.stream().map(run -> run.setting().wrongLabels()).distinct().toList();
  }

  int seeds() {
    return (int) runs.stream().map(run -> run.setting().seed()).distinct().count();
  }

  int epochs() {
    return runs.get(0).setting().epochs();
  }

  /** The runs of one method, by seed. */
  List<RunResult> of(Method method, double wrongLabels) {
    return runs.stream()
        .filter(run -> run.setting().method() == method)
        .filter(run -> run.setting().wrongLabels() == wrongLabels)
        .toList();
  }

  List<Double> values(Method method, double wrongLabels, Function<RunResult, Double> value) {
    return of(method, wrongLabels).stream().map(value).toList();
  }

  /** For each seed the value of one method minus that of another. */
  List<Double> differences(
      Method method, Method other, double wrongLabels, Function<RunResult, Double> value) {
    List<Double> of = values(method, wrongLabels, value);
    List<Double> ofOther = values(other, wrongLabels, value);
    List<Double> differences = new ArrayList<>();
    for (int i = 0; i < of.size(); i++) {
      differences.add(of.get(i) - ofOther.get(i));
    }
    return differences;
  }

  /** The median time of a step over all runs, relative to the base optimizer's. */
  double timeRatio(Method method) {
    return stepTime(method) / stepTime(Method.BASE);
  }

  private double stepTime(Method method) {
    return Statistics.median(
        runs.stream()
            .filter(run -> run.setting().method() == method)
            .map(RunResult::stepMilliseconds)
            .toList());
  }
}
