package io.github.tfwsam.nativeops;

import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.OperationBuilder;
import org.tensorflow.Output;
import org.tensorflow.op.Scope;
import org.tensorflow.proto.DataType;
import org.tensorflow.types.TFloat64;

/**
 * Builds the native ops into a graph; {@link NativeOps#load()} must have loaded them.
 *
 * <p>Lists run in parallel: element i of each belongs to variable i. All tensors of an op are of
 * one type, float16, bfloat16, float32 or float64; 16-bit types are computed in float32. Scalars
 * are float64, and rounded to the type that is computed in.
 *
 * <p>A step writes variables in place. With {@code use_locking}, which these methods set, no update
 * of several steps that run at once is lost. What a step finds wrong (a variable that is not
 * initialized, or given twice; shapes that differ) it finds before it writes.
 */
public final class FusedOps {
  /** The op type of {@link #globalNorm}. */
  public static final String GLOBAL_NORM = "WsamGlobalNorm";

  /** The op type of {@link #adaptiveNorm}. */
  public static final String ADAPTIVE_NORM = "WsamAdaptiveNorm";

  /** The op type of {@link #perturb}. */
  public static final String PERTURB = "WsamPerturb";

  /** The op type of {@link #blend}. */
  public static final String BLEND = "WsamBlend";

  /** The op type of {@link #decoupledStep}. */
  public static final String APPLY_DECOUPLED = "WsamApplyDecoupled";

  /** The op type of {@link #gradientDescentStep}. */
  public static final String APPLY_GRADIENT_DESCENT = "WsamApplyGradientDescent";

  /** The op type of {@link #momentumStep}. */
  public static final String APPLY_MOMENTUM = "WsamApplyMomentum";

  /** The op type of {@link #adamStep}. */
  public static final String APPLY_ADAM = "WsamApplyAdam";

  private static final String PREFIX = "Wsam";
  private static final String RESOURCE_PREFIX = "WsamResource";

  private FusedOps() {}

  /**
   * The two gradients of each variable, and how they become one.
   *
   * @param first g1
   * @param second g2, of the type that is computed in: float32 where g1 is of 16 bits
   * @param alpha the weight of g2, gamma / (1 - gamma); with 0 a step of a base optimizer is its
   *     own step with g1, whatever g2 is
   * @param firstFactor g1 is multiplied by it first: the factor of clipping, 1 without it
   * @param secondFactor the same for g2
   */
  public record TwoGradients(
      List<Output<?>> first,
      List<Output<?>> second,
      Operand<TFloat64> alpha,
      Operand<TFloat64> firstFactor,
      Operand<TFloat64> secondFactor) {}

  /**
   * The L2 norm over all tensors together, {@code sqrt(sum_i |t_i|^2)}, accumulated in float64: the
   * same bits for any number of threads.
   *
   * @param scope where to build
   * @param tensors at least one tensor
   * @return a scalar
   */
  public static Output<TFloat64> globalNorm(Scope scope, List<Output<?>> tensors) {
    return new Builder(scope, GLOBAL_NORM).lists(List.of(tensors)).build().output(0);
  }

  /**
   * The norm of the adaptive form, {@code sqrt(sum_i | |w_i| g_i |^2)}.
   *
   * @param scope where to build
   * @param variables w, values
   * @param gradients g
   * @return a scalar
   */
  public static Output<TFloat64> adaptiveNorm(
      Scope scope, List<Output<?>> variables, List<Output<?>> gradients) {
    return new Builder(scope, ADAPTIVE_NORM).lists(List.of(variables, gradients)).build().output(0);
  }

