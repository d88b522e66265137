package io.github.tfwsam.examples.reference;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import io.github.tfwsam.graph.GradientFlow;
import io.github.tfwsam.graph.Gradients;
import io.github.tfwsam.graph.LossGraph;
import io.github.tfwsam.graph.TrainableVariable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.family.TNumber;

/**
 * The gradients that TensorFlow's C API lacks or has wrong are those of TensorFlow for Python, op
 * for op, all in one graph; and in float64 they are what finite differences give.
 */
class GradientReferenceTest {
  private static final double DOUBLE = 1e-10;
  private static final double SINGLE = 1e-4;

  /** Half has eleven bits and bfloat16 eight, and sums of them as many errors. */
  private static final double NARROW = 0.06;

  private static final double STEP = 1e-6;
  private static final double DIFFERENCES = 1e-6;

  private static final Graph GRAPH = new Graph();
  private static final Ops TF = Ops.create(GRAPH);
  private static final Session SESSION = new Session(GRAPH);

  /** How far the variables are moved, each in its direction. */
  private static final Placeholder<TFloat64> MOVE = TF.placeholder(TFloat64.class);

  private static final Map<String, double[]> DIRECTIONS = new HashMap<>();
  private static final List<GraphOperation> ASSIGNS = new ArrayList<>();
  private static final Map<String, Case> CASES = new LinkedHashMap<>();

  /** What all graphs give: at the variables' values, and moved forth and back. */
  private static final List<Map<Operand<TFloat64>, double[]>> FETCHED = new ArrayList<>();

  /**
   * A case: its loss as it was and rewritten, and by variable the gradient and what it must be.
   *
   * @param tolerance by the narrowest type that it computes in
   */
  private record Case(
      double tolerance,
      Operand<TFloat64> loss,
      Operand<TFloat64> rewritten,
      Map<String, Operand<TFloat64>> gradients,
      Map<String, Operand<TFloat64>> expected) {}

  @BeforeAll
  static void evaluate() throws IOException {
    GRAPH.importGraphDef(definition());
    List<GraphOperation> operations = new ArrayList<>();
    GRAPH.operations().forEachRemaining(operations::add);
    var random = new Random(1);
    for (GraphOperation operation : operations) {
      if (operation.type().equals("VarHandleOp")) {
        ASSIGNS.add(assign(operation, random));
      }
    }
    for (GraphOperation operation : operations) {
      if (operation.name().endsWith("/loss")) {
        String name = operation.name().replaceFirst("/loss$", "");
        CASES.put(name, build(name, operation.output(0)));
      }
    }
    for (double move : new double[] {0, STEP, -STEP}) {
      FETCHED.add(fetch(move));
    }
  }

  /** The committed cases, or some made afresh: {@code -Dwsam.gradientCases=FILE}. */
  private static GraphDef definition() throws IOException {
    String file = System.getProperty("wsam.gradientCases");
    try (InputStream stream =
            file == null
                ? GradientReferenceTest.class.getResourceAsStream("/gradients/cases.pb.gz")
                : Files.newInputStream(Path.of(file));
        var unzipped = new GZIPInputStream(stream)) {
      return GraphDef.parseFrom(unzipped);
    }
  }

  private static <T extends TNumber> GraphOperation assign(GraphOperation handle, Random random) {
    Output<T> value = output(handle.name().replaceFirst("/x(\\d+)$", "/value$1"));
    double[] direction = random.doubles(value.shape().size(), -1, 1).toArray();
    DIRECTIONS.put(handle.name(), direction);
    Operand<TFloat64> step =
        TF.math.mul(MOVE, TF.constant(value.shape(), DataBuffers.of(direction)));
    Operand<T> moved = TF.math.add(value, TF.dtypes.cast(step, value.type()));
    return GRAPH
        .opBuilder("AssignVariableOp", handle.name() + "/assign", GRAPH.baseScope())
        .addInput(handle.output(0))
        .addInput(moved.asOutput())
        .build();
  }

