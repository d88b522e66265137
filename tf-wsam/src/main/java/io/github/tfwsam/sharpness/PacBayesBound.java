package io.github.tfwsam.sharpness;

/**
 * A PAC-Bayes bound on the population loss of weights w, with its terms separate.
 *
 * <p>With probability at least 1 - delta over the n training examples,
 *
 * <pre>
 * L_D(w) &lt;= perturbedLoss + tail + complexity
 *         = objective + remainder + tail + complexity
 *
 * objective  = trainingLoss + alpha sharpness,  alpha = gamma / (1 - gamma)     what WSAM minimizes
 * sharpness  = perturbedLoss - trainingLoss
 * remainder  = (1 - alpha) sharpness                       at most 0 where gamma is 0.5 or more
 * tail       = (B - perturbedLoss) / sqrt(n)               over the ball; 0 under noise
 * complexity = B sqrt((divergence + confidence) / 2n)
 * divergence = 1/2 (k (1/r - 1 + log r) + |w|^2 / (sigma^2 r)),   r = exp(j / k)
 * confidence = log(2 sqrt(n) pi^2 (j + 1)^2 / (6 delta)),
 *              j = ceil(k log(1 + |w|^2 / (k sigma^2)))
 * </pre>
 *
 * <p>divergence is the Kullback-Leibler divergence of the posterior N(w, sigma^2) from the prior
 * N(0, r sigma^2), and B bounds the loss. gamma enters the bound only through w: it divides one and
 * the same number in another way.
 *
 * <p>Assumed are independent examples, a loss in [0, B], that rho or sigma was fixed before the
 * examples were seen, and that noise N(0, sigma^2) on the weights does not lower the population
 * loss. The radius's bound is one only if the largest loss in the ball was found, and an ascent
 * finds at most that; it is for the plain ball, not the adaptive one.
 *
 * <p>The derivation is ours, on the pattern of Foret et al., <a
 * href="https://arxiv.org/abs/2010.01412">Sharpness-Aware Minimization</a>, ICLR 2021, appendix
 * A.1, from Maurer's <a href="https://arxiv.org/abs/cs/0411099">PAC-Bayesian theorem</a>; {@code
 * docs/bound.md} has it. It is not the theorem of the paper on WSAM.
 *
 * @param problem the numbers that it was computed from
 * @param sigma the standard deviation of the noise
 * @param perturbedLoss the largest training loss in the ball, or the mean under noise
 * @param tail what noise that leaves the ball may add
 * @param divergence the Kullback-Leibler divergence
 * @param confidence what delta, and the choice of the prior's width, cost
 */
