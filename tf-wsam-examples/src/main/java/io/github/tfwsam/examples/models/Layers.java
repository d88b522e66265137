package io.github.tfwsam.examples.models;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.LongFunction;
import org.tensorflow.Operand;
import org.tensorflow.framework.initializers.He;
import org.tensorflow.framework.initializers.Initializer;
import org.tensorflow.framework.initializers.Ones;
import org.tensorflow.framework.initializers.RandomNormal;
import org.tensorflow.framework.initializers.VarianceScaling.Distribution;
import org.tensorflow.framework.initializers.Zeros;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Variable;
import org.tensorflow.op.math.Mean;
import org.tensorflow.op.nn.FusedBatchNorm;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * The layers that networks are made of, and their variables. Weights are drawn by a seed, as He et
 * al. advise for ReLU; biases begin at 0, scales at 1.
 */
public final class Layers {
  private static final float EPSILON = 1e-5f;
  private static final float AVERAGES_CHANGE = 0.1f;

  private final Ops tf;
  private final boolean training;
  private final Random seeds;
  private final Map<String, Variable<TFloat32>> variables;
  private final List<Variable<TFloat32>> weights = new ArrayList<>();
  private final List<Op> averageUpdates = new ArrayList<>();

  private Layers(
      Ops tf, boolean training, Random seeds, Map<String, Variable<TFloat32>> variables) {
    this.tf = tf;
    this.training = training;
    this.seeds = seeds;
    this.variables = variables;
  }

  /**
   * Layers that are trained: batches are normalized by their own mean and variance.
   *
   * @param tf where the layers are built
   * @param seed what the weights are drawn by
   * @return layers without variables
   */
  public static Layers training(Ops tf, long seed) {
    return new Layers(tf, true, new Random(seed), new LinkedHashMap<>());
  }

  /**
   * The same layers for what is not trained on: batches are normalized by the averages.
   *
   * @param tf where the layers are built
   * @return layers with the variables of this
   */
  public Layers inference(Ops tf) {
    return new Layers(tf, false, seeds, variables);
  }

  /**
   * The variables that are trained, in the order in which the network uses them.
   *
   * @return the weights, biases, scales and embeddings
   */
  public List<Variable<TFloat32>> weights() {
    return List.copyOf(weights);
  }

  /**
   * All variables of the network: those that are trained, and the averages of batch normalization.
   *
   * @return the variables, in the order in which the network uses them
   */
  public List<Variable<TFloat32>> variables() {
    return List.copyOf(variables.values());
  }

  /**
   * What updates the averages of mean and variance; none in inference.
   *
   * @return the operations to run once a step
   */
  public List<Op> averageUpdates() {
    return List.copyOf(averageUpdates);
  }

  /**
   * A dense layer, x w + b, over the last axis.
   *
   * @param name what its variables' names begin with
   * @param x examples, of rank 2 or 3; axes but the first have known sizes
   * @param units how many numbers come out
   * @return x with its last axis replaced
   */
  public Operand<TFloat32> dense(String name, Operand<TFloat32> x, int units) {
    long inputs = last(x);
    var w = trained(name + "_weight", Shape.of(inputs, units), Layers::he);
    var b = trained(name + "_bias", Shape.of(units), seed -> new Zeros<>());
    boolean isSequence = x.shape().numDimensions() == 3;
    Operand<TFloat32> rows = isSequence ? tf.reshape(x, tf.array(-1L, inputs)) : x;
    Operand<TFloat32> y = tf.nn.biasAdd(tf.linalg.matMul(rows, w), b);
    return isSequence ? tf.reshape(y, tf.array(-1L, x.shape().get(1), units)) : y;
  }

  /**
   * A convolution with zero padding that keeps the size, divided by the stride. It has no bias.
   *
   * @param name what its variable's name begins with
   * @param x images, of shape [examples, height, width, channels]
   * @param filters how many channels come out
   * @param size the height and width of the kernel
   * @param stride the step between outputs
   * @return images with that many channels
   */
  public Operand<TFloat32> conv2d(
      String name, Operand<TFloat32> x, int filters, int size, long stride) {
    var w = trained(name + "_weight", Shape.of(size, size, last(x), filters), Layers::he);
    return tf.nn.conv2d(x, w, List.of(1L, stride, stride, 1L), "SAME");
  }

