package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.models.Classifier;
import io.github.tfwsam.examples.run.TrainingStep;
import io.github.tfwsam.examples.tasks.LabeledExamples;
import io.github.tfwsam.examples.tasks.TaskData;
import io.github.tfwsam.sharpness.PacBayesBound;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;

/**
 * The generalization gap of a trained network, and the bound on it under noise, whose terms can be
 * estimated as closely as one likes: {@link PacBayesBound#underNoise} of the error, which is 0 or 1
 * for an example.
 *
 * <p>All of it is by the network in inference, on the examples as they are. To the bound, the
 * averages of batch normalization are weights of that network like others, for they come from the
 * examples too: they are counted, have noise, and a distance. The noise has the deviation rho /
 * sqrt(k), so that it is about as long as what the training perturbs by, and the prior is about the
 * initialization, which the seed has drawn and no example.
 */
final class BoundMeasures {
  /** The share of training examples that are told wrong. */
  static final String TRAIN_ERROR = "train_error";

  /** The share of test examples that are told wrong, less that of training examples. */
  static final String GAP = "gap";

  /** The mean cross entropy of the test examples, less that of the training examples. */
  static final String LOSS_GAP = "loss_gap";

  /** |w|, of the weights that are trained. */
  static final String NORM = "norm";

  /** |w - w0|, how far the weights that are trained are from their initialization. */
  static final String DISTANCE = "distance";

  /** The share of training examples that are told wrong under noise, in the mean over it. */
  static final String NOISE_ERROR = "noise_error";

  /** What the distance costs at this number of examples, that of the averages included. */
  static final String COMPLEXITY = "complexity";

  /** The bound on the error of all examples there are: noise_error + complexity. */
  static final String BOUND = "bound";

  static final List<String> NAMES =
      List.of(TRAIN_ERROR, GAP, LOSS_GAP, NORM, DISTANCE, NOISE_ERROR, COMPLEXITY, BOUND);

  /** How often noise is drawn. */
  static final int DRAWS = 5;

  /** A twentieth, over the ten values of which rho may be the best one on these examples. */
  static final double DELTA = 0.05 / 10;

  private static final int BATCH = 250;

  private final Graph graph;
  private final Classifier<?> classifier;
  private final List<Variable<TFloat32>> variables;
  private final List<Placeholder<TFloat32>> values = new ArrayList<>();
  private final List<Op> assigns = new ArrayList<>();
  private final Operand<TInt32> wrong;
  private final Operand<TFloat32> loss;

  /**
   * Builds what it takes.
   *
   * @param graph the graph of the training
   * @param classifier the network in training
   * @param logits those of the network in inference, made of the classifier's input
   */
  BoundMeasures(Graph graph, Classifier<?> classifier, Operand<TFloat32> logits) {
    this.graph = graph;
    this.classifier = classifier;
    variables = classifier.layers().variables();
    Ops tf = Ops.create(graph).withSubScope("bound");
    for (Variable<TFloat32> variable : variables) {
      Placeholder<TFloat32> value =
          tf.placeholder(TFloat32.class, Placeholder.shape(variable.shape()));
      values.add(value);
      assigns.add(tf.assign(variable, value));
    }
    Operand<TInt64> found = tf.math.argMax(logits, tf.constant(1));
    Operand<TInt64> right = tf.dtypes.cast(classifier.labels(), TInt64.class);
    wrong =
        tf.reduceSum(tf.dtypes.cast(tf.math.notEqual(found, right), TInt32.class), tf.constant(0));
    int classes = Math.toIntExact(logits.shape().get(1));
    loss =
        tf.reduceSum(
            Classifier.crossEntropies(tf, logits, classifier.labels(), classes), tf.constant(0));
  }

  /**
   * Measures the network. It is not changed: whatever is tried is tried in another session.
   *
   * @param trained the session that holds the trained weights
   * @param data the examples, the training ones those that were trained on
   * @param setting has rho and gamma
   * @return the measures by their names; what the bound adds is left out if a weight is not finite
   * @throws IllegalStateException if the network cannot be run
   */
  Map<String, Double> of(Session trained, TaskData data, Setting setting) {
    try (var trial = new Session(graph, Runner.ONE_THREAD)) {
      return measure(trained, trial, data, setting);
    }
  }

