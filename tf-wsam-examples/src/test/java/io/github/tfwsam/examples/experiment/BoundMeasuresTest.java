package io.github.tfwsam.examples.experiment;

import static com.google.common.truth.Truth.assertThat;
import static io.github.tfwsam.examples.experiment.BoundMeasures.BOUND;
import static io.github.tfwsam.examples.experiment.BoundMeasures.COMPLEXITY;
import static io.github.tfwsam.examples.experiment.BoundMeasures.DELTA;
import static io.github.tfwsam.examples.experiment.BoundMeasures.DISTANCE;
import static io.github.tfwsam.examples.experiment.BoundMeasures.GAP;
import static io.github.tfwsam.examples.experiment.BoundMeasures.LOSS_GAP;
import static io.github.tfwsam.examples.experiment.BoundMeasures.NAMES;
import static io.github.tfwsam.examples.experiment.BoundMeasures.NOISE_ERROR;
import static io.github.tfwsam.examples.experiment.BoundMeasures.NORM;
import static io.github.tfwsam.examples.experiment.BoundMeasures.TRAIN_ERROR;

import io.github.tfwsam.Wsam;
import io.github.tfwsam.examples.models.Classifier;
import io.github.tfwsam.examples.models.Network;
import io.github.tfwsam.examples.tasks.LabeledExamples;
import io.github.tfwsam.examples.tasks.Task;
import io.github.tfwsam.examples.tasks.TaskData;
import io.github.tfwsam.optimizers.Sgd;
import io.github.tfwsam.schedules.Schedule;
import io.github.tfwsam.sharpness.PacBayesBound;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.FloatNdArray;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TType;

/** On the digits, by a network with batch normalization. */
class BoundMeasuresTest {
  private static final int EXAMPLES = 300;
  private static final Setting SETTING = Setting.of("rho", 0.05, "gamma", 0.9);

  private final Graph graph = new Graph();
  private final Session session = new Session(graph);
  private TaskData data;
  private Classifier<?> classifier;
  private Operand<TFloat32> logits;
  private Op step;
  private BoundMeasures measures;

  @BeforeEach
  void build() throws IOException {
    TaskData all = Task.DIGITS.load(null);
    data = new TaskData(all.training().subset(EXAMPLES, 1), all.test());
    build(Task.DIGITS.network("conv", data));
    var momentum = new Sgd(graph, Schedule.constant(0.05), Sgd.momentum(0.9));
    step = new Wsam(graph, momentum, 0.05, 0.9).minimize(classifier.loss());
    measures = new BoundMeasures(graph, classifier, logits);
  }

  private <I extends TType> void build(Network<I> network) {
    Ops tf = Ops.create(graph);
    Classifier<I> training = Classifier.training(tf, network, 1);
    classifier = training;
    logits =
        network.logits(training.layers().inference(tf.withSubScope("inference")), training.input());
  }

  @AfterEach
  void close() {
    session.close();
    graph.close();
  }

  private void train(int steps) {
    for (int i = 0; i < steps; i++) {
      int from = i * 50 % EXAMPLES;
      int[] rows = IntStream.range(from, from + 50).toArray();
      try (var inputs = data.training().inputs(rows);
          var labels = data.training().labels(rows)) {
        session
            .runner()
            .feed(classifier.input(), inputs)
            .feed(classifier.labels(), labels)
            .addTarget(step)
            .run()
            .close();
      }
    }
  }

  private Map<String, Double> measure(Setting setting) {
    return measures.of(session, data, setting);
  }

  private List<Float> values(List<Variable<TFloat32>> variables) {
    List<Float> weights = new ArrayList<>();
    for (Variable<TFloat32> variable : variables) {
      try (Result value = session.runner().fetch(variable).run()) {
        ((FloatNdArray) value.get(0)).scalars().forEach(x -> weights.add(x.getFloat()));
      }
    }
    return weights;
  }

