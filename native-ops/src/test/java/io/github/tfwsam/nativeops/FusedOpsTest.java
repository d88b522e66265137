package io.github.tfwsam.nativeops;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static io.github.tfwsam.nativeops.Workbench.concatenated;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.train.ApplyMomentum;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.family.TFloating;

/** What each op computes, against its formula in Java and against TensorFlow's stock ops. */
class FusedOpsTest {
  private static final double RHO = 0.05;
  private static final double ALPHA = 1.5;
  private static final double FIRST_FACTOR = 0.7;
  private static final double SECOND_FACTOR = 0.6;
  private static final double RATE = 0.1;
  private static final double PENALTY = 0.01;
  private static final double MOMENTUM = 0.9;
  private static final double BETA_ONE = 0.9;
  private static final double BETA_TWO = 0.99;
  private static final double EPSILON = 1e-7;
  private static final double DECAY = 0.02;

  enum Step {
    DECOUPLED_ONLY(0),
    GRADIENT_DESCENT(0),
    MOMENTUM(1),
    NESTEROV(1),
    ADAM(2);

    final int slots;

    Step(int slots) {
      this.slots = slots;
    }
  }

  @BeforeAll
  static void needsTheOps() {
    NativeRequirement.check();
  }

  static Stream<Class<? extends TFloating>> types() {
    return Stream.of(TFloat32.class, TFloat64.class, TFloat16.class, TBfloat16.class);
  }

  static Stream<Arguments> stepsAndTypesAndKinds() {
    return Stream.of(Step.values())
        .flatMap(
            step ->
                types()
                    .flatMap(
                        type ->
                            Stream.of(true, false)
                                .flatMap(
                                    resources ->
                                        Stream.of(true, false)
                                            .map(
                                                decoupled ->
                                                    Arguments.of(
                                                        step, type, resources, decoupled)))));
  }

  /** The distance of neighbours at 1. */
  private static double unit(Class<? extends TFloating> type) {
    return type == TFloat64.class
        ? 0x1p-52
        : type == TFloat32.class ? 0x1p-23 : type == TFloat16.class ? 0x1p-10 : 0x1p-7;
  }

  private static FusedOps.TwoGradients gradients(
      Workbench<?> bench, List<Output<?>> first, List<Output<?>> second) {
    return new FusedOps.TwoGradients(
        first,
        bench.wide(second),
        bench.scalar(ALPHA),
        bench.scalar(FIRST_FACTOR),
        bench.scalar(SECOND_FACTOR));
  }

  /** Builds a step on w, m and v, of which it takes what it needs. */
  private static Operation step(
      Workbench<?> bench,
      Step step,
      boolean decoupled,
      List<List<Output<?>>> variables,
      FusedOps.TwoGradients gradients) {
    var scope = bench.tf.scope();
    Operand<TFloat64> rate = bench.scalar(RATE);
    Operand<TFloat64> penalty = bench.scalar(PENALTY);
    List<Output<?>> w = variables.get(0);
    return switch (step) {
      case DECOUPLED_ONLY -> FusedOps.decoupledStep(scope, w, gradients, rate);
      case GRADIENT_DESCENT ->
          FusedOps.gradientDescentStep(scope, w, gradients, decoupled, rate, penalty);
      case MOMENTUM, NESTEROV ->
          FusedOps.momentumStep(
              scope,
              w,
              variables.get(1),
              gradients,
              decoupled,
              step == Step.NESTEROV,
              rate,
              bench.scalar(MOMENTUM),
              penalty);
      case ADAM ->
          FusedOps.adamStep(
              scope,
              w,
              variables.get(1),
              variables.get(2),
              gradients,
              decoupled,
              rate,
              new FusedOps.AdamScalars(
                  bench.scalar(BETA_ONE),
                  bench.scalar(BETA_TWO),
                  bench.scalar(EPSILON),
                  bench.scalar(BETA_ONE),
                  bench.scalar(BETA_TWO),
                  penalty,
                  bench.scalar(DECAY)));
    };
  }