  private Map<String, Double> measure(
      Session trained, Session trial, TaskData data, Setting setting) {
    float[][] initial = read(trial);
    float[][] weights = read(trained);
    write(trial, weights);
    Losses training = losses(trial, data.training());
    Losses test = losses(trial, data.test());
    Map<String, Double> measures = new LinkedHashMap<>();
    measures.put(TRAIN_ERROR, training.error);
    measures.put(GAP, test.error - training.error);
    measures.put(LOSS_GAP, test.entropy - training.entropy);
    measures.put(NORM, Math.sqrt(squaredDistance(weights, null, classifier.weights())));
    measures.put(DISTANCE, Math.sqrt(squaredDistance(weights, initial, classifier.weights())));
    double squaredDistance = squaredDistance(weights, initial, variables);
    if (!Double.isFinite(squaredDistance)) {
      return measures;
    }
    long parameters = variables.stream().mapToLong(v -> v.shape().size()).sum();
    double sigma = setting.number("rho") / Math.sqrt((double) parameters);
    double noiseError =
        IntStream.range(0, DRAWS)
            .mapToDouble(draw -> errorUnderNoise(trial, data.training(), weights, sigma, draw))
            .average()
            .orElseThrow();
    var problem =
        new PacBayesBound.Problem(
            data.training().size(),
            parameters,
            squaredDistance,
            training.error,
            1,
            setting.number("gamma"),
            DELTA);
    PacBayesBound bound = PacBayesBound.underNoise(problem, sigma, noiseError);
    measures.put(NOISE_ERROR, noiseError);
    measures.put(COMPLEXITY, bound.complexity());
    measures.put(BOUND, bound.value());
    return measures;
  }

  private double errorUnderNoise(
      Session trial, LabeledExamples examples, float[][] weights, double sigma, int draw) {
    var random = new Random(draw);
    float[][] noisy = new float[weights.length][];
    for (int i = 0; i < weights.length; i++) {
      noisy[i] = weights[i].clone();
      for (int j = 0; j < noisy[i].length; j++) {
        noisy[i][j] += (float) (sigma * random.nextGaussian());
      }
    }
    write(trial, noisy);
    return losses(trial, examples).error;
  }

  /** |a - b|^2 of some variables, or |a|^2 if b is null. */
  private double squaredDistance(float[][] a, float[][] b, List<Variable<TFloat32>> of) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; of.contains(variables.get(i)) && j < a[i].length; j++) {
        double difference = a[i][j] - (b == null ? 0 : b[i][j]);
        sum += difference * difference;
      }
    }
    return sum;
  }

  private float[][] read(Session session) {
    Session.Runner runner = session.runner();
    variables.forEach(runner::fetch);
    try (Result result = TrainingStep.run(runner::run, "reading the weights")) {
      float[][] weights = new float[variables.size()][];
      for (int i = 0; i < weights.length; i++) {
        weights[i] = new float[Math.toIntExact(variables.get(i).shape().size())];
        result.get(i).asRawTensor().data().asFloats().read(weights[i]);
      }
      return weights;
    }
  }

  private void write(Session session, float[][] weights) {
    Session.Runner runner = session.runner();
    List<Tensor> fed = new ArrayList<>();
    try {
      for (int i = 0; i < weights.length; i++) {
        fed.add(TFloat32.tensorOf(variables.get(i).shape(), DataBuffers.of(weights[i])));
        runner.feed(values.get(i), fed.get(i)).addTarget(assigns.get(i));
      }
      TrainingStep.run(runner::run, "writing the weights").close();
    } finally {
      fed.forEach(Tensor::close);
    }
  }

  /**
   * What the network loses on examples, by the weights of a session.
   *
   * @param error the share that is told wrong
   * @param entropy the mean cross entropy
   */
  private record Losses(double error, double entropy) {}

  private Losses losses(Session session, LabeledExamples examples) {
    int size = examples.size();
    double entropy = 0;
    int errors = 0;
    for (int from = 0; from < size; from += BATCH) {
      int[] rows = IntStream.range(from, Math.min(from + BATCH, size)).toArray();
      try (Tensor inputs = examples.inputs(rows);
          TInt32 labels = examples.labels(rows);
          Result result =
              TrainingStep.run(
                  session
                          .runner()
                          .feed(classifier.input(), inputs)
                          .feed(classifier.labels(), labels)
                          .fetch(wrong)
                          .fetch(loss)
                      ::run,
                  "the bound")) {
        errors += ((TInt32) result.get(0)).getInt();
        entropy += TrainingStep.number(result.get(1));
      }
    }
    return new Losses((double) errors / size, entropy / size);
  }
}