  /** The share that is told wrong, and the mean cross entropy, by the logits of all at once. */
  private double[] losses(LabeledExamples examples) {
    int[] rows = IntStream.range(0, examples.size()).toArray();
    double[] sums = new double[2];
    try (var inputs = examples.inputs(rows);
        TInt32 labels = examples.labels(rows);
        Result result = session.runner().feed(classifier.input(), inputs).fetch(logits).run()) {
      var all = (TFloat32) result.get(0);
      for (int row : rows) {
        double right = all.getFloat(row, labels.getInt(row));
        double exponentials = 0;
        boolean isWrong = false;
        for (int c = 0; c < examples.classes(); c++) {
          exponentials += Math.exp(all.getFloat(row, c));
          isWrong |= all.getFloat(row, c) > right;
        }
        sums[0] += isWrong ? 1.0 / rows.length : 0;
        sums[1] += (Math.log(exponentials) - right) / rows.length;
      }
    }
    return sums;
  }

  @Test
  void gapIsThatOfTheNetworkInInference() {
    train(30);
    double[] training = losses(data.training());
    double[] test = losses(data.test());

    Map<String, Double> found = measure(SETTING);
    assertThat(found.keySet()).containsExactlyElementsIn(NAMES).inOrder();
    assertThat(found.get(TRAIN_ERROR)).isWithin(1e-9).of(training[0]);
    assertThat(found.get(GAP)).isWithin(1e-9).of(test[0] - training[0]);
    assertThat(found.get(LOSS_GAP)).isWithin(1e-4).of(test[1] - training[1]);
    assertThat(test[0]).isGreaterThan(training[0]);
  }

  @Test
  void distanceIsThatToTheInitialization() {
    List<Float> initial = values(classifier.weights());
    assertThat(measure(SETTING).get(DISTANCE)).isEqualTo(0);

    train(10);
    List<Float> trained = values(classifier.weights());
    Map<String, Double> found = measure(SETTING);
    assertThat(found.get(NORM)).isWithin(1e-6).of(Math.sqrt(squaredDistance(trained, null)));
    assertThat(found.get(DISTANCE)).isWithin(1e-6).of(Math.sqrt(squaredDistance(trained, initial)));
  }

  private static double squaredDistance(List<Float> a, List<Float> b) {
    return IntStream.range(0, a.size())
        .mapToDouble(i -> Math.pow(a.get(i) - (b == null ? 0 : b.get(i)), 2))
        .sum();
  }

  @Test
  void boundIsThatUnderNoiseWithTheAverages() {
    List<Float> initial = values(classifier.layers().variables());
    train(10);
    Map<String, Double> found = measure(SETTING);
    List<Float> trained = values(classifier.layers().variables());
    assertThat(trained.size()).isGreaterThan(values(classifier.weights()).size());
    PacBayesBound bound =
        PacBayesBound.underNoise(
            new PacBayesBound.Problem(
                EXAMPLES, trained.size(), squaredDistance(trained, initial), 0, 1, 0.9, DELTA),
            0.05 / Math.sqrt((double) trained.size()),
            found.get(NOISE_ERROR));
    assertThat(found.get(COMPLEXITY)).isWithin(1e-6).of(bound.complexity());
    assertThat(found.get(BOUND)).isWithin(1e-9).of(found.get(NOISE_ERROR) + found.get(COMPLEXITY));
  }

  @Test
  void moreNoiseMakesMoreErrorsAndCostsLess() {
    train(30);
    Map<String, Double> least = measure(SETTING.with("rho", 1e-4));
    Map<String, Double> most = measure(SETTING.with("rho", 1e3));
    assertThat(least.get(NOISE_ERROR)).isWithin(1e-9).of(least.get(TRAIN_ERROR));
    assertThat(most.get(NOISE_ERROR)).isGreaterThan(0.5);
    assertThat(most.get(COMPLEXITY)).isLessThan(least.get(COMPLEXITY));
  }

  @Test
  void measuringChangesNothing() {
    train(10);
    List<Float> before = values(classifier.layers().variables());
    Map<String, Double> found = measure(SETTING);
    assertThat(values(classifier.layers().variables())).isEqualTo(before);
    assertThat(measure(SETTING)).isEqualTo(found);
  }

  @Test
  void weightsThatAreNotFiniteHaveNoBound() {
    Variable<TFloat32> weight = classifier.weights().get(0);
    Ops tf = Ops.create(graph);
    session.run(tf.assign(weight, tf.fill(tf.constant(weight.shape()), tf.constant(Float.NaN))));
    assertThat(measure(SETTING)).containsKey(GAP);
    assertThat(measure(SETTING)).doesNotContainKey(BOUND);
  }
}
