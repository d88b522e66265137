package io.github.tfwsam.examples.run;

import io.github.tfwsam.StepMetrics;
import io.github.tfwsam.Wsam;
import io.github.tfwsam.examples.cli.ErrorLine;
import io.github.tfwsam.examples.profile.StepProfiler;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongPredicate;
import java.util.function.Supplier;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.framework.optimizers.Optimizer.GradAndVar;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.family.TNumber;
import org.tensorflow.types.family.TType;

/** The step of a training. It is the first to say so where something is not finite. */
public final class TrainingStep {
  private final Session session;
  private final Op step;
  private final StepMetrics metrics;
  private final LongPredicate hasSecondPass;
  private final Operand<TBool> weightsAreFinite;
  private final int variables;

  /**
   * Builds the step.
   *
   * @param session the session that holds the variables
   * @param loss what to minimize, a scalar
   * @param wsam the optimizer
   * @param hasSecondPass whether a step has a second pass, by its number
   * @throws IllegalArgumentException if it cannot be minimized
   */
  public TrainingStep(
      Session session, Operand<? extends TNumber> loss, Wsam wsam, LongPredicate hasSecondPass) {
    this.session = session;
    this.hasSecondPass = hasSecondPass;
    List<GradAndVar<?>> pairs = wsam.computeGradients(loss);
    step = wsam.applyGradients(pairs, "step");
    metrics = wsam.metrics();
    weightsAreFinite = areFinite(Ops.create(session.graph()).withSubScope("finite"), pairs);
    variables = pairs.size();
  }

  private static Operand<TBool> areFinite(Ops tf, List<GradAndVar<?>> pairs) {
    List<Operand<TBool>> each = new ArrayList<>();
    for (GradAndVar<?> pair : pairs) {
      each.add(isFinite(tf, pair.getVariable(), pair.getGradient().type()));
    }
    return tf.reduceAll(tf.stack(each), tf.array(0));
  }

  @SuppressWarnings("unchecked") // What has a gradient is of numbers.
  private static Operand<TBool> isFinite(Ops tf, Output<?> variable, Class<? extends TType> type) {
    boolean isResource = variable.op().type().equals("VarHandleOp");
    Operand<? extends TNumber> value =
        (Operand<? extends TNumber>)
            (isResource
                ? tf.readVariableOp((Operand<? extends TType>) variable, type)
                : tf.identity(variable));
    return tf.reduceAll(tf.math.isFinite(tf.reshape(value, tf.array(-1))), tf.array(0));
  }

  /**
   * How many variables are trained.
   *
   * @return the number, at least 1
   */
  public int variables() {
    return variables;
  }

  /**
   * Takes a step.
   *
   * @param number the step's number, from 1
   * @param fed a runner of the session that is fed a batch
   * @param profiler runs it
   * @return what is known of it
   * @throws NotFiniteException if what comes out is not finite
   * @throws IllegalStateException if it fails
   */
  public StepResult take(long number, Session.Runner fed, StepProfiler profiler) {
    Session.Runner runner = fed.addTarget(step).fetch(metrics.loss()).fetch(metrics.gradientNorm());
    boolean isPerturbed = hasSecondPass.test(number);
    if (isPerturbed) {
      runner.fetch(metrics.perturbedLoss());
    }
    try (Result values = run(() -> profiler.run(number, runner), "step " + number)) {
      var result =
          new StepResult(
              number,
              number(values.get(0)),
              isPerturbed ? number(values.get(2)) : null,
              number(values.get(1)));
      if (result.notFinite() != null) {
        throw new NotFiniteException(number, result.notFinite() + " is");
      }
      return result;
    }
  }

  /**
   * Checks the weights.
   *
   * @param number the last step's number
   * @throws NotFiniteException if one is NaN or infinite
   */
  public void requireFiniteWeights(long number) {
    try (Result finite =
        run(session.runner().fetch(weightsAreFinite)::run, "after step " + number)) {
      if (!((TBool) finite.get(0)).getBoolean()) {
        throw new NotFiniteException(number, "the weights after it are");
      }
    }
  }

  /**
   * Runs something of TensorFlow.
   *
   * @param runner what is run
   * @param what what it is, for the error
   * @return what was fetched
   * @throws IllegalStateException if it fails
   */
  public static Result run(Supplier<Result> runner, String what) {
    try {
      return runner.get();
    } catch (RuntimeException e) { // TensorFlow's have no other type in common.
      throw new IllegalStateException(what + ": " + ErrorLine.ofTensorFlow(e), e);
    }
  }

  /**
   * The number in a tensor.
   *
   * @param scalar a tensor of a floating-point type, of rank 0
   * @return its value
   */
  public static double number(Tensor scalar) {
    if (scalar instanceof TFloat32 value) {
      return value.getFloat();
    }
    if (scalar instanceof TFloat64 value) {
      return value.getDouble();
    }
    return scalar instanceof TFloat16 value ? value.getFloat() : ((TBfloat16) scalar).getFloat();
  }
}
