package io.github.tfwsam.examples.bench;

import io.github.tfwsam.Wsam;
import io.github.tfwsam.examples.models.Classifier;
import io.github.tfwsam.examples.models.Network;
import io.github.tfwsam.examples.profile.StepProfiler;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Session;
import org.tensorflow.framework.optimizers.Optimizer;
import org.tensorflow.framework.optimizers.Optimizer.GradAndVar;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.types.TFloat32;

/** Times training steps of a network in a graph of its own. */
final class StepBenchmark implements AutoCloseable {
  private static final long SEED = 1;

  private final Graph graph;
  private final Session session;
  private final RandomBatches batches;
  private final Op step;
  private final Operand<?> loss;
  private final long parameters;

  private StepBenchmark(
      Graph graph,
      Network<?> network,
      int batch,
      Function<Graph, Optimizer> optimizer,
      int threads) {
    this.graph = graph;
    Ops tf = Ops.create(graph);
    Classifier<?> classifier = Classifier.training(tf, network, SEED);
    parameters = classifier.weights().stream().mapToLong(w -> w.shape().size()).sum();
    Optimizer built = optimizer.apply(graph);
    step = minimize(built, classifier);
    loss = built instanceof Wsam wsam ? wsam.metrics().loss() : classifier.loss();
    batches = new RandomBatches(network, classifier, batch);
    session =
        new Session(
            graph,
            ConfigProto.newBuilder()
                .setIntraOpParallelismThreads(threads)
                .setInterOpParallelismThreads(threads)
                .build());
  }

  /** Builds the step; what was opened is closed, if that fails. */
  static StepBenchmark of(
      Network<?> network, int batch, Function<Graph, Optimizer> optimizer, int threads) {
    var graph = new Graph();
    try {
      return new StepBenchmark(graph, network, batch, optimizer, threads);
    } catch (RuntimeException | Error e) {
      graph.close();
      throw e;
    }
  }

  /**
   * The framework's own minimize differentiates all variables of the graph, and fails at those that
   * the loss does not reach.
   */
  private Op minimize(Optimizer optimizer, Classifier<?> classifier) {
    if (optimizer instanceof Wsam) {
      return optimizer.minimize(classifier.loss());
    }
    Output<?>[] weights =
        classifier.weights().stream().map(Operand::asOutput).toArray(Output<?>[]::new);
    Output<?>[] gradients = graph.addGradients(classifier.loss().asOutput(), weights);
    List<GradAndVar<?>> pairs = new ArrayList<>();
    for (int i = 0; i < gradients.length; i++) {
      pairs.add(pair(gradients[i], classifier.weights().get(i).asOutput()));
    }
    return optimizer.applyGradients(pairs, "step");
  }

  @SuppressWarnings("unchecked") // A gradient has its variable's type.
  private static GradAndVar<TFloat32> pair(Output<?> gradient, Output<TFloat32> variable) {
    return new GradAndVar<>((Output<TFloat32>) gradient, variable);
  }

  long parameters() {
    return parameters;
  }

  /** Takes a step, whose loss is fetched, and returns how long it took, in milliseconds. */
  double step() {
    long start = System.nanoTime();
    next().run().close();
    return (System.nanoTime() - start) / 1e6;
  }

  private Session.Runner next() {
    return batches.feed(session.runner()).addTarget(step).fetch(loss);
  }

  /** Takes a step that is traced. */
  void profile(StepProfiler profiler, long number) throws IOException {
    profiler.run(number, next()).close();
    profiler.write();
  }

  Graph graph() {
    return graph;
  }

  @Override
  public void close() {
    batches.close();
    session.close();
    graph.close();
  }
}