  /** The same in double, on one element of each: w, m, v. */
  private static void stepInDouble(Step step, boolean decoupled, double[] x, double g1, double g2) {
    double c1 = FIRST_FACTOR * g1;
    double c2 = SECOND_FACTOR * g2;
    double g = (decoupled ? c1 : (1 - ALPHA) * c1 + ALPHA * c2) + PENALTY * x[0];
    switch (step) {
      case DECOUPLED_ONLY -> {}
      case GRADIENT_DESCENT -> x[0] -= RATE * g;
      case MOMENTUM, NESTEROV -> {
        x[1] = MOMENTUM * x[1] + g;
        x[0] -= RATE * (step == Step.NESTEROV ? g + MOMENTUM * x[1] : x[1]);
      }
      case ADAM -> {
        x[0] -= DECAY * x[0];
        x[1] = BETA_ONE * x[1] + (1 - BETA_ONE) * g;
        x[2] = BETA_TWO * x[2] + (1 - BETA_TWO) * g * g;
        double rate = RATE * Math.sqrt(1 - BETA_TWO) / (1 - BETA_ONE);
        x[0] -= rate * x[1] / (Math.sqrt(x[2]) + EPSILON);
      }
    }
    if (decoupled || step == Step.DECOUPLED_ONLY) {
      x[0] -= RATE * ALPHA * (c2 - c1);
    }
  }

  @ParameterizedTest
  @MethodSource("stepsAndTypesAndKinds")
  void aStepIsItsFormula(
      Step step, Class<? extends TFloating> type, boolean resources, boolean decoupled) {
    try (var bench = new Workbench<>(type, resources)) {
      var variables = variables(bench);
      List<Output<?>> g1 = bench.tensors(40, -1, 1);
      List<Output<?>> g2 = bench.tensors(50, -1, 1);
      List<double[][]> before = variables.stream().map(bench::values).toList();
      bench.run(step(bench, step, decoupled, variables, gradients(bench, g1, g2)));
      List<double[][]> after = variables.stream().map(bench::values).toList();
      double[][] first = bench.values(g1);
      double[][] second = bench.values(g2);
      // One rounding of what is stored, a few of float32 or float64, which is computed in.
      double rounding = 2 * unit(type) + 8 * Math.min(unit(type), 0x1p-23);
      for (int i = 0; i < first.length; i++) {
        for (int j = 0; j < first[i].length; j++) {
          double[] x = {before.get(0)[i][j], before.get(1)[i][j], before.get(2)[i][j]};
          stepInDouble(step, decoupled, x, first[i][j], second[i][j]);
          for (int k = 0; k < x.length; k++) {
            double tolerance = k > step.slots ? 0 : rounding;
            if (!(Math.abs(after.get(k)[i][j] - x[k]) <= tolerance)) {
              assertWithMessage("tensor %s, element %s of variable %s", i, j, k)
                  .that(after.get(k)[i][j])
                  .isWithin(tolerance)
                  .of(x[k]);
            }
          }
        }
      }
    }
  }

  private static void assertNear(double[] actual, double[] expected, double tolerance) {
    assertThat(actual.length).isEqualTo(expected.length);
    for (int i = 0; i < actual.length; i++) {
      if (!(Math.abs(actual[i] - expected[i]) <= tolerance)) {
        assertWithMessage("element %s", i).that(actual[i]).isWithin(tolerance).of(expected[i]);
      }
    }
  }

  private static List<List<Output<?>>> variables(Workbench<?> bench) {
    return List.of(
        bench.variables("w", 10, -1, 1),
        bench.variables("m", 20, -1, 1),
        bench.variables("v", 30, 0.5, 1));
  }

