package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.data.Batches;
import io.github.tfwsam.examples.models.Classifier;
import io.github.tfwsam.examples.tasks.LabeledExamples;
import io.github.tfwsam.examples.tasks.Task;
import io.github.tfwsam.examples.tasks.TaskData;
import java.util.Map;
import java.util.stream.IntStream;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;

/** A perceptron that learns the digits by minibatches, as {@code wsam train} trains it. */
final class PerceptronProblem implements Problem {
  private final Classifier<?> classifier;
  private final LabeledExamples training;
  private final LabeledExamples test;
  private final Batches batches;
  private final Operand<TInt32> correct;

  private PerceptronProblem(
      Classifier<?> classifier,
      LabeledExamples training,
      LabeledExamples test,
      Batches batches,
      Operand<TInt32> correct) {
    this.classifier = classifier;
    this.training = training;
    this.test = test;
    this.batches = batches;
    this.correct = correct;
  }

  static PerceptronProblem of(Graph graph, Setting setting, long seed, TaskData data) {
    LabeledExamples training = data.training().subset((int) setting.number("subset"), seed);
    var batches = new Batches(training.size(), (int) setting.number("batch"), true, seed);
    Ops tf = Ops.create(graph);
    Classifier<?> classifier =
        Classifier.training(tf, Task.DIGITS.network(Task.DIGITS.models().get(0), data), seed);
    Operand<TInt64> found = tf.math.argMax(classifier.logits(), tf.constant(1));
    Operand<TInt64> right = tf.dtypes.cast(classifier.labels(), TInt64.class);
    Operand<TInt32> correct =
        tf.reduceSum(tf.dtypes.cast(tf.math.equal(found, right), TInt32.class), tf.constant(0));
    return new PerceptronProblem(classifier, training, data.test(), batches, correct);
  }

  @Override
  public Operand<TFloat32> loss() {
    return classifier.loss();
  }

  @Override
  public Map<Operand<?>, Tensor> batch(long step) {
    return feeds(training, batches.get(step - 1));
  }

  @Override
  public Map<Operand<?>, Tensor> whole() {
    return feeds(training, IntStream.range(0, training.size()).toArray());
  }

  @Override
  public double guessing() {
    return Math.log(training.classes());
  }

  private Map<Operand<?>, Tensor> feeds(LabeledExamples examples, int[] rows) {
    return Map.of(
        classifier.input(), examples.inputs(rows), classifier.labels(), examples.labels(rows));
  }

  @Override
  public Map<String, Double> measures(Session session) {
    Session.Runner runner = session.runner().fetch(correct);
    Map<Operand<?>, Tensor> feeds = feeds(test, IntStream.range(0, test.size()).toArray());
    feeds.forEach(runner::feed);
    try (Result result = runner.run()) {
      return Map.of(Run.TEST_ACCURACY, ((TInt32) result.get(0)).getInt() / (double) test.size());
    } finally {
      feeds.values().forEach(Tensor::close);
    }
  }
}
