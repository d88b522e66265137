package io.github.tfwsam.update;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TNumber;

/**
 * The optimizer's own work, on all variables of a step at once. Lists run in parallel: element i of
 * each belongs to variable i.
 *
 * <p>Arithmetic is in the <em>accumulation type</em> of a tensor: float64 for float64, float32 for
 * float32, float16 and bfloat16. Scalars (rho, alpha, norms) are float32 or float64, and are cast.
 */
public interface UpdateOps {
  /**
   * Keeps the perturbation finite where the gradient is zero: {@code sam_eps} of the reference
   * (atorch, {@code optimizers/wsam.py}).
   */
  double EPSILON = 1e-12;

  /** Keeps the clipping factor finite: that of {@code torch.nn.utils.clip_grad_norm_}. */
  double CLIP_EPSILON = 1e-6;

  /**
   * The L2 norm over all tensors together, {@code sqrt(sum_i |t_i|^2)}.
   *
   * @param tf where to build
   * @param tensors at least one tensor, of any shapes
   * @return a scalar: float64 if one of the tensors is, else float32
   */
  Operand<? extends TNumber> globalNorm(Ops tf, List<Output<?>> tensors);

  /**
   * The norm of the adaptive form, {@code sqrt(sum_i | |w_i| g_i |^2)}.
   *
   * @param tf where to build
   * @param variables w
   * @param gradients g
   * @return a scalar: float64 if one of the gradients is, else float32
   */
  Operand<? extends TNumber> adaptiveNorm(
      Ops tf, List<Output<?>> variables, List<Output<?>> gradients);

  /**
   * The perturbed values, {@code w + rho g / (norm + 1e-12)}; adaptive {@code w + rho w^2 g / (norm
   * + 1e-12)}. The variables themselves stay as they are.
   *
   * @param tf where to build
   * @param variables w
   * @param gradients g
   * @param rho the radius
   * @param norm {@link #globalNorm} of g, or {@link #adaptiveNorm}
   * @param adaptive which form
   * @return for each variable its perturbed value, in the accumulation type: in float16 or bfloat16
   *     a small perturbation would be rounded away
   */
  List<Output<?>> perturb(
      Ops tf,
      List<Output<?>> variables,
      List<Output<?>> gradients,
      Operand<? extends TNumber> rho,
      Operand<? extends TNumber> norm,
      boolean adaptive);

  /**
   * What clipping multiplies a gradient by, {@code min(1, maxNorm / (norm + 1e-6))}.
   *
   * @param tf where to build
   * @param norm the global norm of the gradients
   * @param maxNorm the largest norm that is left as it is
   * @return a scalar of the norm's type
   */
  Operand<? extends TNumber> clipFactor(
      Ops tf, Operand<? extends TNumber> norm, Operand<? extends TNumber> maxNorm);

  /**
   * Clipped gradients, {@code factor g}.
   *
   * @param tf where to build
   * @param gradients g
   * @param factor {@link #clipFactor}; empty if the gradients are not clipped
   * @return the clipped gradients, of the types of g
   */
  List<Output<?>> clip(
      Ops tf, List<Output<?>> gradients, Optional<Operand<? extends TNumber>> factor);

  /**
   * The gradient of the coupled form, {@code (1 - alpha) g1 + alpha g2}, each clipped first.
   *
   * @param tf where to build
   * @param gradients g1, g2, their factors and alpha
   * @return the blends, of the types of g1
   */
  List<Output<?>> blend(Ops tf, TwoGradients gradients);

  /**
   * The decoupled step, in place: {@code w -= learningRate alpha (g2 - g1)}, each clipped first.
   *
   * @param tf where to build; its control dependencies come before any write
   * @param gradients w, g1, g2, their factors and alpha
   * @param learningRates the learning rate of each variable
   * @return the writes
   */
  List<Operation> decoupledStep(Ops tf, TwoGradients gradients, List<Operand<?>> learningRates);

  /**
   * Does the steps of a base optimizer together with what belongs to them: in the coupled form the
   * blend, in the decoupled form the decoupled step.
   *
   * @param tf where to build
   * @param steps steps of the base optimizer, one a variable
   * @param gradients g1, g2, their factors and alpha of at least these variables; nothing is
   *     written before alpha is there
   * @return for each operation of a step that is no longer needed the one that is in its place; a
   *     step that is not fused is left out whole
   */
  Map<GraphOperation, GraphOperation> fuse(Ops tf, List<ApplyStep> steps, TwoGradients gradients);
}
