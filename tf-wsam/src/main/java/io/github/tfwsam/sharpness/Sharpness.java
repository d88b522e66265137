package io.github.tfwsam.sharpness;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TNumber;

/**
 * How much a loss rises within a ball around its variables,
 *
 * <pre>
 * max over |e| &lt;= rho of L(w + e) - L(w)
 * </pre>
 *
 * <p>|.| is the L2 norm over all perturbed variables together. The maximum is searched by gradient
 * ascent, so what is found is at most the maximum:
 *
 * <pre>
 * u1      = rho d / (|d| + 1e-12),       d  = grad L(w)
 * u(j+1)  = P(uj + rho dj / (|dj| + 1e-12)),  dj = grad L(w + uj)       P scales to |u| &lt;= rho
 * result  = max over j of L(w + uj) - L(w)
 * </pre>
 *
 * <p>One step, the default, is the sharpness that {@link io.github.tfwsam.Wsam} regularizes; where
 * the loss falls again within the ball it can be negative. More steps never find less. On a convex
 * quadratic they converge to the maximum.
 *
 * <p>The adaptive form has e = |w| u, |u| &lt;= rho and d = |w| grad L(w + e): each weight moves in
 * proportion to its size, and e of the first step is {@code rho w^2 g / | |w| g |}.
 *
 * <pre>{@code
 * var sharpness = new Sharpness(graph, loss, 0.05, Sharpness.steps(10));
 * double m = sharpness.estimate(session, batches).sharpness();
 * }</pre>
 *
 * <p>Sources: Foret et al., <a href="https://arxiv.org/abs/2010.01412">Sharpness-Aware Minimization
 * for Efficiently Improving Generalization</a>, ICLR 2021 (one step, m-sharpness); Kwon et al., <a
 * href="https://arxiv.org/abs/2102.11600">ASAM</a>, ICML 2021 (the adaptive form).
 */
public final class Sharpness {
  private static final String RESULT = "sharpness";

  private final Operand<? extends TNumber> loss;
  private final Operand<? extends TNumber> perturbedLoss;
  private final Operand<? extends TNumber> value;
  private final List<Operand<?>> estimated;

  private static final class Settings {
    private boolean adaptive = false;
    private int steps = 1;
    private Predicate<String> trainable = name -> true;
  }

  /**
   * Builds the sharpness of a loss into its graph.
   *
   * @param graph the graph of the loss
   * @param loss a real scalar
   * @param rho the radius of the ball, finite and at least 0
   * @param options options; of two that set the same, the later one holds
   * @throws IllegalArgumentException if rho is out of its range, or if the loss is no real scalar
   *     of this graph, depends on no trainable variable, or cannot be differentiated or computed
   *     twice (it names the operation, its type, and a way out)
   */
  public Sharpness(Graph graph, Operand<?> loss, double rho, Options... options) {
    if (!(rho >= 0 && rho < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "rho must be finite and at least 0: it is the radius of the ball; it is " + rho + ".");
    }
    var settings = new Settings();
    for (Options option : options) {
      option.setting.accept(settings);
    }
    Landscape landscape = Landscape.of(graph, "Sharpness", RESULT, loss, settings.trainable);
    Ops tf = landscape.tf();
    this.loss = landscape.here().loss();
    Operand<TNumber> largest = new Ascent(landscape, rho, settings.adaptive).climb(settings.steps);
    perturbedLoss = tf.withName("perturbed_loss").identity(largest);
    value = tf.withName(RESULT).math.sub(largest, Vectors.castLike(tf, this.loss, largest));
    Operand<TFloat64> w = Vectors.join(tf, landscape.w());
    estimated =
        List.of(
            Vectors.inDouble(tf, this.loss),
            Vectors.inDouble(tf, perturbedLoss),
            Vectors.size(tf, landscape.w()),
            tf.reduceSum(tf.math.square(w), tf.constant(0)));
  }

  /**
   * The loss where the variables are, L(w).
   *
   * @return a scalar of the loss's type
   */
  public Operand<? extends TNumber> loss() {
    return loss;
  }

  /**
   * The largest loss that was found in the ball, L(w + e).
   *
   * @return a scalar of the loss's type; float32 where float16 or bfloat16 variables are perturbed
   */
  public Operand<? extends TNumber> perturbedLoss() {
    return perturbedLoss;
  }

  /**
   * The sharpness, L(w + e) - L(w), of the batch that is fed.
   *
   * @return a scalar of the type of {@link #perturbedLoss()}
   */
  public Operand<? extends TNumber> value() {
    return value;
  }

  /**
   * Measures the sharpness of each batch, each with an e of its own, and takes the mean: the
   * m-sharpness, with m the size of a batch. One batch of all examples is the sharpness of the
   * training loss itself, which is at most the m-sharpness where both maxima are found.
   *
   * @param session a session on the graph, its variables initialized
   * @param batches the batches
   * @return the means; NaN or infinite where a loss is
   */
  public SharpnessEstimate estimate(Session session, Batches batches) {
    double[] sums = new double[2];
    long[] parameters = new long[1];
    double[] squaredNorm = new double[1];
    batches.forEach(
        session,
        estimated,
        feeds -> {},
        result -> {
          sums[0] += ((TFloat64) result.get(0)).getDouble();
          sums[1] += ((TFloat64) result.get(1)).getDouble();
          parameters[0] = ((TInt64) result.get(2)).getLong();
          squaredNorm[0] = ((TFloat64) result.get(3)).getDouble();
        });
    return new SharpnessEstimate(
        sums[0] / batches.count(),
        sums[1] / batches.count(),
        batches.count(),
        parameters[0],
        squaredNorm[0]);
  }

  /**
   * Adapts the ball to the size of each weight, as ASAM does.
   *
   * @param adaptive true for the adaptive form; false by default
   * @return the option
   */
  public static Options adaptive(boolean adaptive) {
    return new Options(settings -> settings.adaptive = adaptive);
  }

  /**
   * Chooses how long the ascent is. Each step adds a pass forward and one backward to the graph.
   *
   * @param steps how many steps, 1 by default
   * @return the option
   * @throws IllegalArgumentException if there is none
   */
  public static Options steps(int steps) {
    if (steps < 1) {
      throw new IllegalArgumentException(
          "The ascent must have one step at least; it has " + steps + ".");
    }
    return new Options(settings -> settings.steps = steps);
  }

  /**
   * Chooses the variables that are perturbed.
   *
   * @param trainable tells by a variable's name whether it is; by default each that the loss
   *     reaches
   * @return the option
   */
  public static Options trainable(Predicate<String> trainable) {
    return new Options(settings -> settings.trainable = trainable);
  }

  /** An option of {@link Sharpness}, made by its static methods. */
  public static final class Options {
    private final Consumer<Settings> setting;

    private Options(Consumer<Settings> setting) {
      this.setting = setting;
    }
  }
}
