package io.github.tfwsam.nativeops;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.family.TFloating;

/** What is wrong is named, and found before anything is written. */
class FusedOpsErrorsTest {
  private static final List<Shape> SHAPES = List.of(Shape.of(3), Shape.of(2, 2));

  private Workbench<TFloat32> bench;
  private List<Output<?>> w;
  private List<Output<?>> m;

  @BeforeAll
  static void needsTheOps() {
    NativeRequirement.check();
  }

  @AfterEach
  void close() {
    bench.close();
  }

  private void open(boolean resources) {
    bench = new Workbench<>(TFloat32.class, resources, SHAPES, 0);
    w = bench.variables("w", 1, -1, 1);
    m = bench.variables("m", 9, -1, 1);
  }

  private Operation step(
      List<Output<?>> variables,
      List<Output<?>> accumulators,
      List<Output<?>> first,
      List<Output<?>> second,
      Operand<TFloat64> rate) {
    var one = bench.scalar(1);
    return FusedOps.momentumStep(
        bench.tf.scope(),
        variables,
        accumulators,
        new FusedOps.TwoGradients(first, second, one, one, one),
        true,
        false,
        rate,
        one,
        one);
  }

  private Operation step(List<Output<?>> variables, List<Output<?>> accumulators) {
    return step(variables, accumulators, bench.filled(1), bench.filled(2), bench.scalar(1));
  }

  /** Runs what cannot run; the variables keep their bits. */
  private String messageOfFailedRun(Operation step) {
    double[][] weights = bench.values(w);
    double[][] slots = bench.values(m);
    String message = assertThrows(RuntimeException.class, () -> bench.run(step)).getMessage();
    assertThat(Arrays.deepEquals(bench.values(w), weights)).isTrue();
    assertThat(Arrays.deepEquals(bench.values(m), slots)).isTrue();
    return message;
  }

  private static String messageOfFailedBuild(Runnable build) {
    return assertThrows(RuntimeException.class, build::run).getMessage();
  }

