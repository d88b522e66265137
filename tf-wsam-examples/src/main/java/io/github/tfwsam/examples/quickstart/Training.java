package io.github.tfwsam.examples.quickstart;

import io.github.tfwsam.examples.data.Examples;
import io.github.tfwsam.examples.report.Statistics;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Trains one network, and measures it. */
final class Training {
  private Training() {}

  static RunResult run(Examples examples, Setting setting) {
    List<Integer> order = Examples.shuffled(examples.size(), random(setting, "split"));
    Examples clean = examples.select(order.subList(0, Setting.TRAINING_EXAMPLES));
    Examples test = examples.select(order.subList(Setting.TRAINING_EXAMPLES, examples.size()));
    Examples training =
        clean.withWrongLabels(setting.wrongLabels(), random(setting, "wrong labels"));
    Random batches = random(setting, "batches");
    List<Double> accuracies = new ArrayList<>();
    List<Double> times = new ArrayList<>();
    try (var network =
        new DigitNetwork(
            examples.features().get(0).length,
            examples.classes(),
            setting.method(),
            random(setting, "weights"))) {
      for (int epoch = 0; epoch < setting.epochs(); epoch++) {
        List<Integer> shuffled = Examples.shuffled(training.size(), batches);
        for (int from = 0; from + Setting.BATCH <= training.size(); from += Setting.BATCH) {
          Examples batch = training.select(shuffled.subList(from, from + Setting.BATCH));
          long start = System.nanoTime();
          network.train(batch);
          times.add((System.nanoTime() - start) / 1e6);
        }
        accuracies.add(network.accuracy(test));
      }
      List<Double> end = network.lossAndSharpness(training);
      return new RunResult(setting, accuracies, end.get(0), end.get(1), Statistics.median(times));
    }
  }

  /** A stream of numbers for each purpose, the same for every method. */
  private static Random random(Setting setting, String purpose) {
    return new Random(31L * setting.seed() + purpose.hashCode());
  }
}
