package io.github.tfwsam.gradients;

import static org.tensorflow.internal.c_api.global.tensorflow.TFJ_HasGradient;
import static org.tensorflow.internal.c_api.global.tensorflow.TFJ_RegisterCustomGradient;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.TensorFlow;
import org.tensorflow.internal.c_api.TFJ_GradFuncAdapter;
import org.tensorflow.op.Ops;
import org.tensorflow.op.RawCustomGradient;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TNumber;

/**
 * Registers gradient functions for the ops that TensorFlow's C API has none for: {@link
 * Graph#addGradients} then differentiates them like all others, in every graph of the process.
 *
 * <p>JavaCPP has room for ten functions that native code calls, and aborts the process at the
 * eleventh. Here one serves all op types, so that nine are left to {@link
 * TensorFlow#registerCustomGradient}. What was registered before stays as it is.
 */
public final class MissingGradients {
  private static final Map<String, Gradient> GRADIENTS = gradients();

  /** Those of {@link #GRADIENTS} that were not registered by somebody else. */
  private static final Set<String> REGISTERED;

  /** TensorFlow's own way to say that an input has no gradient: an output of no operation. */
  private static final Output<?> NONE;

  /** Native code refers to it as long as the process lives, and that alone would not keep it. */
  private static final TFJ_GradFuncAdapter ADAPTER;

  private static final ThreadLocal<RuntimeException> FAILURE = new ThreadLocal<>();

  static {
    TensorFlow.version();
    NONE = none();
    ADAPTER = RawCustomGradient.adapter(MissingGradients::differentiate);
    REGISTERED = registered();
  }

  private MissingGradients() {}

  private static Map<String, Gradient> gradients() {
    Map<String, Gradient> gradients = new HashMap<>();
    for (Map<String, Gradient> family :
        List.of(
            Convolutions.GRADIENTS,
            Elementwise.GRADIENTS,
            Gathers.GRADIENTS,
            Identities.GRADIENTS,
            Losses.GRADIENTS,
            Matrices.GRADIENTS,
            Normalizations.GRADIENTS,
            SecondBatchNorm.GRADIENTS,
            SecondGradients.GRADIENTS,
            Segments.GRADIENTS,
            Spectra.GRADIENTS)) {
      gradients.putAll(family);
    }
    NoGradients.TYPES.forEach(type -> gradients.put(type, NoGradients::none));
    return Map.copyOf(gradients);
  }

  /** With the lock that TensorFlow itself takes: the table that is written has none. */
  @SuppressWarnings("LockOnNonEnclosingClassLiteral")
  private static Set<String> registered() {
    synchronized (TensorFlow.class) {
      return GRADIENTS.keySet().stream()
          .filter(type -> !TFJ_HasGradient(type))
          .filter(type -> TFJ_RegisterCustomGradient(type, ADAPTER))
          .collect(Collectors.toUnmodifiableSet());
    }
  }

  /** No gradient passes tf.stopGradient, so what TensorFlow returns here stands for none. */
  private static Output<?> none() {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<TFloat32> x = tf.constant(0f);
      return graph.addGradients(tf.stopGradient(x).asOutput(), new Output<?>[] {x.asOutput()})[0];
    }
  }

  /** Registers all gradients, unless that was done before. */
  public static void register() {
    // Done when the class is initialized, by one thread while the others wait.
  }

  /**
   * Tells whether gradients end at an op by what is registered here.
   *
   * @param type an op type
   * @return true if none of its inputs ever has a gradient
   */
  public static boolean stopsGradient(String type) {
    return NoGradients.TYPES.contains(type) && REGISTERED.contains(type);
  }

  /**
   * Tells whether an op is differentiated by a function of this package.
   *
   * @param type an op type
   * @return true if it is; false if it has another gradient, or none
   */
  public static boolean differentiates(String type) {
    return REGISTERED.contains(type);
  }

  /**
   * Says why a gradient could not be added: an exception cannot pass through native code, which
   * tells only that there is no gradient.
   *
   * @param thrown what {@link Graph#addGradients} threw
   * @return what a gradient function of this package threw meanwhile, in this thread; else {@code
   *     thrown}
   */
  public static RuntimeException explain(RuntimeException thrown) {
    RuntimeException failure = FAILURE.get();
    FAILURE.remove();
    if (failure == null) {
      return thrown;
    }
    failure.addSuppressed(thrown);
    return failure;
  }

  private static List<Operand<?>> differentiate(
      Ops tf, GraphOperation operation, List<Output<?>> gradients) {
    try {
      List<Operand<?>> inputGradients = new ArrayList<>();
      for (Operand<?> gradient :
          GRADIENTS.get(operation.type()).of(new Backprop<TNumber>(tf, operation, gradients))) {
        inputGradients.add(gradient == null ? NONE : gradient);
      }
      return inputGradients;
    } catch (RuntimeException e) {
      FAILURE.set(
          new IllegalStateException(
              "The gradient of '" + operation.name() + "' (" + operation.type() + ") failed", e));
      return List.of();
    }
  }
}
