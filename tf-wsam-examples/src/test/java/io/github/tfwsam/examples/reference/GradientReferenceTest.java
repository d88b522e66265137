package io.github.tfwsam.examples.reference;

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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.family.TNumber;

/**
 * The gradients that TensorFlow's C API lacks or has wrong are those of TensorFlow for Python, op
 * for op, all in one graph.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GradientReferenceTest {
  private static final double DOUBLE = 1e-10;
  private static final double SINGLE = 1e-4;

  /** Half has eleven bits and bfloat16 eight, and sums of them as many errors. */
  private static final double NARROW = 0.06;

  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);
  private final Session session = new Session(graph);

  /** By case what its graph must give; built before the session first runs, which is faster. */
  private final Map<String, List<Comparison>> built = new LinkedHashMap<>();

  private record Comparison(String what, Operand<TFloat64> actual, Operand<TFloat64> expected) {}

  @BeforeAll
  void initialize() throws IOException {
    graph.importGraphDef(definition());
    List<String> cases = new ArrayList<>();
    List<GraphOperation> handles = new ArrayList<>();
    graph
        .operations()
        .forEachRemaining(
            operation -> {
              String name = operation.name();
              if (name.endsWith("/loss")) {
                cases.add(name.substring(0, name.lastIndexOf('/')));
              } else if (operation.type().equals("VarHandleOp")) {
                handles.add((GraphOperation) operation);
              }
            });
    cases.forEach(name -> built.put(name, build(name)));
    Session.Runner runner = session.runner();
    handles.forEach(handle -> runner.addTarget(assign(handle)));
    runner.run().close();
  }

  private GraphOperation assign(GraphOperation handle) {
    String value = handle.name().replaceFirst("/x(\\d+)$", "/value$1");
    return (GraphOperation)
        graph
            .opBuilder("AssignVariableOp", handle.name() + "/assign", graph.baseScope())
            .addInput(handle.output(0))
            .addInput(output(value))
            .build();
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

  @AfterAll
  void close() {
    session.close();
    graph.close();
  }

  Stream<String> cases() {
    return built.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void gradientsAreThoseOfPython(String name) {
    List<Comparison> comparisons = built.get(name);
    Session.Runner runner = session.runner();
    comparisons.forEach(c -> runner.fetch(c.actual).fetch(c.expected));
    try (Result result = runner.run()) {
      for (int i = 0; i < comparisons.size(); i++) {
        assertSame(
            comparisons.get(i).what,
            (TFloat64) result.get(2 * i),
            (TFloat64) result.get(2 * i + 1),
            tolerance(name));
      }
    }
  }

  /** The rewritten loss is the original one, and gradients are what Python says. */
  private List<Comparison> build(String name) {
    Output<?> original = output(name + "/loss");
    LossGraph loss = LossGraph.of(graph, original).differentiable(tf);
    List<TrainableVariable> variables = GradientFlow.trace(loss, any -> true);
    assertWithMessage(name).that(variables).isNotEmpty();
    List<List<Output<?>>> reads = variables.stream().map(TrainableVariable::reads).toList();
    List<Output<?>> gradients = Gradients.add(tf, loss.loss(), reads, name + "_gradients");
    List<Comparison> comparisons = new ArrayList<>();
    comparisons.add(new Comparison("loss", flat(loss.loss()), flat(original)));
    for (int i = 0; i < gradients.size(); i++) {
      String variable = variables.get(i).name();
      Output<?> expected = output(variable.replaceFirst("/x(\\d+)$", "/gradient$1"));
      comparisons.add(new Comparison(variable, flat(gradients.get(i)), flat(expected)));
    }
    return comparisons;
  }

  /** By the narrowest type that the case computes in. */
  private double tolerance(String name) {
    if (name.endsWith("_half") || name.endsWith("_bfloat16")) {
      return NARROW;
    }
    return output(name + "/value0").type() == TFloat64.class ? DOUBLE : SINGLE;
  }

  private static void assertSame(
      String what, TFloat64 actual, TFloat64 expected, double tolerance) {
    assertWithMessage(what).that(actual.shape()).isEqualTo(expected.shape());
    double scale = 1;
    for (long i = 0; i < expected.size(); i++) {
      scale = Math.max(scale, Math.abs(expected.getDouble(i)));
    }
    for (long i = 0; i < expected.size(); i++) {
      assertWithMessage("%s[%s]", what, i)
          .that(actual.getDouble(i))
          .isWithin(tolerance * scale)
          .of(expected.getDouble(i));
    }
  }

  @SuppressWarnings("unchecked") // A variable is a number.
  private Operand<TFloat64> flat(Output<?> output) {
    Operand<TFloat64> wide = tf.dtypes.cast((Output<? extends TNumber>) output, TFloat64.class);
    return tf.reshape(wide, tf.constant(new int[] {-1}));
  }

  private Output<?> output(String operation) {
    return graph.operation(operation).output(0);
  }
}
