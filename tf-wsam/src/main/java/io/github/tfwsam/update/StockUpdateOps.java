package io.github.tfwsam.update;

import io.github.tfwsam.graph.Devices;
import io.github.tfwsam.graph.Operations;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.train.ApplyGradientDescent;
import org.tensorflow.op.train.ResourceApplyGradientDescent;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.family.TNumber;
import org.tensorflow.types.family.TType;

/** {@link UpdateOps} of TensorFlow's own ops. */
public final class StockUpdateOps implements UpdateOps {

  @Override
  public Operand<? extends TNumber> globalNorm(Ops tf, List<Output<?>> tensors) {
    return norm(tf, tensors.stream().<Operand<?>>map(t -> accumulate(tf, t)).toList());
  }

  @Override
  public Operand<? extends TNumber> adaptiveNorm(
      Ops tf, List<Output<?>> variables, List<Output<?>> gradients) {
    List<Operand<?>> scaled = new ArrayList<>();
    for (int i = 0; i < gradients.size(); i++) {
      scaled.add(scaledByWeight(tf, variables.get(i), gradients.get(i)));
    }
    return norm(tf, scaled);
  }

  private static Operand<TNumber> scaledByWeight(Ops tf, Output<?> variable, Output<?> gradient) {
    return tf.math.mul(tf.math.abs(accumulate(tf, variable)), accumulate(tf, gradient));
  }

  /** L2Loss is sum(t^2) / 2 in one op, with no tensor of squares; doubling is exact. */
  private static Operand<TNumber> norm(Ops tf, List<Operand<?>> tensors) {
    Class<TNumber> type = widestType(tensors);
    List<Operand<TNumber>> halfSquares = new ArrayList<>();
    for (Operand<?> tensor : tensors) {
      halfSquares.add(tf.dtypes.cast(tf.nn.l2Loss(StockUpdateOps.<TNumber>typed(tensor)), type));
    }
    Operand<TNumber> sum =
        halfSquares.size() == 1 ? halfSquares.get(0) : tf.math.addN(new ArrayList<>(halfSquares));
    return tf.math.sqrt(tf.math.add(sum, sum));
  }

  @Override
  public List<Output<?>> perturb(
      Ops tf,
      List<Output<?>> variables,
      List<Output<?>> gradients,
      Operand<? extends TNumber> rho,
      Operand<? extends TNumber> norm,
      boolean adaptive) {
    Class<TNumber> type = accumulationType(norm);
    Operand<TNumber> scale =
        tf.math.div(
            tf.dtypes.cast(rho, type),
            tf.math.add(typed(norm), tf.dtypes.cast(tf.constant(EPSILON), type)));
    List<Output<?>> perturbed = new ArrayList<>();
    for (int i = 0; i < variables.size(); i++) {
      Ops near = nearTo(tf, variables.get(i));
      Operand<TNumber> value = accumulate(near, variables.get(i));
      Operand<TNumber> ascent = accumulate(near, gradients.get(i));
      if (adaptive) {
        ascent = near.math.mul(near.math.square(value), ascent);
      }
      Operand<TNumber> perturbation = near.math.mul(ascent, castLike(near, scale, value));
      perturbed.add(near.math.add(value, perturbation).asOutput());
    }
    return perturbed;
  }

  @Override
  public Operand<? extends TNumber> clipFactor(
      Ops tf, Operand<? extends TNumber> norm, Operand<? extends TNumber> maxNorm) {
    Class<TNumber> type = accumulationType(norm);
    Operand<TNumber> quotient =
        tf.math.div(
            tf.dtypes.cast(maxNorm, type),
            tf.math.add(typed(norm), tf.dtypes.cast(tf.constant(CLIP_EPSILON), type)));
    return tf.math.minimum(quotient, tf.dtypes.cast(tf.constant(1.0), type));
  }

  @Override
  public List<Output<?>> clip(
      Ops tf, List<Output<?>> gradients, Optional<Operand<? extends TNumber>> factor) {
    if (factor.isEmpty()) {
      return gradients;
    }
    List<Output<?>> clipped = new ArrayList<>();
    for (Output<?> gradient : gradients) {
      Operand<TNumber> wide = accumulate(tf, gradient);
      Operand<TNumber> product = tf.math.mul(wide, castLike(tf, typed(factor.get()), wide));
      clipped.add(castLike(tf, product, gradient).asOutput());
    }
    return clipped;
  }

