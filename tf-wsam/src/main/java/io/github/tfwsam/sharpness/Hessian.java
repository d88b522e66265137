package io.github.tfwsam.sharpness;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.StdArrays;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt64;

/**
 * The matrix of second derivatives of a loss with respect to all its trainable variables together,
 * by its products with vectors: it is never formed. The vectors hold the variables one after the
 * other, in the order of the graph, each in row-major order.
 *
 * <p>Over several batches it is the Hessian of their mean loss: each product is averaged over the
 * batches. The same seeds give the same numbers, if the loss does (random numbers in it, such as
 * dropout masks, are others in each run).
 *
 * <pre>{@code
 * var hessian = new Hessian(graph, loss);
 * double largest = hessian.topEigenvalues(session, batches, 1, 42).values().get(0);
 * double trace = hessian.trace(session, batches, 30, 42).value();
 * }</pre>
 */
public final class Hessian {
  private static final double TOLERANCE = 1e-4;
  private static final int MAX_ITERATIONS = 100;

  private final ProductGraph products;
  private final Operand<TInt64> dimension;

  /**
   * The Hessian with respect to each variable that the loss reaches.
   *
   * @param graph the graph of the loss
   * @param loss a real scalar
   * @throws IllegalArgumentException as {@link #Hessian(Graph, Operand, Predicate)}
   */
  public Hessian(Graph graph, Operand<?> loss) {
    this(graph, loss, name -> true);
  }

  /**
   * The Hessian with respect to some of the variables: a block on the diagonal of the whole.
   *
   * @param graph the graph of the loss
   * @param loss a real scalar
   * @param trainable tells by a variable's name whether it takes part
   * @throws IllegalArgumentException if the loss is no real scalar of this graph, depends on no
   *     trainable variable, or cannot be differentiated or, where its gradient cannot be
   *     differentiated, computed twice (it names the operation, its type, and a way out)
   */
  public Hessian(Graph graph, Operand<?> loss, Predicate<String> trainable) {
    this(graph, loss, trainable, false);
  }

  /** By differences, whether or not there is a double gradient. */
  static Hessian byDifferences(Graph graph, Operand<?> loss) {
    return new Hessian(graph, loss, name -> true, true);
  }

  private Hessian(
      Graph graph, Operand<?> loss, Predicate<String> trainable, boolean byDifferences) {
    Landscape landscape = Landscape.of(graph, "Hessian", ProductGraph.RESULT, loss, trainable);
    Ops tf = landscape.tf();
    Operand<TFloat64> vector =
        tf.withName("vector").placeholder(TFloat64.class, Placeholder.shape(Shape.of(-1)));
    products =
        byDifferences
            ? ProductGraph.byDifferences(landscape, vector)
            : ProductGraph.build(landscape, vector, trainable);
    dimension = tf.withName("dimension").identity(Vectors.size(tf, landscape.w()));
  }

  /**
   * How products with it are computed: by the double gradient where TensorFlow's C API can
   * differentiate the gradient's operations, else by central differences. That is known before any
   * native code that could abort is called.
   *
   * @return the way that was chosen
   */
  public HessianProducts products() {
    return products.how();
  }

  /**
   * How many numbers the variables hold together.
   *
   * @param session a session on the graph, its variables initialized
   * @return the number of rows, and of columns
   */
  public int dimension(Session session) {
    try (Result result = session.runner().fetch(dimension).run()) {
      return Math.toIntExact(((TInt64) result.get(0)).getLong());
    }
  }

  /**
   * Multiplies it with a vector.
   *
   * @param session a session on the graph, its variables initialized
   * @param batches the batches whose mean loss it is of
   * @param vector as many finite numbers as there are dimensions
   * @return H v
   * @throws IllegalArgumentException if the vector is of another length or not finite
   * @throws IllegalStateException if the product is not finite: the loss is not, or not smooth
   */
  public double[] times(Session session, Batches batches, double[] vector) {
    int n = dimension(session);
    if (vector.length != n) {
      throw new IllegalArgumentException(
          "The vector has " + vector.length + " elements, but the Hessian has " + n + " columns.");
    }
    if (!Double.isFinite(Arrays.stream(vector).sum())) {
      throw new IllegalArgumentException("The vector is not finite.");
    }
    return product(session, batches, vector);
  }