  @ParameterizedTest
  @MethodSource("types")
  void normsPerturbationAndBlendAreTheirFormulas(Class<? extends TFloating> type) {
    try (var bench = new Workbench<>(type, false)) {
      List<Output<?>> w = bench.tensors(10, -1, 1);
      List<Output<?>> g = bench.tensors(20, -1, 1);
      List<Output<?>> g2 = bench.tensors(30, -1, 1);
      double[] weights = concatenated(bench.values(w));
      double[] first = concatenated(bench.values(g));
      double[] second = concatenated(bench.values(g2));
      double[] squares = new double[2];
      for (int i = 0; i < first.length; i++) {
        squares[0] += first[i] * first[i];
        squares[1] += Math.pow(weights[i] * first[i], 2);
      }
      boolean isDouble = type == TFloat64.class;
      double accuracy = isDouble ? 1e-13 : 1e-6;
      for (boolean adaptive : new boolean[] {false, true}) {
        Output<TFloat64> norm =
            adaptive
                ? FusedOps.adaptiveNorm(bench.tf.scope(), w, g)
                : FusedOps.globalNorm(bench.tf.scope(), g);
        double expected = Math.sqrt(squares[adaptive ? 1 : 0]);
        try (var result = bench.session.runner().fetch(norm).run()) {
          assertThat(((TFloat64) result.get(0)).getDouble())
              .isWithin(accuracy * expected)
              .of(expected);
        }
        List<Output<?>> perturbed =
            FusedOps.perturb(bench.tf.scope(), w, g, bench.scalar(RHO), norm, adaptive);
        assertThat(perturbed.get(0).type()).isEqualTo(isDouble ? TFloat64.class : TFloat32.class);
        double[] moved = new double[first.length];
        for (int i = 0; i < moved.length; i++) {
          double direction = first[i] * (adaptive ? weights[i] * weights[i] : 1);
          moved[i] = weights[i] + RHO * direction / (expected + 1e-12);
        }
        assertNear(concatenated(bench.values(perturbed)), moved, accuracy);
      }
      double[] blend = new double[first.length];
      for (int i = 0; i < blend.length; i++) {
        blend[i] = (1 - ALPHA) * FIRST_FACTOR * first[i] + ALPHA * SECOND_FACTOR * second[i];
      }
      assertNear(
          concatenated(bench.values(FusedOps.blend(bench.tf.scope(), gradients(bench, g, g2)))),
          blend,
          unit(type) + accuracy);
      assertThat(concatenated(bench.values(g))).isEqualTo(first);
    }
  }

  /** Of float32 and float64. */
  static Stream<Arguments> stockSteps() {
    return stepsAndTypesAndKinds()
        .filter(
            arguments ->
                arguments.get()[1] == TFloat32.class || arguments.get()[1] == TFloat64.class);
  }

  @ParameterizedTest
  @MethodSource("stockSteps")
  <T extends TFloating> void aStepHasTheBitsOfStockOps(
      Step step, Class<T> type, boolean resources, boolean decoupled) {
    try (var bench = new Workbench<>(type, resources);
        var stock = new Workbench<>(type, false)) {
      var variables = variables(bench);
      var stockVariables = variables(stock);
      var fused =
          step(
              bench,
              step,
              decoupled,
              variables,
              gradients(bench, bench.tensors(40, -1, 1), bench.tensors(50, -1, 1)));
      List<Output<?>> stockFirst = stock.tensors(40, -1, 1);
      List<Output<?>> stockSecond = stock.tensors(50, -1, 1);
      List<Operation> operations = new ArrayList<>();
      for (int i = 0; i < Workbench.SHAPES.size(); i++) {
        List<Operand<T>> own = new ArrayList<>();
        for (List<Output<?>> list : stockVariables) {
          own.add(stock.typed(list.get(i)));
        }
        operations.add(
            stockStep(
                stock,
                step,
                decoupled,
                own,
                stock.typed(stockFirst.get(i)),
                stock.typed(stockSecond.get(i))));
      }
      for (int run = 0; run < 2; run++) {
        bench.run(fused);
        stock.run(operations.toArray(new Operation[0]));
        for (int k = 0; k < variables.size(); k++) {
          double[] actual = concatenated(bench.values(variables.get(k)));
          double[] expected = concatenated(stock.values(stockVariables.get(k)));
          if (step == Step.ADAM) {
            assertNear(actual, expected, unit(type));
          } else {
            assertThat(actual).isEqualTo(expected);
          }
        }
      }
    }
  }

