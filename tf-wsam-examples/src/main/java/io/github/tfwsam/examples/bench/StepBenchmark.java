package io.github.tfwsam.examples.bench;

import io.github.tfwsam.Wsam;
import io.github.tfwsam.examples.models.Classifier;
import io.github.tfwsam.examples.models.Network;
import io.github.tfwsam.examples.profile.ProfileOption;
import io.github.tfwsam.examples.profile.StepProfiler;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
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

  private final Graph graph = new Graph();
  private final Session session;
  private final RandomBatches batches;
  private final Op step;
  private final Operand<?> loss;
  private final long parameters;

  StepBenchmark(
      Network<?> network,
      int batch,
      StepOptimizer optimizer,
      int threads,
      Wsam.Options... options) {
    Ops tf = Ops.create(graph);
    Classifier<?> classifier = Classifier.training(tf, network, SEED);
    parameters = classifier.weights().stream().mapToLong(w -> w.shape().size()).sum();
    Optimizer built = optimizer.in(graph, options);
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

  /** Of the framework's optimizers minimize fails on variables that the loss does not reach. */
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

  /** Takes one more step, traced where that was asked for, and tells what the trace comes to. */
  void profile(ProfileOption profile, long number, PrintWriter out) throws IOException {
    StepProfiler profiler = profile.profiler(graph, number, number);
    profiler.run(number, next()).close();
    profiler.write();
    profiler.print(out);
  }

  @Override
  public void close() {
    batches.close();
    session.close();
    graph.close();
  }
}
