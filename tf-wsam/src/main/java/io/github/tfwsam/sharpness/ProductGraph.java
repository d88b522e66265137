package io.github.tfwsam.sharpness;

import io.github.tfwsam.graph.GradientFlow;
import io.github.tfwsam.graph.Gradients;
import io.github.tfwsam.graph.LossGraph;
import io.github.tfwsam.graph.TrainableVariable;
import io.github.tfwsam.update.StockUpdateOps;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat16;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TNumber;

/**
 * Builds the product of a loss's Hessian with a vector.
 *
 * @param how the way it is computed
 * @param vector v, to be fed
 * @param product H v
 */
record ProductGraph(HessianProducts how, Operand<TFloat64> vector, Operand<TFloat64> product) {
  static final String RESULT = "product";

  /** By the double gradient if there is one. */
  static ProductGraph build(
      Landscape landscape, Operand<TFloat64> vector, Predicate<String> trainable) {
    Ops tf = landscape.tf();
    List<Output<?>> gradients = landscape.here().gradients(tf, "gradients");
    return doubleGradient(landscape, vector, gradients, trainable)
        .map(product -> of(tf, HessianProducts.DOUBLE_GRADIENT, vector, product))
        .orElseGet(() -> byDifferences(landscape, vector));
  }

  /** By differences in any case. */
  static ProductGraph byDifferences(Landscape landscape, Operand<TFloat64> vector) {
    return of(
        landscape.tf(),
        HessianProducts.CENTRAL_DIFFERENCES,
        vector,
        differences(landscape, vector));
  }

  private static ProductGraph of(
      Ops tf, HessianProducts how, Operand<TFloat64> vector, Operand<TFloat64> product) {
    return new ProductGraph(how, vector, tf.withName(RESULT).identity(product));
  }

  /** Empty if the gradient cannot be differentiated, or only in 16 bits. */
  private static Optional<Operand<TFloat64>> doubleGradient(
      Landscape landscape,
      Operand<TFloat64> vector,
      List<Output<?>> gradients,
      Predicate<String> trainable) {
    if (landscape.w().stream().anyMatch(ProductGraph::isNarrow)) {
      return Optional.empty();
    }
    Ops tf = landscape.tf();
    Output<TNumber> slope = slope(tf, gradients, Vectors.split(tf, vector, landscape.w()));
    LossGraph slopeGraph =
        LossGraph.of((Graph) tf.scope().env(), slope).differentiable(tf.withSubScope("slope"));
    List<TrainableVariable> reached;
    try {
      reached = GradientFlow.trace(slopeGraph, trainable);
    } catch (IllegalArgumentException refused) {
      return Optional.empty();
    }
    return Optional.of(Vectors.join(tf, rows(landscape, slopeGraph, reached)));
  }

  private static boolean isNarrow(Output<?> value) {
    return value.type().equals(TFloat16.class) || value.type().equals(TBfloat16.class);
  }

  /** The derivative of the loss in the direction v, which is g v. */
  private static Output<TNumber> slope(
      Ops tf, List<Output<?>> gradients, List<Operand<TFloat64>> v) {
    List<Operand<TNumber>> products = new ArrayList<>();
    for (int i = 0; i < gradients.size(); i++) {
      Operand<TNumber> gradient = Vectors.typed(gradients.get(i));
      // The cut of v takes its sizes from the variables, which nothing must be sent back to.
      Operand<TNumber> direction = tf.stopGradient(Vectors.castLike(tf, v.get(i), gradient));
      Operand<TNumber> terms =
          tf.reshape(tf.math.mul(gradient, direction), tf.constant(new int[] {-1}));
      products.add(Vectors.castLike(tf, tf.reduceSum(terms, tf.constant(0)), gradient));
    }
    Operand<TNumber> first = products.get(0);
    Operand<TNumber> sum = first;
    for (Operand<TNumber> product : products.subList(1, products.size())) {
      sum = tf.math.add(sum, Vectors.castLike(tf, product, first));
    }
    return sum.asOutput();
  }

  /** d(g v)/dw; zeros for the variables that g v does not depend on. */
  private static List<Output<?>> rows(
      Landscape landscape, LossGraph slopeGraph, List<TrainableVariable> reached) {
    Ops tf = landscape.tf();
    Map<Output<?>, Output<?>> byHandle = new HashMap<>();
    if (!reached.isEmpty()) {
      List<List<Output<?>>> reads = reached.stream().map(TrainableVariable::reads).toList();
      List<Output<?>> seconds = Gradients.add(tf, slopeGraph.loss(), reads, "second_gradients");
      for (int i = 0; i < reached.size(); i++) {
        byHandle.put(reached.get(i).handle(), seconds.get(i));
      }
    }
    return landscape.variables().stream()
        .<Output<?>>map(
            variable -> {
              Output<?> second = byHandle.get(variable.handle());
              return second != null ? second : tf.zerosLike(variable.reads().get(0)).asOutput();
            })
        .toList();
  }

  private static Operand<TFloat64> differences(Landscape landscape, Operand<TFloat64> vector) {
    Ops tf = landscape.tf();
    List<Output<?>> w = landscape.w();
    Operand<TFloat64> h = tf.math.div(distance(landscape), norm(tf, List.of(vector.asOutput())));
    List<Operand<TFloat64>> steps = Vectors.split(tf, tf.math.mul(vector, h), w);
    List<Operand<TNumber>> forward = new ArrayList<>();
    List<Operand<TNumber>> backward = new ArrayList<>();
    for (int i = 0; i < w.size(); i++) {
      Operand<TNumber> value = Vectors.wide(tf, w.get(i));
      Operand<TNumber> step = Vectors.castLike(tf, steps.get(i), value);
      forward.add(tf.math.add(value, step));
      backward.add(tf.math.sub(value, step));
    }
    Operand<TFloat64> ahead = gradient(landscape, forward, "ahead");
    Operand<TFloat64> behind = gradient(landscape, backward, "behind");
    return tf.math.div(tf.math.sub(ahead, behind), tf.math.add(h, h));
  }

  private static Operand<TFloat64> gradient(
      Landscape landscape, List<Operand<TNumber>> values, String name) {
    Ops tf = landscape.tf();
    return Vectors.join(tf, landscape.at(values, name).gradients(tf, name + "_gradients"));
  }

  /** How far to go to either side: h |v|. */
  private static Operand<TFloat64> distance(Landscape landscape) {
    Ops tf = landscape.tf();
    List<Output<?>> w = landscape.w();
    boolean isDouble =
        landscape.here().loss().type().equals(TFloat64.class)
            && w.stream().allMatch(value -> value.type().equals(TFloat64.class));
    double epsilon = isDouble ? Math.ulp(1.0) : Math.ulp(1f);
    Operand<TInt64> n = Vectors.size(tf, w);
    Operand<TFloat64> rootMeanSquare =
        tf.math.div(norm(tf, w), tf.math.sqrt(Vectors.inDouble(tf, n)));
    return tf.math.mul(
        tf.constant(Math.cbrt(epsilon)), tf.math.add(tf.constant(1.0), rootMeanSquare));
  }

  private static Operand<TFloat64> norm(Ops tf, List<Output<?>> tensors) {
    return Vectors.inDouble(tf, new StockUpdateOps().globalNorm(tf, tensors));
  }
}