  /** A step on one variable by TensorFlow's ops; the sharpness term comes after the base's. */
  private static <T extends TFloating> Operation stockStep(
      Workbench<T> bench,
      Step step,
      boolean decoupled,
      List<Operand<T>> variables,
      Operand<T> g1,
      Operand<T> g2) {
    var tf = bench.tf;
    Operand<T> w = variables.get(0);
    Operand<T> alpha = bench.number(ALPHA);
    Operand<T> rate = bench.number(RATE);
    Operand<T> c1 = tf.math.mul(bench.number(FIRST_FACTOR), g1);
    Operand<T> c2 = tf.math.mul(bench.number(SECOND_FACTOR), g2);
    Operand<T> blend =
        tf.math.add(tf.math.mul(c1, tf.math.sub(bench.number(1), alpha)), tf.math.mul(c2, alpha));
    Operand<T> g =
        tf.math.add(decoupled ? c1 : blend, tf.math.mul(tf.identity(w), bench.number(PENALTY)));
    Operation base =
        switch (step) {
          case DECOUPLED_ONLY -> null;
          case GRADIENT_DESCENT -> tf.train.applyGradientDescent(w, rate, g).op();
          case MOMENTUM, NESTEROV ->
              tf.train
                  .applyMomentum(
                      w,
                      variables.get(1),
                      rate,
                      g,
                      bench.number(MOMENTUM),
                      ApplyMomentum.useNesterov(step == Step.NESTEROV))
                  .op();
          case ADAM -> {
            var decay =
                tf.withControlDependencyOps(List.of(g.op()))
                    .assignSub(w, tf.math.mul(tf.identity(w), bench.number(DECAY)));
            yield tf.withControlDependencies(List.of(decay))
                .train
                .applyAdam(
                    w,
                    variables.get(1),
                    variables.get(2),
                    bench.number(BETA_ONE),
                    bench.number(BETA_TWO),
                    rate,
                    bench.number(BETA_ONE),
                    bench.number(BETA_TWO),
                    bench.number(EPSILON),
                    g)
                .op();
          }
        };
    if (!decoupled && step != Step.DECOUPLED_ONLY) {
      return base;
    }
    var after = base == null ? tf : tf.withControlDependencyOps(List.of(base));
    return after.assignSub(w, tf.math.mul(tf.math.sub(c2, c1), tf.math.mul(rate, alpha))).op();
  }