  /** A list whose second element has a shape that is known only when it runs. */
  private List<Output<?>> ofUnknownShape(Shape shape) {
    List<Output<?>> list = new ArrayList<>(bench.filled(1));
    Operand<TFloat32> zeros =
        bench.tf.zeros(bench.tf.withName("dynamic").constant(shape), TFloat32.class);
    var unknown = bench.tf.placeholderWithDefault(zeros, Shape.unknown());
    list.set(1, unknown.asOutput());
    return list;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void shapesThatAreKnownToDifferAreRefusedWhenTheGraphIsBuilt(boolean resources) {
    open(resources);
    List<Output<?>> other =
        List.of(bench.tensor(new double[3], Shape.of(3)), bench.number(1).asOutput());
    assertThat(messageOfFailedBuild(() -> step(w, m, bench.filled(1), other, bench.scalar(1))))
        .contains("second_gradients[1] has the shape []");
    assertThat(
            messageOfFailedBuild(
                () -> FusedOps.adaptiveNorm(bench.tf.scope(), bench.filled(1), other)))
        .contains("gradients[1] has the shape [] and variables[1] [2,2]");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void shapesThatTurnOutToDifferFailTheRun(boolean resources) {
    open(resources);
    List<Output<?>> good = ofUnknownShape(Shape.of(2, 2));
    List<Output<?>> bad = ofUnknownShape(Shape.of(4));
    bench.run(step(w, m, good, good, bench.scalar(1)));
    assertThat(messageOfFailedRun(step(w, m, good, bad, bench.scalar(1))))
        .contains("second_gradients[1] has the shape [4] and its fellow [2,2]");
    assertThat(messageOfFailedRun(step(w, m, bad, bad, bench.scalar(1))))
        .contains("variables[1] has the shape [2,2] and its fellow [4]");
    Output<?> norm = FusedOps.adaptiveNorm(bench.tf.scope(), bench.read(w), bad);
    assertThat(messageOfFailedRun(norm.op())).contains("gradients[1] has the shape [4]");
    var one = bench.scalar(1);
    Output<?> perturbed =
        FusedOps.perturb(bench.tf.scope(), bench.read(w), bad, one, one, false).get(0);
    assertThat(messageOfFailedRun(perturbed.op())).contains("gradients[1] has the shape [4]");
    var two = new FusedOps.TwoGradients(good, bad, one, one, one);
    assertThat(messageOfFailedRun(FusedOps.blend(bench.tf.scope(), two).get(0).op()))
        .contains("second_gradients[1] has the shape [4]");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aSlotOfAnotherShapeFailsTheRun(boolean resources) {
    open(resources);
    Output<?> slot = bench.uninitialized("slot", Shape.of(4));
    bench.assign(slot, bench.tensor(new double[4], Shape.of(4)));
    if (resources) {
      assertThat(messageOfFailedRun(step(w, List.of(m.get(0), slot))))
          .contains("accumulators[1] has the shape [4] and its fellow [2,2]");
    } else {
      assertThat(messageOfFailedBuild(() -> step(w, List.of(m.get(0), slot)))).contains("[4]");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aVariableThatIsGivenTwiceIsNamed(boolean resources) {
    bench = new Workbench<>(TFloat32.class, resources, List.of(Shape.of(3), Shape.of(3)), 0);
    w = bench.variables("w", 1, -1, 1);
    m = bench.variables("m", 9, -1, 1);
    assertThat(messageOfFailedRun(step(List.of(w.get(0), w.get(0)), m)))
        .contains("variables[1] and variables[0] are one variable");
    assertThat(messageOfFailedRun(step(w, List.of(m.get(0), w.get(1)))))
        .contains("accumulators[1] and variables[1] are one variable");
  }

  @Test
  void areferenceThatIsNotInitializedIsNamed() {
    open(false);
    Output<?> missing = bench.uninitialized("missing", Shape.of(2, 2));
    assertThat(messageOfFailedRun(step(List.of(w.get(0), missing), m)))
        .contains("uninitialized value missing");
    assertThat(messageOfFailedRun(step(w, List.of(m.get(0), missing))))
        .contains("uninitialized value missing");
  }

  @Test
  void aResourceThatIsNotInitializedFailsTheNamedStep() {
    open(true);
    Output<?> missing = bench.uninitialized("missing", Shape.of(2, 2));
    for (Operation step :
        List.of(step(List.of(w.get(0), missing), m), step(w, List.of(m.get(0), missing)))) {
      String message = messageOfFailedRun(step);
      assertThat(message).contains("Invalid variable reference");
      assertThat(message).contains("{{node " + step.name() + "}}");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void listsOfDifferentLengthsAreRefused(boolean resources) {
    open(resources);
    assertThat(
            messageOfFailedBuild(
                () -> step(w, m, bench.filled(1).subList(0, 1), bench.filled(1), bench.scalar(1))))
        .contains("attr 'N'");
    assertThat(messageOfFailedBuild(() -> step(w, m.subList(0, 1)))).contains("attr 'N'");
  }

  @Test
  void anEmptyListIsRefused() {
    open(false);
    assertThat(messageOfFailedBuild(() -> FusedOps.globalNorm(bench.tf.scope(), List.of())))
        .contains("attr 'N' of 0 must be at least minimum 1");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void scalarsMustBeScalars(boolean resources) {
    open(resources);
    var g = bench.filled(1);
    Operand<TFloat64> vector = bench.tf.constant(new double[] {1, 2});
    assertThat(messageOfFailedBuild(() -> step(w, m, g, g, vector)))
        .contains("learning_rate must be a scalar; its shape is [2]");
    Operand<TFloat64> dynamic = bench.tf.placeholderWithDefault(vector, Shape.unknown());
    assertThat(messageOfFailedRun(step(w, m, g, g, dynamic)))
        .contains("learning_rate must be a scalar; its shape is [2]");
    Operand<TFloat64> ofOneElement =
        bench.tf.placeholderWithDefault(bench.tf.constant(new double[] {1}), Shape.unknown());
    assertThat(messageOfFailedRun(step(w, m, g, g, ofOneElement)))
        .contains("learning_rate must be a scalar; its shape is [1]");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void otherTypesAreRefused(boolean resources) {
    open(resources);
    List<Output<?>> doubles =
        SHAPES.stream().<Output<?>>map(shape -> cast(shape, TFloat64.class)).toList();
    if (resources) {
      // The type of a variable is known only when it runs.
      assertThat(messageOfFailedRun(step(w, m, doubles, doubles, bench.scalar(1))))
          .contains("variables[0] is of another type");
    } else {
      messageOfFailedBuild(() -> step(w, m, doubles, doubles, bench.scalar(1)));
    }
    assertThat(messageOfFailedRun(step(w, m, bench.filled(1), doubles, bench.scalar(1))))
        .contains("U must be double if T is double, else float");
    List<Output<?>> integers = List.of(bench.tf.constant(1).asOutput());
    assertThat(messageOfFailedBuild(() -> FusedOps.globalNorm(bench.tf.scope(), integers)))
        .contains("attr 'T'");
  }

  private <U extends TFloating> Output<U> cast(Shape shape, Class<U> type) {
    return bench
        .tf
        .dtypes
        .cast(bench.tensor(new double[(int) shape.size()], shape), type)
        .asOutput();
  }
}
