package io.github.tfwsam.schedules;

import static io.github.tfwsam.schedules.Checks.finite;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt64;

/**
 * A decay by the square root of the step's number, which is 1 in the first step.
 *
 * <pre>
 * initialValue / sqrt(t + 1)
 * </pre>
 *
 * <p>It never ends. Of rho it is what the convergence of WSAM is proved for, in Yue et al., <a
 * href="https://arxiv.org/abs/2305.15817">Sharpness-Aware Minimization Revisited</a>, KDD 2023.
 *
 * @param initialValue the value in the first step, finite
 */
public record InverseSquareRootDecay(double initialValue) implements Schedule {
  /**
   * Checks the value.
   *
   * @param initialValue the value in the first step, finite
   * @throws IllegalArgumentException if it is not finite
   */
  public InverseSquareRootDecay {
    finite("initialValue", initialValue);
  }

  @Override
  public Operand<TFloat64> at(Ops tf, Operand<TInt64> step) {
    Operand<TFloat64> t = tf.dtypes.cast(step, TFloat64.class);
    return tf.math.div(tf.constant(initialValue), tf.math.sqrt(tf.math.add(t, tf.constant(1.0))));
  }
}