  @ParameterizedTest
  @ValueSource(classes = {TFloat32.class, TFloat64.class})
  <T extends TFloating> void perturbationAndBlendHaveTheBitsOfStockOps(Class<T> type) {
    try (var bench = new Workbench<>(type, false)) {
      var tf = bench.tf;
      List<Output<?>> w = bench.tensors(10, -1, 1);
      List<Output<?>> g = bench.tensors(20, -1, 1);
      List<Output<?>> g2 = bench.tensors(30, -1, 1);
      List<Output<?>> blends = FusedOps.blend(tf.scope(), gradients(bench, g, g2));
      for (boolean adaptive : new boolean[] {false, true}) {
        Output<TFloat64> norm = FusedOps.globalNorm(tf.scope(), g);
        List<Output<?>> perturbed =
            FusedOps.perturb(tf.scope(), w, g, bench.scalar(RHO), norm, adaptive);
        List<Output<?>> expected = new ArrayList<>();
        List<Output<?>> expectedBlends = new ArrayList<>();
        Operand<T> scale =
            tf.math.div(
                bench.number(RHO), tf.math.add(tf.dtypes.cast(norm, type), bench.number(1e-12)));
        for (int i = 0; i < w.size(); i++) {
          Operand<T> weight = bench.typed(w.get(i));
          Operand<T> first = bench.typed(g.get(i));
          Operand<T> direction = adaptive ? tf.math.mul(tf.math.mul(weight, weight), first) : first;
          expected.add(tf.math.add(weight, tf.math.mul(direction, scale)).asOutput());
          Operand<T> c1 = tf.math.mul(bench.number(FIRST_FACTOR), first);
          Operand<T> c2 = tf.math.mul(bench.number(SECOND_FACTOR), bench.typed(g2.get(i)));
          Operand<T> alpha = bench.number(ALPHA);
          expectedBlends.add(
              tf.math
                  .add(tf.math.mul(c1, tf.math.sub(bench.number(1), alpha)), tf.math.mul(c2, alpha))
                  .asOutput());
        }
        assertThat(concatenated(bench.values(perturbed)))
            .isEqualTo(concatenated(bench.values(expected)));
        assertThat(concatenated(bench.values(blends)))
            .isEqualTo(concatenated(bench.values(expectedBlends)));
      }
    }
  }

  @Test
  void theBitsDoNotDependOnTheNumberOfThreads() {
    List<double[]> results = new ArrayList<>();
    for (int threads : new int[] {1, 2, 3}) {
      try (var bench = new Workbench<>(TFloat32.class, true, Workbench.SHAPES, threads)) {
        var variables = variables(bench);
        List<Output<?>> g = bench.tensors(40, -1, 1);
        Output<TFloat64> norm = FusedOps.globalNorm(bench.tf.scope(), g);
        List<Output<?>> w = bench.read(variables.get(0));
        List<Output<?>> outputs =
            new ArrayList<>(
                FusedOps.perturb(bench.tf.scope(), w, g, bench.scalar(RHO), norm, true));
        outputs.add(norm);
        outputs.add(FusedOps.adaptiveNorm(bench.tf.scope(), w, g));
        double[] first = concatenated(bench.values(outputs));
        bench.run(step(bench, Step.ADAM, true, variables, gradients(bench, g, g)));
        results.add(first);
        results.add(concatenated(bench.values(variables.get(0))));
      }
    }
    for (int i = 2; i < results.size(); i++) {
      assertThat(results.get(i)).isEqualTo(results.get(i % 2));
    }
  }

  /**
   * TensorFlow hands on the memory of a variable where a gradient equals it: here that of another
   * variable, which is written while its old value is needed.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aGradientInTheMemoryOfAVariableIsItsValueBeforeTheStep(boolean resources) {
    var shape = Shape.of(20_000);
    try (var bench = new Workbench<>(TFloat64.class, resources, List.of(shape, shape), 0)) {
      var variables = variables(bench);
      double[][] w = bench.values(variables.get(0));
      double[][] m = bench.values(variables.get(1));
      List<Output<?>> shared = new ArrayList<>(bench.read(variables.get(0)));
      List<Output<?>> sharedSlots = new ArrayList<>(bench.read(variables.get(1)));
      Collections.reverse(shared);
      Collections.reverse(sharedSlots);
      bench.run(step(bench, Step.MOMENTUM, true, variables, gradients(bench, sharedSlots, shared)));
      double[][] after = bench.values(variables.get(0));
      for (int i = 0; i < w.length; i++) {
        double[] expected = new double[w[i].length];
        for (int j = 0; j < expected.length; j++) {
          double[] x = {w[i][j], m[i][j], 0};
          stepInDouble(Step.MOMENTUM, true, x, m[1 - i][j], w[1 - i][j]);
          expected[j] = x[0];
        }
        assertNear(after[i], expected, 1e-14);
      }
    }
  }
}