  private static Case build(String name, Output<?> loss) {
    LossGraph rewritten = LossGraph.of(GRAPH, loss).differentiable(TF);
    List<TrainableVariable> variables = GradientFlow.trace(rewritten, any -> true);
    assertWithMessage(name).that(variables).isNotEmpty();
    List<List<Output<?>>> reads = variables.stream().map(TrainableVariable::reads).toList();
    List<Output<?>> gradients = Gradients.add(TF, rewritten.loss(), reads, name + "_gradients");
    var built =
        new Case(
            tolerance(name),
            flat(loss),
            flat(rewritten.loss()),
            new LinkedHashMap<>(),
            new LinkedHashMap<>());
    for (int i = 0; i < gradients.size(); i++) {
      String variable = variables.get(i).name();
      built.gradients.put(variable, flat(gradients.get(i)));
      built.expected.put(variable, flat(output(variable.replaceFirst("/x(\\d+)$", "/gradient$1"))));
    }
    return built;
  }

  private static double tolerance(String name) {
    if (name.endsWith("_half") || name.endsWith("_bfloat16")) {
      return NARROW;
    }
    return output(name + "/value0").dataType() == DataType.DT_DOUBLE ? DOUBLE : SINGLE;
  }

  private static Map<Operand<TFloat64>, double[]> fetch(double move) {
    List<Operand<TFloat64>> fetches = new ArrayList<>();
    for (Case built : CASES.values()) {
      fetches.add(built.loss);
      fetches.add(built.rewritten);
      fetches.addAll(built.gradients.values());
      fetches.addAll(built.expected.values());
    }
    try (TFloat64 by = TFloat64.scalarOf(move)) {
      Session.Runner assign = SESSION.runner().feed(MOVE, by);
      ASSIGNS.forEach(assign::addTarget);
      assign.run().close();
    }
    Session.Runner runner = SESSION.runner();
    fetches.forEach(runner::fetch);
    Map<Operand<TFloat64>, double[]> fetched = new HashMap<>();
    try (Result result = runner.run()) {
      for (int i = 0; i < fetches.size(); i++) {
        var values = (TFloat64) result.get(i);
        var array = new double[(int) values.size()];
        values.asRawTensor().data().asDoubles().read(array);
        fetched.put(fetches.get(i), array);
      }
    }
    return fetched;
  }

  @AfterAll
  static void close() {
    SESSION.close();
    GRAPH.close();
  }

  static Set<String> cases() {
    return CASES.keySet();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void gradientsAreThoseOfPython(String name) {
    Case built = CASES.get(name);
    Map<Operand<TFloat64>, double[]> at = FETCHED.get(0);
    assertSame("loss", at.get(built.rewritten), at.get(built.loss), built.tolerance);
    built.gradients.forEach(
        (variable, gradient) ->
            assertSame(
                variable, at.get(gradient), at.get(built.expected.get(variable)), built.tolerance));
  }

  private static void assertSame(
      String what, double[] actual, double[] expected, double tolerance) {
    double largest = DoubleStream.of(expected).map(Math::abs).max().orElseThrow();
    assertWithMessage(what)
        .that(actual)
        .usingTolerance(tolerance * Math.max(1, largest))
        .containsExactly(expected)
        .inOrder();
  }

  static Stream<String> exactCases() {
    return CASES.keySet().stream().filter(name -> CASES.get(name).tolerance == DOUBLE);
  }

  @ParameterizedTest
  @MethodSource("exactCases")
  void gradientsAreFiniteDifferences(String name) {
    Case built = CASES.get(name);
    double forth = FETCHED.get(1).get(built.loss)[0];
    double back = FETCHED.get(2).get(built.loss)[0];
    double slope = 0;
    double size = 1;
    for (String variable : built.gradients.keySet()) {
      double[] gradient = FETCHED.get(0).get(built.gradients.get(variable));
      double[] direction = DIRECTIONS.get(variable);
      for (int i = 0; i < gradient.length; i++) {
        slope += gradient[i] * direction[i];
        size += Math.abs(gradient[i] * direction[i]);
      }
    }
    assertThat(slope).isWithin(DIFFERENCES * size).of((forth - back) / (2 * STEP));
  }

  @SuppressWarnings("unchecked") // A variable is a number.
  private static Operand<TFloat64> flat(Output<?> output) {
    Operand<TFloat64> wide = TF.dtypes.cast((Output<? extends TNumber>) output, TFloat64.class);
    return TF.reshape(wide, TF.constant(new int[] {-1}));
  }

  @SuppressWarnings("unchecked") // The caller knows it.
  private static <T extends TNumber> Output<T> output(String operation) {
    Output<?> output = GRAPH.operation(operation).output(0);
    return (Output<T>) output;
  }
}
