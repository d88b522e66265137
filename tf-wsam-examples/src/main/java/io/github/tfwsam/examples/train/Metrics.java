package io.github.tfwsam.examples.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.github.tfwsam.examples.run.RunLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The metrics of a run: {@code metrics.jsonl}, and the same for TensorBoard. A resumed run keeps
 * the rows of the steps that it goes on from, and writes TensorBoard's file anew from them: neither
 * tells a step twice.
 */
final class Metrics implements AutoCloseable {
  /** The name of the file of rows. */
  static final String FILE = "metrics.jsonl";

  private final RunLog log;
  private final EventFile events;
  private final int stepsPerEpoch;
  private final List<EpochMetrics> epochs = new ArrayList<>();
  private double lossSum;

  private Metrics(RunLog log, EventFile events, int stepsPerEpoch) {
    this.log = log;
    this.events = events;
    this.stepsPerEpoch = stepsPerEpoch;
  }

  /**
   * Opens the files.
   *
   * @param folder where they are
   * @param taken how many steps were taken before: their rows are kept
   * @param stepsPerEpoch how many steps an epoch has
   * @throws IOException if they cannot be read or written
   * @throws IllegalArgumentException if the rows of these steps are not there
   */
  static Metrics open(Path folder, int taken, int stepsPerEpoch) throws IOException {
    Path file = folder.resolve(FILE);
    RunLog log = RunLog.open(file, taken + taken / stepsPerEpoch);
    deleteEvents(folder);
    var metrics = new Metrics(log, new EventFile(folder), stepsPerEpoch);
    try {
      metrics.replay(file);
    } catch (IOException e) {
      metrics.close();
      throw e;
    }
    return metrics;
  }

  private static void deleteEvents(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file :
          files.filter(f -> f.getFileName().toString().startsWith(EventFile.PREFIX)).toList()) {
        Files.delete(file);
      }
    }
  }

  private void replay(Path file) throws IOException {
    var mapper = new ObjectMapper();
    int number = 0;
    for (String line : Files.readAllLines(file)) {
      number++;
      try {
        JsonNode row = mapper.readTree(line);
        if (row.has("step")) {
          take(row.required("step").longValue(), row.required("loss").doubleValue());
        } else {
          take(EpochMetrics.of(row));
        }
      } catch (JsonProcessingException | IllegalArgumentException e) {
        throw new IOException(
            file + ", line " + number + ": no row of a step or an epoch; it must be the run's file",
            e);
      }
    }
  }

  private void take(long step, double loss) {
    lossSum += loss;
    events.scalar("train/loss", step, loss);
  }

  private void take(EpochMetrics epoch) {
    epochs.add(epoch);
    lossSum = 0;
    long step = (long) epoch.epoch() * stepsPerEpoch;
    events.scalar("epoch/train_loss", step, epoch.trainLoss());
    if (epoch.measures() != null) {
      events.scalar("epoch/test_loss", step, epoch.measures().testLoss());
      events.scalar("epoch/test_accuracy", step, epoch.measures().testAccuracy());
      events.scalar("epoch/sharpness", step, epoch.measures().sharpness());
    }
    events.scalar("epoch/seconds", step, epoch.seconds());
    events.flush();
  }

  /**
   * Adds a step.
   *
   * @param step its number, from 1
   * @param loss its loss
   * @throws IOException if the row cannot be written
   */
  void step(long step, double loss) throws IOException {
    log.write(
        JsonNodeFactory.instance
            .objectNode()
            .put("step", step)
            .put("epoch", (step - 1) / stepsPerEpoch + 1)
            .put("loss", loss)
            .toString());
    take(step, loss);
  }

  /**
   * Ends an epoch, whose steps were added.
   *
   * @param measures what the network is like; null if that was not measured
   * @param seconds how long its steps took
   * @throws IOException if the row cannot be written
   */
  void endEpoch(EpochMetrics.Measures measures, double seconds) throws IOException {
    var epoch = new EpochMetrics(epochs.size() + 1, lossSum / stepsPerEpoch, measures, seconds);
    log.write(epoch.toJson());
    take(epoch);
  }

  /** The epochs that ended, those before the run was resumed too. */
  List<EpochMetrics> epochs() {
    return List.copyOf(epochs);
  }

  @Override
  public void close() throws IOException {
    try (log) {
      events.close();
    }
  }
}