  /**
   * A convolution over runs of tokens, with a bias: the run of each token begins with it, and zeros
   * follow the last.
   *
   * @param name what its variables' names begin with
   * @param x of shape [examples, length, width]
   * @param filters how many numbers come out
   * @param size how many tokens a run has
   * @return of shape [examples, length, filters]
   */
  public Operand<TFloat32> conv1d(String name, Operand<TFloat32> x, int filters, int size) {
    var w = trained(name + "_weight", Shape.of(1, size, last(x), filters), Layers::he);
    var b = trained(name + "_bias", Shape.of(filters), seed -> new Zeros<>());
    long length = x.shape().get(1);
    Operand<TFloat32> padded =
        tf.pad(
            reshape(x, 1, length, last(x)),
            tf.constant(new int[][] {{0, 0}, {0, 0}, {0, size - 1}, {0, 0}}),
            tf.constant(0f));
    Operand<TFloat32> runs = tf.nn.conv2d(padded, w, List.of(1L, 1L, 1L, 1L), "VALID");
    return reshape(tf.nn.biasAdd(runs, b), length, filters);
  }

  /**
   * Batch normalization over all axes but the last: in training by the batch's mean and variance,
   * which also move the averages by a tenth; in inference by the averages. epsilon is 1e-5.
   *
   * @param name what its variables' names begin with
   * @param x images, of shape [examples, height, width, channels]
   * @return images of the same shape
   */
  public Operand<TFloat32> batchNorm(String name, Operand<TFloat32> x) {
    var channels = Shape.of(last(x));
    var scale = trained(name + "_scale", channels, seed -> new Ones<>());
    var shift = trained(name + "_shift", channels, seed -> new Zeros<>());
    var mean = average(name + "_mean", channels, new Zeros<>());
    var variance = average(name + "_variance", channels, new Ones<>());
    Operand<TFloat32> none = tf.constant(new float[0]);
    FusedBatchNorm<TFloat32, TFloat32> norm =
        tf.nn.fusedBatchNorm(
            x,
            scale,
            shift,
            training ? none : mean,
            training ? none : variance,
            FusedBatchNorm.isTraining(training),
            FusedBatchNorm.epsilon(EPSILON));
    if (training) {
      move(mean, norm.batchMean());
      move(variance, norm.batchVariance());
    }
    return norm.y();
  }

  private void move(Variable<TFloat32> average, Operand<TFloat32> value) {
    Operand<TFloat32> change = tf.math.sub(average, value);
    averageUpdates.add(tf.assignSub(average, tf.math.mul(change, tf.constant(AVERAGES_CHANGE))));
  }

  /**
   * Layer normalization over the last axis, by its mean and variance; epsilon is 1e-5.
   *
   * @param name what its variables' names begin with
   * @param x examples
   * @return examples of the same shape
   */
  public Operand<TFloat32> layerNorm(String name, Operand<TFloat32> x) {
    var width = Shape.of(last(x));
    var scale = trained(name + "_scale", width, seed -> new Ones<>());
    var shift = trained(name + "_shift", width, seed -> new Zeros<>());
    Operand<TFloat32> centered = tf.math.sub(x, meanOfLast(x));
    Operand<TFloat32> variance = meanOfLast(tf.math.square(centered));
    Operand<TFloat32> factor = tf.math.rsqrt(tf.math.add(variance, tf.constant(EPSILON)));
    return tf.math.add(tf.math.mul(tf.math.mul(centered, factor), scale), shift);
  }

  private Operand<TFloat32> meanOfLast(Operand<TFloat32> x) {
    return tf.math.mean(x, tf.constant(x.shape().numDimensions() - 1), Mean.keepDims(true));
  }