  private double[] product(Session session, Batches batches, double[] vector) {
    double[] sum = new double[vector.length];
    if (Arrays.stream(vector).allMatch(x -> x == 0)) {
      return sum;
    }
    batches.forEach(
        session,
        List.of(products.product()),
        feeds -> feeds.add(products.vector(), TFloat64.vectorOf(vector)),
        result -> add(sum, StdArrays.array1dCopyOf((TFloat64) result.get(0))));
    for (int i = 0; i < sum.length; i++) {
      sum[i] /= batches.count();
      if (!Double.isFinite(sum[i])) {
        throw new IllegalStateException(
            "The Hessian times a vector is not finite: at these values of the variables the loss or"
                + " a derivative of it is not. Look at the loss of each batch.");
      }
    }
    return sum;
  }

  private static void add(double[] sum, double[] terms) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += terms[i];
    }
  }

  /**
   * As {@link #topEigenvalues(Session, Batches, int, long, double, int)}, with a tolerance of 1e-4
   * and at most 100 iterations.
   *
   * @param session a session on the graph, its variables initialized
   * @param batches the batches whose mean loss it is of
   * @param k how many, from 1 to the dimension
   * @param seed of the random start
   * @return the k largest eigenvalues
   * @throws IllegalArgumentException if k is out of its range
   * @throws IllegalStateException if a product is not finite
   */
  public Eigenvalues topEigenvalues(Session session, Batches batches, int k, long seed) {
    return topEigenvalues(session, batches, k, seed, TOLERANCE, MAX_ITERATIONS);
  }

  /**
   * The largest eigenvalues, by the method of Lanczos from a random start, with full
   * reorthogonalization. An iteration is one product over all batches, and keeps one vector.
   *
   * <p>It stops where the residual of each of the k is at most the tolerance times the largest
   * magnitude of an eigenvalue that it knows. An eigenvalue that occurs several times may be found
   * fewer times, unless the space of the start's powers is exhausted: then it starts anew.
   *
   * <p>Source: Golub and Van Loan, Matrix Computations, 4th edition, chapter 10.
   *
   * @param session a session on the graph, its variables initialized
   * @param batches the batches whose mean loss it is of
   * @param k how many, from 1 to the dimension
   * @param seed of the random start
   * @param tolerance relative, at least 0
   * @param maxIterations at least k; there are no more than the dimension
   * @return the k largest eigenvalues, not those of the largest magnitude
   * @throws IllegalArgumentException if an argument is out of its range
   * @throws IllegalStateException if a product is not finite
   */
  public Eigenvalues topEigenvalues(
      Session session, Batches batches, int k, long seed, double tolerance, int maxIterations) {
    int n = dimension(session);
    if (k < 1 || k > n) {
      throw new IllegalArgumentException(
          "The Hessian has "
              + n
              + " eigenvalues, so that k must be from 1 to "
              + n
              + "; it is "
              + k
              + ".");
    }
    if (!(tolerance >= 0)) {
      throw new IllegalArgumentException(
          "The tolerance must be at least 0; it is " + tolerance + ".");
    }
    if (maxIterations < k) {
      throw new IllegalArgumentException(
          "Each iteration finds one eigenvalue at most, so that k = "
              + k
              + " of them take as many; maxIterations is "
              + maxIterations
              + ".");
    }
    var lanczos = new Lanczos(vector -> product(session, batches, vector), n, new Random(seed));
    return lanczos.largest(k, tolerance, Math.min(maxIterations, n), products());
  }

  /**
   * The trace, by Hutchinson's estimator: the mean of {@code z H z} over vectors z of random signs.
   *
   * <p>Source: Hutchinson, A stochastic estimator of the trace of the influence matrix,
   * Communications in Statistics 19(2), 1990.
   *
   * @param session a session on the graph, its variables initialized
   * @param batches the batches whose mean loss it is of
   * @param samples how many z, at least 2; each takes one product over all batches
   * @param seed of the random signs
   * @return the estimate with its standard error
   * @throws IllegalArgumentException if there are fewer than 2 samples
   * @throws IllegalStateException if a product is not finite
   */
  public TraceEstimate trace(Session session, Batches batches, int samples, long seed) {
    if (samples < 2) {
      throw new IllegalArgumentException(
          "The standard error of a trace takes 2 samples at least; there are " + samples + ".");
    }
    int n = dimension(session);
    var random = new Random(seed);
    double mean = 0;
    double squares = 0;
    for (int sample = 0; sample < samples; sample++) {
      double[] signs = random.doubles(n).map(x -> x < 0.5 ? -1 : 1).toArray();
      double estimate = Lanczos.dot(signs, product(session, batches, signs));
      double change = estimate - mean;
      mean += change / (sample + 1);
      squares += change * (estimate - mean);
    }
    double variance = squares / (samples - 1);
    return new TraceEstimate(mean, Math.sqrt(variance / samples), samples, products());
  }
}
