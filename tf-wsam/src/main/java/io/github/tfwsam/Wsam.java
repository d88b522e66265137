package io.github.tfwsam;

import java.util.function.Predicate;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.framework.optimizers.Optimizer;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TFloating;
import org.tensorflow.types.family.TType;

/** Weighted sharpness-aware minimization. */
public final class Wsam extends Optimizer {
  /** Default radius of the perturbation. */
  public static final double RHO_DEFAULT = 0.05;

  /** Default weight of the sharpness term. */
  public static final double GAMMA_DEFAULT = 0.9;

  private final Optimizer base;

  /** What can be fetched in the run of a step. */
  public record Metrics(
      Operand<?> loss,
      Operand<?> perturbedLoss,
      Operand<?> gradientNorm,
      Operand<?> sharpness,
      Operand<?> skipped,
      Operand<?> skippedSteps) {}

  /** Options. */
  public static final class Options {
    private Options() {}
  }

  public Wsam(Graph graph, Optimizer base, Options... options) {
    super(graph, "WSAM");
    this.base = base;
  }

  public Wsam(Graph graph, Optimizer base, double rho, double gamma, Options... options) {
    super(graph, "WSAM");
    this.base = base;
  }

  public static Options rho(double rho) {
    return new Options();
  }

  public static Options rho(Operand<? extends TFloating> rho) {
    return new Options();
  }

  public static Options gamma(double gamma) {
    return new Options();
  }

  public static Options gamma(Operand<? extends TFloating> gamma) {
    return new Options();
  }

  public static Options decoupled(boolean decoupled) {
    return new Options();
  }

  public static Options adaptive(boolean adaptive) {
    return new Options();
  }

  public static Options maxNorm(double maxNorm) {
    return new Options();
  }

  public static Options maxNorm(Operand<? extends TFloating> maxNorm) {
    return new Options();
  }

  public static Options trainable(Predicate<String> trainable) {
    return new Options();
  }

  public static Options perturbed(Predicate<String> perturbed) {
    return new Options();
  }

  public static Options skipNonFinite(boolean skipNonFinite) {
    return new Options();
  }

  /** The metrics of the step that was built last. */
  public Metrics metrics() {
    return null;
  }

  @Override
  public Op minimize(Operand<?> loss, String name) {
    return base.minimize(loss, name);
  }

  @Override
  protected <T extends TType> Op applyDense(Ops deps, Output<T> gradient, Output<T> variable) {
    throw new UnsupportedOperationException();
  }

  @Override
  public String getOptimizerName() {
    return "WSAM";
  }
}
