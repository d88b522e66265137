package io.github.tfwsam.examples.profile;

import io.github.tfwsam.Wsam;
import io.github.tfwsam.optimizers.Sgd;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Session;
import org.tensorflow.framework.optimizers.Momentum;
import org.tensorflow.framework.optimizers.Optimizer.GradAndVar;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.StdArrays;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.Variable;
import org.tensorflow.op.nn.FusedBatchNorm;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TType;

/**
 * A convolution, batch normalization with a running mean, ReLU, and a dense layer; and its step.
 */
final class SmallNetwork implements AutoCloseable {
  private static final int BATCH = 4;
  private static final int CHANNELS = 3;
  private static final int CLASSES = 2;

  private final Graph graph = new Graph();
  private final Session session;
  private final Placeholder<TFloat32> x;
  private final Placeholder<TFloat32> y;
  private final Op step;

  /** A network that WSAM trains. */
  SmallNetwork(double gamma, Wsam.Options... options) {
    this(
        (graph, loss) ->
            new Wsam(graph, new Sgd(graph, 0.1, Sgd.momentum(0.9)), 0.05, gamma, options)
                .minimize(loss));
  }

  /** A network that an optimizer of tensorflow-framework trains alone. */
  static SmallNetwork withMomentumAlone() {
    return new SmallNetwork(
        (graph, loss) -> {
          Output<?>[] w = {
            graph.operation("kernel").output(0),
            graph.operation("scale").output(0),
            graph.operation("weight").output(0)
          };
          Output<?>[] gradients = graph.addGradients(loss.asOutput(), w);
          List<GradAndVar<? extends TType>> pairs = new ArrayList<>();
          for (int i = 0; i < w.length; i++) {
            pairs.add(pair(gradients[i], w[i]));
          }
          return new Momentum(graph, 0.1f, 0.9f).applyGradients(pairs, "step");
        });
  }

  @SuppressWarnings("unchecked") // A gradient is of its variable's type.
  private static GradAndVar<TFloat32> pair(Output<?> gradient, Output<?> variable) {
    return new GradAndVar<>((Output<TFloat32>) gradient, (Output<TFloat32>) variable);
  }

  private SmallNetwork(BiFunction<Graph, Operand<TFloat32>, Op> training) {
    Ops tf = Ops.create(graph);
    x = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(BATCH, 8, 8, 1)));
    y = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(BATCH, CLASSES)));
    Operand<TFloat32> kernel = variable(tf, "kernel", Shape.of(3, 3, 1, CHANNELS), 0.3f);
    Operand<TFloat32> scale = variable(tf, "scale", Shape.of(CHANNELS), 1f);
    Operand<TFloat32> shift = variable(tf, "shift", Shape.of(CHANNELS), 0f);
    Operand<TFloat32> weight = variable(tf, "weight", Shape.of(CHANNELS, CLASSES), 0.1f);
    Operand<TFloat32> bias = variable(tf, "bias", Shape.of(CLASSES), 0f);
    Variable<TFloat32> runningMean = variable(tf, "running_mean", Shape.of(CHANNELS), 0f);

    Operand<TFloat32> none = tf.constant(new float[0]);
    FusedBatchNorm<TFloat32, TFloat32> normalized =
        tf.nn.fusedBatchNorm(
            tf.nn.conv2d(x, kernel, List.of(1L, 1L, 1L, 1L), "SAME"),
            scale,
            shift,
            none,
            none,
            FusedBatchNorm.isTraining(true));
    Op running =
        tf.assign(
            runningMean,
            tf.math.add(
                tf.math.mul(runningMean, tf.constant(0.9f)),
                tf.math.mul(normalized.batchMean(), tf.constant(0.1f))));
    Operand<TFloat32> pooled =
        tf.math.mean(tf.nn.relu(normalized.y()), tf.constant(new int[] {1, 2}));
    Operand<TFloat32> logits = tf.nn.biasAdd(tf.linalg.matMul(pooled, weight), bias);
    Operand<TFloat32> loss =
        tf.withControlDependencies(running)
            .math
            .mean(
                tf.math.neg(tf.reduceSum(tf.math.mul(y, tf.nn.logSoftmax(logits)), tf.constant(1))),
                tf.constant(0));
    step = training.apply(graph, loss);
    session = new Session(graph);
  }

  private static Variable<TFloat32> variable(Ops tf, String name, Shape shape, float from) {
    Variable<TFloat32> variable = tf.withName(name).variable(shape, TFloat32.class);
    float[] values = new float[(int) shape.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = from + 0.01f * i;
    }
    Ops init = tf.withInitScope();
    init.assign(variable, init.reshape(init.constant(values), init.constant(shape.asArray())));
    return variable;
  }

  Graph graph() {
    return graph;
  }

  /** Takes a step on images of some brightness. */
  void step(long number, StepProfiler profiler, float brightness) {
    float[][][][] images = new float[BATCH][8][8][1];
    for (int i = 0; i < BATCH * 64; i++) {
      images[i / 64][i / 8 % 8][i % 8][0] = brightness * (float) Math.sin(i);
    }
    float[][] classes = {{1, 0}, {0, 1}, {1, 0}, {0, 1}};
    try (var features = TFloat32.tensorOf(StdArrays.ndCopyOf(images));
        var labels = TFloat32.tensorOf(StdArrays.ndCopyOf(classes))) {
      profiler
          .run(number, session.runner().feed(x, features).feed(y, labels).addTarget(step))
          .close();
    }
  }

  @Override
  public void close() {
    session.close();
    graph.close();
  }
}