  /**
   * The perturbed values, {@code w + rho g / (norm + 1e-12)}; adaptive {@code w + rho w^2 g / (norm
   * + 1e-12)}.
   *
   * @param scope where to build
   * @param variables w, values
   * @param gradients g
   * @param rho the radius
   * @param norm {@link #globalNorm} of g, or {@link #adaptiveNorm}
   * @param adaptive which form
   * @return for each variable its perturbed value: float64 of float64, else float32
   */
  public static List<Output<?>> perturb(
      Scope scope,
      List<Output<?>> variables,
      List<Output<?>> gradients,
      Operand<TFloat64> rho,
      Operand<TFloat64> norm,
      boolean adaptive) {
    boolean isDouble = variables.get(0).type().equals(TFloat64.class);
    return outputs(
        new Builder(scope, PERTURB)
            .lists(List.of(variables, gradients))
            .scalars(List.of(rho, norm))
            .flag("adaptive", adaptive)
            .type("U", isDouble ? DataType.DT_DOUBLE : DataType.DT_FLOAT)
            .build(),
        variables.size());
  }

  /**
   * The gradient of the coupled form, {@code (1 - alpha) g1 + alpha g2}.
   *
   * @param scope where to build
   * @param gradients g1, g2, alpha and the factors of clipping
   * @return the blends, of the type of the gradients
   */
  public static List<Output<?>> blend(Scope scope, TwoGradients gradients) {
    return outputs(
        new Builder(scope, BLEND)
            .lists(List.of(gradients.first, gradients.second))
            .scalars(List.of(gradients.alpha, gradients.firstFactor, gradients.secondFactor))
            .build(),
        gradients.first.size());
  }

  /**
   * The sharpness term of the decoupled form, {@code w -= learningRate alpha (g2 - g1)}.
   *
   * @param scope where to build; its control dependencies come before any write
   * @param variables references, or handles of resources
   * @param gradients g1, g2, alpha and the factors of clipping
   * @param learningRate the learning rate
   * @return the write
   */
  public static Operation decoupledStep(
      Scope scope,
      List<Output<?>> variables,
      TwoGradients gradients,
      Operand<TFloat64> learningRate) {
    return step(scope, APPLY_DECOUPLED, List.of(variables), gradients, learningRate).build();
  }

  /**
   * A step of gradient descent, {@code w -= learningRate (g + penalty w)}, where g is the blend of
   * the gradients; decoupled, it is g1, and {@link #decoupledStep} follows in the same sweep.
   *
   * @param scope where to build; its control dependencies come before any write
   * @param variables w: references, or handles of resources
   * @param gradients g1, g2, alpha and the factors of clipping
   * @param decoupled which form
   * @param learningRate the learning rate
   * @param penalty weight decay in the gradient
   * @return the write
   */
  public static Operation gradientDescentStep(
      Scope scope,
      List<Output<?>> variables,
      TwoGradients gradients,
      boolean decoupled,
      Operand<TFloat64> learningRate,
      Operand<TFloat64> penalty) {
    return step(scope, APPLY_GRADIENT_DESCENT, List.of(variables), gradients, learningRate)
        .scalars(List.of(penalty))
        .flag("decoupled", decoupled)
        .build();
  }

  /**
   * A step of momentum, {@code m = momentum m + g, w -= learningRate m}; Nesterov's {@code w -=
   * learningRate (g + momentum m)}. g and decoupled are those of {@link #gradientDescentStep}.
   *
   * @param scope where to build; its control dependencies come before any write
   * @param variables w: references, or handles of resources
   * @param accumulators m
   * @param gradients g1, g2, alpha and the factors of clipping
   * @param decoupled which form
   * @param nesterov whether the momentum is Nesterov's
   * @param learningRate the learning rate
   * @param momentum the momentum
   * @param penalty weight decay in the gradient
   * @return the write
   */
  public static Operation momentumStep(
      Scope scope,
      List<Output<?>> variables,
      List<Output<?>> accumulators,
      TwoGradients gradients,
      boolean decoupled,
      boolean nesterov,
      Operand<TFloat64> learningRate,
      Operand<TFloat64> momentum,
      Operand<TFloat64> penalty) {
    return step(scope, APPLY_MOMENTUM, List.of(variables, accumulators), gradients, learningRate)
        .scalars(List.of(momentum, penalty))
        .flag("decoupled", decoupled)
        .flag("use_nesterov", nesterov)
        .build();
  }