  /**
   * An embedding: a row of a table for each token.
   *
   * @param name the table's name
   * @param tokens numbers of rows
   * @param vocabulary how many rows the table has
   * @param width how many numbers a row has
   * @param deviation the deviation of the normal distribution that the table is drawn from
   * @return the rows, of the shape of the tokens and one more axis
   */
  public Operand<TFloat32> embedding(
      String name, Operand<TInt32> tokens, int vocabulary, int width, double deviation) {
    var table = weight(name, Shape.of(vocabulary, width), deviation);
    return tf.gather(table, tokens, tf.constant(0));
  }

  /**
   * A weight by itself.
   *
   * @param name its name
   * @param shape its shape
   * @param deviation the deviation of the normal distribution that it is drawn from
   * @return its value
   */
  public Operand<TFloat32> weight(String name, Shape shape, double deviation) {
    return trained(name, shape, seed -> new RandomNormal<>(0, deviation, seed));
  }

  /**
   * What is done to sequences without variables.
   *
   * @return operations in the same place
   */
  public Sequences sequences() {
    return new Sequences(tf);
  }

  /**
   * The same numbers of an example in another shape.
   *
   * @param x examples, the first axis counting them
   * @param shape the shape of an example
   * @return examples of that shape
   */
  public Operand<TFloat32> reshape(Operand<TFloat32> x, long... shape) {
    return tf.reshape(x, tf.constant(Shape.of(shape).prepend(-1)));
  }

  /**
   * ReLU, max(x, 0).
   *
   * @param x any numbers
   * @return numbers of the same shape
   */
  public Operand<TFloat32> relu(Operand<TFloat32> x) {
    return tf.nn.relu(x);
  }

  /**
   * A sum.
   *
   * @param x numbers
   * @param y numbers of the same shape, or of fewer axes
   * @return x + y
   */
  public Operand<TFloat32> add(Operand<TFloat32> x, Operand<TFloat32> y) {
    return tf.math.add(x, y);
  }

  /**
   * A product.
   *
   * @param x numbers
   * @param y numbers of the same shape, but for axes of size 1
   * @return x * y
   */
  public Operand<TFloat32> multiply(Operand<TFloat32> x, Operand<TFloat32> y) {
    return tf.math.mul(x, y);
  }

  /**
   * The maximum over an axis.
   *
   * @param x numbers
   * @param axis the axis
   * @return numbers without this axis
   */
  public Operand<TFloat32> max(Operand<TFloat32> x, int axis) {
    return tf.max(x, tf.constant(axis));
  }

  /**
   * Numbers one behind the other in the last axis.
   *
   * @param parts of rank 2, with the same first axis
   * @return of rank 2
   */
  public Operand<TFloat32> concat(List<Operand<TFloat32>> parts) {
    return tf.concat(parts, tf.constant(1));
  }

  /**
   * The mean over axes.
   *
   * @param x numbers
   * @param axes the axes
   * @return numbers without these axes
   */
  public Operand<TFloat32> mean(Operand<TFloat32> x, int... axes) {
    return tf.math.mean(x, tf.constant(axes));
  }

  private static Initializer<TFloat32> he(long seed) {
    return new He<>(Distribution.TRUNCATED_NORMAL, seed);
  }

  private Variable<TFloat32> trained(
      String name, Shape shape, LongFunction<Initializer<TFloat32>> initializer) {
    return variables.computeIfAbsent(
        name,
        n -> {
          Variable<TFloat32> weight = variable(n, shape, initializer.apply(seeds.nextLong()));
          weights.add(weight);
          return weight;
        });
  }

  private Variable<TFloat32> average(String name, Shape shape, Initializer<TFloat32> initializer) {
    return variables.computeIfAbsent(name, n -> variable(n, shape, initializer));
  }

  private Variable<TFloat32> variable(String name, Shape shape, Initializer<TFloat32> initializer) {
    Ops initial = tf.withSubScope(name + "_initial");
    return tf.withName(name)
        .variable(initializer.call(initial, initial.constant(shape), TFloat32.class));
  }

  private static long last(Operand<?> x) {
    return x.shape().get(x.shape().numDimensions() - 1);
  }
}
