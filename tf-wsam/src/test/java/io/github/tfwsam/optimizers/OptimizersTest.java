package io.github.tfwsam.optimizers;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.tfwsam.Tensors;
import io.github.tfwsam.Wsam;
import io.github.tfwsam.graph.WriteOrder;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.framework.optimizers.Optimizer;
import org.tensorflow.framework.optimizers.Optimizer.GradAndVar;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.family.TNumber;

class OptimizersTest {
  private static final int STEPS = 30;
  private static final double[] START = {1.5, -0.7, 0.02, 3.1};
  private static final float[] START_FLOAT = {1.5f, -0.7f, 0.02f, 3.1f};

  /**
   * In float32 TensorFlow's kernel of Adam forms 1 - beta2, so rounds it to 2e-5 of its size. In 16
   * bits a weight of 3 is rounded to 2e-3 or 2e-2 in each step.
   */
  static Stream<Arguments> formulasKindsAndTypes() {
    return Stream.of(Formula.values())
        .flatMap(
            formula ->
                Stream.of(Kind.values())
                    .flatMap(
                        kind ->
                            Stream.of(
                                Arguments.of(formula, kind, TFloat64.class, 1e-13, STEPS),
                                Arguments.of(formula, kind, TFloat32.class, 3e-5, STEPS),
                                Arguments.of(formula, kind, TFloat16.class, 6e-3, 3),
                                Arguments.of(formula, kind, TBfloat16.class, 6e-2, 3))));
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("formulasKindsAndTypes")
  void stepsByItsFormula(
      Formula formula, Kind kind, Class<? extends TNumber> type, double tolerance, int steps) {
    try (var graph = new Graph()) {
      Operand<?> loss = loss(graph, kind.variable(graph, "layer/w", type, START), 2);
      Op step = formula.in(graph).minimize(loss);
      assertThat(races(step, loss)).isEmpty();
      Formula.State[] states = states();
      try (var session = new Session(graph)) {
        for (int i = 1; i <= steps; i++) {
          double expectedLoss = 0;
          for (Formula.State state : states) {
            expectedLoss += (state.w - 2) * (state.w - 2) / 2;
            formula.step(state, state.w - 2);
          }
          try (Result result = session.runner().addTarget(step).fetch(loss).run()) {
            assertWithMessage("loss before step %s", i)
                .that(Tensors.toDoubles(result.get(0))[0])
                .isWithin(10 * tolerance)
                .of(expectedLoss);
          }
          assertWithMessage("weights after step %s", i)
              .that(Kind.state(graph, session).get("layer/w"))
              .usingTolerance(tolerance)
              .containsExactly(weights(states))
              .inOrder();
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void bothKindsHaveTheSameSlotsAndBits(Formula formula) {
    for (Class<? extends TNumber> type :
        List.of(TFloat64.class, TFloat32.class, TFloat16.class, TBfloat16.class)) {
      Map<String, double[]> references = trained(formula, type, Kind.REFERENCE, Kind.REFERENCE);
      Map<String, double[]> resources = trained(formula, type, Kind.RESOURCE, Kind.RESOURCE);
      Map<String, double[]> mixed = trained(formula, type, Kind.REFERENCE, Kind.RESOURCE);
      assertThat(resources.keySet()).isEqualTo(references.keySet());
      assertThat(mixed.keySet()).isEqualTo(references.keySet());
      references.forEach(
          (name, values) -> {
            assertWithMessage("%s %s", type, name).that(resources.get(name)).isEqualTo(values);
            assertWithMessage("%s %s", type, name).that(mixed.get(name)).isEqualTo(values);
          });
    }
  }

  @ParameterizedTest
  @EnumSource
  void theSameBitsInEveryRun(Formula formula) {
    Map<String, double[]> first = trained(formula, TFloat32.class, Kind.REFERENCE, Kind.RESOURCE);
    for (int run = 0; run < 3; run++) {
      trained(formula, TFloat32.class, Kind.REFERENCE, Kind.RESOURCE)
          .forEach((name, values) -> assertThat(values).isEqualTo(first.get(name)));
    }
  }

  private static <T extends TNumber> Map<String, double[]> trained(
      Formula formula, Class<T> type, Kind kindOfV, Kind kindOfW) {
    try (var graph = new Graph()) {
      Operand<T> v = kindOfV.variable(graph, "v", type, START);
      Operand<T> w = kindOfW.variable(graph, "w", type, START);
      Operand<?> loss = sum(Ops.create(graph), loss(graph, v, 2), loss(graph, w, -1));
      Op step = formula.in(graph).minimize(loss);
      assertThat(races(step, loss)).isEmpty();
      try (var session = new Session(graph)) {
        steps(session, step, 10);
        return Kind.state(graph, session);
      }
    }
  }

  /** Where e is 0, both gradients are one, and WSAM is its base. */
  @ParameterizedTest
  @EnumSource
  void isABaseOfWsam(Formula formula) {
    for (boolean decoupled : List.of(true, false)) {
      try (var graph = new Graph()) {
        Operand<?> loss =
            loss(graph, Kind.REFERENCE.variable(graph, "w", TFloat64.class, START), 2);
        var wsam = new Wsam(graph, formula.in(graph), 0, 0.9, Wsam.decoupled(decoupled));
        Op step = wsam.minimize(loss);
        assertThat(races(step, loss)).isEmpty();
        Formula.State[] w = states();
        try (var session = new Session(graph)) {
          for (int i = 0; i < STEPS; i++) {
            step(formula, w, 2);
            session.run(step);
          }
          assertThat(Kind.state(graph, session).get("w"))
              .usingTolerance(1e-12)
              .containsExactly(weights(w))
              .inOrder();
        }
      }
    }
  }

  /** Each loss has variables of its own, and each is stepped as if the other were not there. */
  @ParameterizedTest
  @EnumSource
  void minimizesTwoLossesWithOneOptimizer(Formula formula) {
    try (var graph = new Graph()) {
      Optimizer optimizer = formula.in(graph);
      Operand<TFloat64> ofV = Kind.REFERENCE.variable(graph, "v", TFloat64.class, START);
      Operand<TFloat64> ofW = Kind.RESOURCE.variable(graph, "w", TFloat64.class, START);
      Op stepOfV = optimizer.minimize(loss(graph, ofV, 2));
      Op stepOfW = optimizer.minimize(loss(graph, ofW, -1));
      Formula.State[] v = states();
      Formula.State[] w = states();
      try (var session = new Session(graph)) {
        for (int i = 0; i < STEPS; i++) {
          step(formula, v, 2);
          session.run(stepOfV);
          if (i % 3 == 0) {
            step(formula, w, -1);
            session.run(stepOfW);
          }
        }
        Map<String, double[]> trained = Kind.state(graph, session);
        assertThat(trained.get("v")).usingTolerance(1e-13).containsExactly(weights(v)).inOrder();
        assertThat(trained.get("w")).usingTolerance(1e-13).containsExactly(weights(w)).inOrder();
      }
    }
  }

  /** Two losses over one variable: one momentum, one pair of moments, one count. */
  @ParameterizedTest
  @EnumSource
  void keepsOneSlotForOneVariable(Formula formula) {
    try (var graph = new Graph()) {
      Optimizer optimizer = formula.in(graph);
      Operand<TFloat64> variable = Kind.RESOURCE.variable(graph, "w", TFloat64.class, START);
      Op towards2 = optimizer.minimize(loss(graph, variable, 2));
      Op towards5 = optimizer.minimize(loss(graph, variable, 5));
      Formula.State[] w = states();
      try (var session = new Session(graph)) {
        for (int i = 0; i < STEPS; i++) {
          step(formula, w, i % 2 == 0 ? 2 : 5);
          session.run(i % 2 == 0 ? towards2 : towards5);
        }
        assertThat(Kind.state(graph, session).get("w"))
            .usingTolerance(1e-13)
            .containsExactly(weights(w))
            .inOrder();
      }
    }
  }

  /** Slots and counts are variables: with all variables set, another session goes on. */
  @ParameterizedTest
  @EnumSource
  void goesOnFromItsState(Formula formula) {
    try (var graph = new Graph()) {
      Operand<TFloat64> v = Kind.REFERENCE.variable(graph, "v", TFloat64.class, START);
      Operand<TFloat64> w = Kind.RESOURCE.variable(graph, "w", TFloat64.class, START);
      Op step =
          formula.in(graph).minimize(sum(Ops.create(graph), loss(graph, v, 2), loss(graph, w, -1)));
      Map<String, double[]> expected;
      Map<String, double[]> half;
      try (var session = new Session(graph)) {
        steps(session, step, 7);
        half = Kind.state(graph, session);
        steps(session, step, 7);
        expected = Kind.state(graph, session);
      }
      try (var session = new Session(graph)) {
        session.initialize();
        Kind.restore(graph, session, half);
        steps(session, step, 7);
        Kind.state(graph, session)
            .forEach((name, values) -> assertThat(values).isEqualTo(expected.get(name)));
      }
    }
  }

  private static void steps(Session session, Op step, int count) {
    for (int i = 0; i < count; i++) {
      session.run(step);
    }
  }

  @Test
  void refusesOneCountForStepsOfDifferentNumber() {
    try (var graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Optimizer optimizer = new Adam(graph);
      Operand<TFloat64> lossOfV =
          loss(graph, Kind.REFERENCE.variable(graph, "v", TFloat64.class, START), 2);
      Operand<TFloat64> lossOfW =
          loss(graph, Kind.REFERENCE.variable(graph, "w", TFloat64.class, START), 2);
      optimizer.minimize(sum(tf, lossOfV, lossOfW));
      var refusal = assertThrows(IllegalArgumentException.class, () -> optimizer.minimize(lossOfV));
      assertThat(refusal).hasMessageThat().contains("'v' was stepped together with others before");
    }
  }

  @Test
  void keepsItsStateUnderSpeakingNames() {
    try (var graph = new Graph()) {
      Operand<?> loss = loss(graph, Kind.REFERENCE.variable(graph, "w", TFloat64.class, START), 2);
      new Sgd(graph, 0.1, Sgd.momentum(0.9)).minimize(loss);
      new Adam(graph).minimize(loss);
      new AdamW(graph, 0.1, AdamW.name("head")).minimize(loss);
      try (var session = new Session(graph)) {
        assertThat(Tensors.state(graph, session).keySet())
            .containsExactly(
                "w", "w-momentum", "w-m", "w-v", "Adam-steps", "w-m_1", "w-v_1", "head-steps");
      }
    }
  }

  @Test
  void leavesVariablesAloneThatTheLossDoesNotDependOn() {
    try (var graph = new Graph()) {
      Kind.REFERENCE.variable(graph, "average", TFloat64.class, START);
      Op step =
          new Sgd(graph, 0.1)
              .minimize(loss(graph, Kind.REFERENCE.variable(graph, "w", TFloat64.class, START), 2));
      try (var session = new Session(graph)) {
        session.run(step);
        assertThat(Tensors.state(graph, session).get("average")).isEqualTo(START);
      }
    }
  }

  @Test
  void saysWhatIsWrongWithTheLoss() {
    try (var graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Optimizer sgd = new Sgd(graph);
      Operand<?> constant = tf.withName("constant").constant(1.0);
      assertThat(assertThrows(IllegalArgumentException.class, () -> sgd.minimize(constant)))
          .hasMessageThat()
          .contains("'constant' depends on no variable");
    }
  }

  @Test
  void saysWhichVariableCannotBeStepped() {
    try (var graph = new Graph()) {
      Ops tf = Ops.create(graph);
      var unknown = tf.withName("unknown").varHandleOp(TFloat64.class, Shape.of(3, -1));
      Operand<?> loss = tf.nn.l2Loss(tf.readVariableOp(unknown, TFloat64.class));
      assertThat(
              assertThrows(
                  IllegalArgumentException.class, () -> new Adam(graph, 0.1).minimize(loss)))
          .hasMessageThat()
          .contains("'unknown' has no static shape, and 'unknown-m' is to have the same");
      assertThat(new Sgd(graph, 0.1).minimize(loss)).isNotNull();

      Output<TFloat64> constant = tf.withName("constant").constant(1.0).asOutput();
      assertThat(refusalOfPair(graph, constant, constant))
          .contains("'constant' (Const) is no variable");

      Output<TFloat64> w = Kind.REFERENCE.variable(graph, "w", TFloat64.class, START).asOutput();
      Output<TFloat32> gradient = tf.withName("gradient").constant(START_FLOAT).asOutput();
      assertThat(refusalOfPair(graph, gradient, w))
          .contains("'w' is of type DT_DOUBLE, but its gradient 'gradient' of type DT_FLOAT");
    }
  }

  @SuppressWarnings("unchecked") // What javac cannot keep a caller from.
  private static String refusalOfPair(Graph graph, Output<?> gradient, Output<?> variable) {
    var pair = new GradAndVar<>((Output<TFloat64>) gradient, (Output<TFloat64>) variable);
    Executable apply = () -> new Sgd(graph, 0.1).applyGradients(List.of(pair), "step");
    return assertThrows(IllegalArgumentException.class, apply).getMessage();
  }

  @Test
  void refusesAMeanThatWouldNotMove() {
    try (var graph = new Graph()) {
      Operand<?> loss = loss(graph, Kind.RESOURCE.variable(graph, "w", TBfloat16.class, START), 2);
      assertThat(
              assertThrows(
                  IllegalArgumentException.class, () -> new Adam(graph, 0.1).minimize(loss)))
          .hasMessageThat()
          .contains("betaTwo = 0.999 is 1 when it is rounded to the type of the variable 'w'");
      new Adam(graph, 0.1, Adam.betaTwo(0.996)).minimize(loss);
      assertThat(
              assertThrows(
                  IllegalArgumentException.class,
                  () -> new RmsProp(graph, 0.1, RmsProp.rho(0.9999)).minimize(loss)))
          .hasMessageThat()
          .contains("rho = 0.9999 is 1");
    }
  }

  @Test
  void findsTheSlotsOfReferences() {
    try (var graph = new Graph()) {
      Operand<TFloat64> v = Kind.REFERENCE.variable(graph, "v", TFloat64.class, START);
      Operand<TFloat64> w = Kind.RESOURCE.variable(graph, "w", TFloat64.class, START);
      var sgd = new Sgd(graph, 0.1, Sgd.momentum(0.9));
      assertThat(sgd.getSlot(v.asOutput(), Sgd.MOMENTUM)).isEmpty();
      sgd.minimize(sum(Ops.create(graph), loss(graph, v, 2), loss(graph, w, 2)));
      assertThat(sgd.getSlot(v.asOutput(), Sgd.MOMENTUM).orElseThrow().op().name())
          .isEqualTo("v-momentum");
      assertThat(sgd.getSlot(graph.operation("w").<TFloat64>output(0), Sgd.MOMENTUM)).isEmpty();
      assertThat(graph.operation("w-momentum").type()).isEqualTo("VarHandleOp");
    }
  }

  static Stream<Arguments> wrongNumbers() {
    return Stream.of(
        wrong("learningRate must be finite and >= 0; it is -1.0.", g -> new Sgd(g, -1)),
        wrong("learningRate must be finite and >= 0; it is NaN.", g -> new Adam(g, Double.NaN)),
        wrong("momentum must be finite and >= 0", g -> new Sgd(g, 1, Sgd.momentum(-0.1))),
        wrong(
            "momentum must be > 0 where it is Nesterov's", g -> new Sgd(g, 1, Sgd.nesterov(true))),
        wrong("weightDecay must be", g -> new Sgd(g, 1, Sgd.weightDecay(Double.POSITIVE_INFINITY))),
        wrong("betaOne must be >= 0 and < 1; it is 1.0.", g -> new Adam(g, 1, Adam.betaOne(1))),
        wrong(
            "betaTwo must be >= 0 and < 1; it is -0.5.", g -> new AdamW(g, 1, AdamW.betaTwo(-0.5))),
        wrong("epsilon must be finite and >= 0", g -> new Adam(g, 1, Adam.epsilon(-1e-8))),
        wrong("weightDecay must be", g -> new AdamW(g, 1, AdamW.weightDecay(-1))),
        wrong("rho must be >= 0 and < 1; it is 1.0.", g -> new RmsProp(g, RmsProp.rho(1))),
        wrong("momentum must be", g -> new RmsProp(g, RmsProp.momentum(Double.NaN))),
        wrong("epsilon must be", g -> new RmsProp(g, RmsProp.epsilon(-1))),
        wrong("initialAccumulator must be", g -> new Adagrad(g, Adagrad.initialAccumulator(-1))),
        wrong("epsilon must be", g -> new Adagrad(g, Adagrad.epsilon(-1))));
  }

  private interface Construction {
    Optimizer in(Graph graph);
  }

  private static Arguments wrong(String message, Construction construction) {
    return Arguments.of(message, construction);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("wrongNumbers")
  void namesTheNumberOutOfRange(String message, Construction construction) {
    try (var graph = new Graph()) {
      Executable construct = () -> construction.in(graph);
      assertThat(assertThrows(IllegalArgumentException.class, construct))
          .hasMessageThat()
          .contains(message);
    }
  }

  @Test
  void describesItself() {
    try (var graph = new Graph()) {
      assertThat(new Sgd(graph, 0.1, Sgd.momentum(0.9), Sgd.nesterov(true)).toString())
          .isEqualTo("SGD{learningRate=0.1, momentum=0.9, nesterov=true, weightDecay=0.0}");
      assertThat(new AdamW(graph).toString())
          .isEqualTo(
              "AdamW{learningRate=0.001, betaOne=0.9, betaTwo=0.999, epsilon=1.0E-8,"
                  + " weightDecay=0.01 (decoupled)}");
      assertThat(new Adam(graph).getOptimizerName()).isEqualTo("Adam");
      assertThat(new RmsProp(graph, RmsProp.epsilon(1e-7, EpsilonPlace.KERAS)).toString())
          .isEqualTo(
              "RMSProp{learningRate=0.01, rho=0.99, momentum=0.0, epsilon=1.0E-7 (Keras),"
                  + " centered=false, weightDecay=0.0}");
    }
  }

  /** |w - target|^2 / 2, whose gradient is w - target. */
  private static <T extends TNumber> Operand<T> loss(Graph graph, Operand<T> w, double target) {
    Ops tf = Ops.create(graph);
    return tf.nn.l2Loss(tf.math.sub(w, tf.dtypes.cast(tf.constant(target), w.type())));
  }

  private static <T extends TNumber> Operand<T> sum(Ops tf, Operand<T> a, Operand<?> b) {
    return tf.math.add(a, tf.dtypes.cast(b, a.type()));
  }

  private static Formula.State[] states() {
    return Stream.of(1.5, -0.7, 0.02, 3.1).map(Formula.State::new).toArray(Formula.State[]::new);
  }

  private static void step(Formula formula, Formula.State[] states, double target) {
    for (Formula.State state : states) {
      formula.step(state, state.w - target);
    }
  }

  private static double[] weights(Formula.State[] states) {
    return Stream.of(states).mapToDouble(state -> state.w).toArray();
  }

  private static List<String> races(Op... targets) {
    return WriteOrder.violations(
        Stream.of(targets).map(target -> (GraphOperation) target.op()).toList());
  }
}