public record PacBayesBound(
    Problem problem,
    double sigma,
    double perturbedLoss,
    double tail,
    double divergence,
    double confidence) {

  /**
   * What is known of the training, whatever the perturbation.
   *
   * @param examples n, the number of training examples, at least 8
   * @param parameters k, how many numbers w has
   * @param squaredNorm |w|^2; or |w - w0|^2, with w0 chosen before the examples were seen, as an
   *     initialization is
   * @param trainingLoss the mean loss of the examples at w, from 0 to the largest loss
   * @param largestLoss B, the largest that a loss of one example can be: 1 for errors; cross
   *     entropy must be clipped to have one
   * @param gamma the weight of the sharpness, at least 0 and less than 1
   * @param delta the probability with which the bound may fail, between 0 and 1
   */
  public record Problem(
      long examples,
      long parameters,
      double squaredNorm,
      double trainingLoss,
      double largestLoss,
      double gamma,
      double delta) {

    /**
     * Checks the numbers.
     *
     * @param examples n, the number of training examples, at least 8
     * @param parameters k, how many numbers w has
     * @param squaredNorm |w|^2; or |w - w0|^2, with w0 chosen before the examples were seen, as an
     *     initialization is
     * @param trainingLoss the mean loss of the examples at w, from 0 to the largest loss
     * @param largestLoss B, the largest that a loss of one example can be: 1 for errors; cross
     *     entropy must be clipped to have one
     * @param gamma the weight of the sharpness, at least 0 and less than 1
     * @param delta the probability with which the bound may fail, between 0 and 1
     * @throws IllegalArgumentException if one is out of its range
     */
    public Problem {
      require(examples >= 8, "the bound needs 8 training examples at least", examples);
      require(parameters >= 1, "the bound needs one parameter at least", parameters);
      require(isFinite(squaredNorm), "squaredNorm must be finite and at least 0", squaredNorm);
      require(
          isFinite(largestLoss) && largestLoss > 0,
          "largestLoss must be finite and greater than 0",
          largestLoss);
      requireLoss("trainingLoss", trainingLoss, largestLoss);
      require(gamma >= 0 && gamma < 1, "gamma must be at least 0 and less than 1", gamma);
      require(delta > 0 && delta < 1, "delta must be between 0 and 1", delta);
    }
  }

  /**
   * The bound by the largest loss in a ball.
   *
   * <p>sigma is such that noise stays in the ball but with probability 1 / sqrt(n): {@code sigma^2
   * = rho^2 / (k + 2 sqrt(k t) + 2 t)}, {@code t = log(n) / 2} (Laurent and Massart, Adaptive
   * estimation of a quadratic functional by model selection, Annals of Statistics 28(5), 2000,
   * lemma 1).
   *
   * @param problem the training
   * @param rho the radius, finite and greater than 0
   * @param worstLoss the largest training loss in the ball, from 0 to the largest loss; the mean of
   *     the batches' own largest ones is at least as large, and will do. Where it is less than the
   *     training loss, an ascent has missed the maximum, and the training loss is taken
   * @return the bound
   * @throws IllegalArgumentException if an argument is out of its range
   */
  public static PacBayesBound overBall(Problem problem, double rho, double worstLoss) {
    require(isFinite(rho) && rho > 0, "rho must be finite and greater than 0", rho);
    requireLoss("worstLoss", worstLoss, problem.largestLoss);
    double t = Math.log((double) problem.examples) / 2;
    double k = problem.parameters;
    double sigma = rho / Math.sqrt(k + 2 * Math.sqrt(k * t) + 2 * t);
    double worst = Math.max(worstLoss, problem.trainingLoss);
    double tail = (problem.largestLoss - worst) / Math.sqrt((double) problem.examples);
    return of(problem, sigma, worst, tail);
  }

  /**
   * The bound by the mean loss under noise. It needs no maximum to be found, but the mean is to be
   * taken over enough noise.
   *
   * @param problem the training
   * @param sigma the standard deviation of each weight's noise, finite and greater than 0
   * @param meanLoss the mean training loss at w + N(0, sigma^2), from 0 to the largest loss
   * @return the bound
   * @throws IllegalArgumentException if an argument is out of its range
   */
  public static PacBayesBound underNoise(Problem problem, double sigma, double meanLoss) {
    require(isFinite(sigma) && sigma > 0, "sigma must be finite and greater than 0", sigma);
    requireLoss("meanLoss", meanLoss, problem.largestLoss);
    return of(problem, sigma, meanLoss, 0);
  }

  private static PacBayesBound of(
      Problem problem, double sigma, double perturbedLoss, double tail) {
    double k = problem.parameters;
    double ratio = problem.squaredNorm / (sigma * sigma);
    double j = Math.ceil(k * Math.log1p(ratio / k));
    double logR = j / k;
    double divergence = (k * (Math.expm1(-logR) + logR) + ratio * Math.exp(-logR)) / 2;
    double confidence =
        Math.log(2 * Math.sqrt((double) problem.examples) / problem.delta)
            + Math.log(Math.PI * Math.PI / 6)
            + 2 * Math.log1p(j);
    return new PacBayesBound(problem, sigma, perturbedLoss, tail, divergence, confidence);
  }

  private static boolean isFinite(double value) {
    return value >= 0 && value < Double.POSITIVE_INFINITY;
  }

  private static void requireLoss(String name, double loss, double largestLoss) {
    require(
        loss >= 0 && loss <= largestLoss,
        name + " must be from 0 to the largest loss, " + largestLoss + " (clip the loss to it)",
        loss);
  }

  private static void require(boolean holds, String rule, Number value) {
    if (!holds) {
      throw new IllegalArgumentException(rule + "; it is " + value + ".");
    }
  }

  /**
   * How WSAM weighs the sharpness.
   *
   * @return gamma / (1 - gamma)
   */
  public double alpha() {
    return problem.gamma / (1 - problem.gamma);
  }

  /**
   * How much the training loss rises under the perturbation.
   *
   * @return perturbedLoss - trainingLoss
   */
  public double sharpness() {
    return perturbedLoss - problem.trainingLoss;
  }

  /**
   * What WSAM minimizes.
   *
   * @return trainingLoss + alpha sharpness
   */
  public double objective() {
    return problem.trainingLoss + alpha() * sharpness();
  }

  /**
   * What the objective has too little of the sharpness, or, if it is negative, too much.
   *
   * @return (1 - alpha) sharpness
   */
  public double remainder() {
    return (1 - alpha()) * sharpness();
  }

  /**
   * What the weights' distance from the prior costs at this number of examples.
   *
   * @return B sqrt((divergence + confidence) / 2n)
   */
  public double complexity() {
    return problem.largestLoss * Math.sqrt((divergence + confidence) / (2.0 * problem.examples));
  }

  /**
   * The bound on the population loss.
   *
   * @return perturbedLoss + tail + complexity
   */
  public double value() {
    return perturbedLoss + tail + complexity();
  }

  /**
   * The bound on the generalization gap, L_D(w) - trainingLoss.
   *
   * @return sharpness + tail + complexity
   */
  public double gap() {
    return value() - problem.trainingLoss;
  }

  /**
   * Tells whether the bound says nothing.
   *
   * @return true if it is not less than the largest loss, which bounds every loss
   */
  public boolean isVacuous() {
    return value() >= problem.largestLoss;
  }
}