  @Override
  public List<Output<?>> blend(Ops tf, TwoGradients gradients) {
    List<Output<?>> clipped1 = clip(tf, gradients.first(), gradients.firstFactor());
    List<Output<?>> clipped2 = clip(tf, gradients.second(), gradients.secondFactor());
    Operand<TNumber> alpha = typed(gradients.alpha());
    Operand<TNumber> complement =
        tf.math.sub(
            tf.dtypes.cast(tf.constant(1.0), StockUpdateOps.<TNumber>accumulationType(alpha)),
            alpha);
    List<Output<?>> blends = new ArrayList<>();
    for (int i = 0; i < clipped1.size(); i++) {
      Operand<TNumber> first = accumulate(tf, clipped1.get(i));
      Operand<TNumber> second = accumulate(tf, clipped2.get(i));
      Operand<TNumber> blend =
          tf.math.add(
              tf.math.mul(first, castLike(tf, complement, first)),
              tf.math.mul(second, castLike(tf, alpha, first)));
      blends.add(castLike(tf, blend, clipped1.get(i)).asOutput());
    }
    return blends;
  }

  @Override
  public List<Operation> decoupledStep(
      Ops tf, TwoGradients gradients, List<Operand<?>> learningRates) {
    List<Output<?>> clipped1 = clip(tf, gradients.first(), gradients.firstFactor());
    List<Output<?>> clipped2 = clip(tf, gradients.second(), gradients.secondFactor());
    List<Operation> writes = new ArrayList<>();
    for (int i = 0; i < clipped1.size(); i++) {
      Output<?> variable = gradients.variables().get(i);
      Operand<TNumber> first = typed(gradients.first().get(i));
      Operand<TNumber> difference =
          tf.math.sub(accumulate(tf, clipped2.get(i)), accumulate(tf, clipped1.get(i)));
      Operand<TNumber> rate =
          tf.math.mul(
              castLike(tf, typed(learningRates.get(i)), difference),
              castLike(tf, typed(gradients.alpha()), difference));
      Op write =
          first.type().equals(difference.type())
              ? descend(tf, variable, rate, difference)
              : descend(
                  tf,
                  variable,
                  castLike(tf, tf.dtypes.cast(tf.constant(1f), difference.type()), first),
                  // Of 16 bits only the product is rounded, not each of its factors.
                  castLike(tf, tf.math.mul(difference, rate), first));
      writes.add(write.op());
    }
    return writes;
  }

  private static Op descend(
      Ops tf, Output<?> variable, Operand<TNumber> rate, Operand<TNumber> difference) {
    return Operations.isResource(variable)
        ? tf.train.resourceApplyGradientDescent(
            variable, rate, difference, ResourceApplyGradientDescent.useLocking(true))
        : tf.train.applyGradientDescent(
            StockUpdateOps.<TNumber>typed(variable),
            rate,
            difference,
            ApplyGradientDescent.useLocking(true));
  }

  /** The base optimizer's own ops are TensorFlow's. */
  @Override
  public Map<GraphOperation, GraphOperation> fuse(
      Ops tf, List<ApplyStep> steps, TwoGradients gradients) {
    return Map.of();
  }

  /** Element-wise work on a variable belongs on the variable's device. */
  private static Ops nearTo(Ops tf, Output<?> variable) {
    var operation = (GraphOperation) variable.op();
    return operation.device().isEmpty() ? tf : tf.withDevice(Devices.of(operation));
  }

  static Operand<TNumber> accumulate(Ops tf, Output<?> tensor) {
    Class<TNumber> type = accumulationType(tensor);
    return tensor.type().equals(type) ? typed(tensor) : tf.dtypes.cast(tensor, type);
  }

  private static Operand<TNumber> castLike(Ops tf, Operand<TNumber> tensor, Operand<?> like) {
    return tensor.type().equals(like.type())
        ? tensor
        : tf.dtypes.cast(tensor, StockUpdateOps.<TNumber>typed(like).type());
  }

  private static Class<TNumber> widestType(List<Operand<?>> tensors) {
    return tensors.stream()
        .map(StockUpdateOps::<TNumber>accumulationType)
        .filter(type -> type.equals(TFloat64.class))
        .findAny()
        .orElseGet(() -> accumulationType(tensors.get(0)));
  }

  @SuppressWarnings("unchecked") // The types of operands are known to TensorFlow, not to javac.
  private static <T extends TNumber> Class<T> accumulationType(Operand<?> tensor) {
    return (Class<T>) (tensor.type().equals(TFloat64.class) ? TFloat64.class : TFloat32.class);
  }

  @SuppressWarnings("unchecked") // As above; operands of unlike types are cast before they meet.
  private static <T extends TType> Operand<T> typed(Operand<?> tensor) {
    return (Operand<T>) tensor;
  }
}