  /**
   * The hyper-parameters of Adam and AdamW in one step.
   *
   * @param betaOne the decay of the first moment
   * @param betaTwo the decay of the second moment
   * @param epsilon added to the root of the second moment
   * @param betaOnePower betaOne to the power of the number of this step
   * @param betaTwoPower betaTwo to the power of the number of this step
   * @param penalty weight decay in the gradient
   * @param decay weight decay apart from it: {@code w -= decay w}, before the rest
   */
  public record AdamScalars(
      Operand<TFloat64> betaOne,
      Operand<TFloat64> betaTwo,
      Operand<TFloat64> epsilon,
      Operand<TFloat64> betaOnePower,
      Operand<TFloat64> betaTwoPower,
      Operand<TFloat64> penalty,
      Operand<TFloat64> decay) {}

  /**
   * A step of Adam, {@code m += (g - m) (1 - betaOne), v += (g^2 - v) (1 - betaTwo), w -=
   * learningRate sqrt(1 - betaTwoPower) / (1 - betaOnePower) m / (sqrt(v) + epsilon)}. g and
   * decoupled are those of {@link #gradientDescentStep}.
   *
   * @param scope where to build; its control dependencies come before any write
   * @param variables w: references, or handles of resources
   * @param firstMoments m
   * @param secondMoments v
   * @param gradients g1, g2, alpha and the factors of clipping
   * @param decoupled which form
   * @param learningRate the learning rate
   * @param scalars the other hyper-parameters
   * @return the write
   */
  public static Operation adamStep(
      Scope scope,
      List<Output<?>> variables,
      List<Output<?>> firstMoments,
      List<Output<?>> secondMoments,
      TwoGradients gradients,
      boolean decoupled,
      Operand<TFloat64> learningRate,
      AdamScalars scalars) {
    return step(
            scope,
            APPLY_ADAM,
            List.of(variables, firstMoments, secondMoments),
            gradients,
            learningRate)
        .scalars(
            List.of(
                scalars.betaOne,
                scalars.betaTwo,
                scalars.epsilon,
                scalars.betaOnePower,
                scalars.betaTwoPower,
                scalars.penalty,
                scalars.decay))
        .flag("decoupled", decoupled)
        .build();
  }

  private static Builder step(
      Scope scope,
      String type,
      List<List<Output<?>>> variables,
      TwoGradients gradients,
      Operand<TFloat64> learningRate) {
    boolean resources = variables.get(0).get(0).dataType() == DataType.DT_RESOURCE;
    List<List<Output<?>>> lists = new ArrayList<>(variables);
    lists.add(gradients.first);
    lists.add(gradients.second);
    return new Builder(scope, resources ? type.replaceFirst(PREFIX, RESOURCE_PREFIX) : type)
        .lists(lists)
        .scalars(
            List.of(learningRate, gradients.alpha, gradients.firstFactor, gradients.secondFactor))
        .flag("use_locking", true);
  }

  private static List<Output<?>> outputs(Operation operation, int count) {
    List<Output<?>> outputs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      outputs.add(operation.output(i));
    }
    return outputs;
  }

  /** Inputs in the order of the op's definition: lists, then scalars. */
  private static final class Builder {
    private final OperationBuilder builder;

    Builder(Scope scope, String type) {
      builder = scope.opBuilder(type, type);
    }

    Builder lists(List<List<Output<?>>> lists) {
      lists.forEach(list -> builder.addInputList(list.toArray(new Output<?>[0])));
      return this;
    }

    Builder scalars(List<Operand<TFloat64>> scalars) {
      scalars.forEach(scalar -> builder.addInput(scalar.asOutput()));
      return this;
    }

    Builder flag(String attribute, boolean value) {
      builder.setAttr(attribute, value);
      return this;
    }

    Builder type(String attribute, DataType value) {
      builder.setAttr(attribute, value);
      return this;
    }

    Operation build() {
      return builder.build();
    }
  }
}
