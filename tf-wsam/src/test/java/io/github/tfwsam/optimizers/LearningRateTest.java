package io.github.tfwsam.optimizers;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.tfwsam.Wsam;
import io.github.tfwsam.graph.WriteOrder;
import io.github.tfwsam.schedules.PiecewiseConstantDecay;
import io.github.tfwsam.schedules.Schedule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.exceptions.TFInvalidArgumentException;
import org.tensorflow.framework.optimizers.Optimizer;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TNumber;

class LearningRateTest {
  private static final double[] RATES = {0.1, 0.1, 0.1, 0.02, 0.02, 0.3, 0.3};
  private static final Schedule SCHEDULE =
      new PiecewiseConstantDecay(List.of(2L, 4L), List.of(0.1, 0.02, 0.3));

  /** Every optimizer, with its momentum and decoupled decay where it has them. */
  private enum Each {
    SGD,
    MOMENTUM,
    ADAM,
    ADAMW,
    RMS_PROP,
    ADAGRAD;

    Optimizer in(Graph graph, Schedule rate) {
      return switch (this) {
        case SGD -> new Sgd(graph, rate);
        case MOMENTUM -> new Sgd(graph, rate, Sgd.momentum(0.9));
        case ADAM -> new Adam(graph, rate);
        case ADAMW -> new AdamW(graph, rate, AdamW.weightDecay(0.3));
        case RMS_PROP -> new RmsProp(graph, rate, RmsProp.momentum(0.9));
        case ADAGRAD -> new Adagrad(graph, rate);
      };
    }

    Optimizer in(Graph graph, Operand<? extends TNumber> rate) {
      return switch (this) {
        case SGD -> new Sgd(graph, rate);
        case MOMENTUM -> new Sgd(graph, rate, Sgd.momentum(0.9));
        case ADAM -> new Adam(graph, rate);
        case ADAMW -> new AdamW(graph, rate, AdamW.weightDecay(0.3));
        case RMS_PROP -> new RmsProp(graph, rate, RmsProp.momentum(0.9));
        case ADAGRAD -> new Adagrad(graph, rate);
      };
    }
  }

  /** What an optimizer does with rates that are fed, it does with the same rates scheduled. */
  @ParameterizedTest
  @EnumSource
  void theRateOfAStepIsTheScheduleAtTheStepsBefore(Each each) {
    assertThat(scheduled(each, (graph, optimizer) -> optimizer))
        .isEqualTo(fed(each, TFloat64.class, RATES));
  }

  @Test
  void scalesTheStepAlone() {
    double w = 1;
    double b = 0;
    List<Double> expected = new ArrayList<>();
    for (double rate : RATES) {
      b = 0.9 * b + (w - 2);
      w -= rate * b;
      expected.add(w);
    }
    List<Double> actual = fed(Each.MOMENTUM, TFloat64.class, RATES);
    for (int i = 0; i < RATES.length; i++) {
      assertThat(actual.get(i)).isWithin(1e-15).of(expected.get(i));
    }
  }

  @ParameterizedTest
  @ValueSource(classes = {TFloat32.class, TInt32.class})
  void mayBeOfAnyRealType(Class<? extends TNumber> type) {
    assertThat(fed(Each.ADAMW, type, 1, 0, 2)).isEqualTo(fed(Each.ADAMW, TFloat64.class, 1, 0, 2));
  }

  /** Where e is 0, both gradients are one, and the decoupled form finds the scheduled rate. */
  @ParameterizedTest
  @EnumSource
  void wsamStepsAtTheScheduledRate(Each each) {
    List<Double> base = scheduled(each, (graph, optimizer) -> optimizer);
    List<Double> wsam = scheduled(each, (graph, optimizer) -> new Wsam(graph, optimizer, 0, 0.9));
    for (int i = 0; i < base.size(); i++) {
      assertThat(wsam.get(i)).isWithin(1e-12).of(base.get(i));
    }
  }

  @ParameterizedTest
  @EnumSource
  void changesNothingWhereTheRateIsWrong(Each each) {
    try (var graph = new Graph()) {
      Ops tf = Ops.create(graph);
      var rate = tf.placeholder(TFloat64.class, Placeholder.shape(Shape.scalar()));
      Op step = each.in(graph, rate).minimize(loss(graph));
      try (var session = new Session(graph)) {
        run(session, step, rate, TFloat64.scalarOf(0.1));
        Map<String, double[]> before = Kind.state(graph, session);
        for (double wrong : new double[] {-0.1, Double.NaN, Double.POSITIVE_INFINITY}) {
          var failure =
              assertThrows(
                  TFInvalidArgumentException.class,
                  () -> run(session, step, rate, TFloat64.scalarOf(wrong)));
          assertThat(failure).hasMessageThat().contains("learning rate must be finite and >= 0");
        }
        Kind.state(graph, session)
            .forEach((name, values) -> assertThat(values).isEqualTo(before.get(name)));
      }
    }
  }

  @Test
  void countsStepsWhereTheRateDependsOnThem() {
    try (var graph = new Graph()) {
      Operand<?> loss = loss(graph);
      new Sgd(graph, 0.1).minimize(loss);
      new Sgd(graph, SCHEDULE).minimize(loss);
      new Adagrad(graph, SCHEDULE, Adagrad.name("head")).minimize(loss);
      try (var session = new Session(graph)) {
        assertThat(Kind.state(graph, session).keySet())
            .containsExactly("w", "SGD-steps", "head-steps", "w-accumulator");
      }
    }
  }

  @Test
  void refusesWhatIsNoScalar() {
    try (var graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<TFloat64> two = tf.withName("two").constant(new double[] {0.1, 0.2});
      assertThat(assertThrows(IllegalArgumentException.class, () -> new Sgd(graph, two)))
          .hasMessageThat()
          .contains("'two' has the shape [2], but a learning rate is a scalar");
      Operand<?> loss = loss(graph);
      var sgd = new Sgd(graph, (ops, step) -> two);
      assertThat(assertThrows(IllegalArgumentException.class, () -> sgd.minimize(loss)))
          .hasMessageThat()
          .contains("'two' has the shape [2]");
    }
  }

  @Test
  void describesItself() {
    try (var graph = new Graph()) {
      Operand<TFloat64> rate = Ops.create(graph).withName("rate").constant(0.1);
      assertThat(new Sgd(graph, rate).toString()).startsWith("SGD{learningRate=rate,");
      assertThat(
              new Adagrad(graph, Schedule.constant(0.1), Adagrad.epsilon(1e-7, EpsilonPlace.KERAS))
                  .toString())
          .isEqualTo(
              "Adagrad{learningRate=ConstantSchedule[value=0.1], initialAccumulator=0.0,"
                  + " epsilon=1.0E-7 (Keras), weightDecay=0.0}");
    }
  }

  /** The weight after each step of as many steps as there are rates. */
  private static List<Double> scheduled(
      Each each, BiFunction<Graph, Optimizer, Optimizer> wrapped) {
    try (var graph = new Graph()) {
      Op step = wrapped.apply(graph, each.in(graph, SCHEDULE)).minimize(loss(graph));
      assertThat(races(step)).isEmpty();
      try (var session = new Session(graph)) {
        List<Double> weights = new ArrayList<>();
        for (int i = 0; i < RATES.length; i++) {
          session.run(step);
          weights.add(Kind.state(graph, session).get("w")[0]);
        }
        return weights;
      }
    }
  }

  /** The weight after each step at a rate that is fed. */
  private static List<Double> fed(Each each, Class<? extends TNumber> type, double... rates) {
    try (var graph = new Graph()) {
      Ops tf = Ops.create(graph);
      var fed = tf.placeholder(TFloat64.class, Placeholder.shape(Shape.scalar()));
      Op step = each.in(graph, tf.dtypes.cast(fed, type)).minimize(loss(graph));
      assertThat(races(step)).isEmpty();
      try (var session = new Session(graph)) {
        List<Double> weights = new ArrayList<>();
        for (double rate : rates) {
          run(session, step, fed, TFloat64.scalarOf(rate));
          weights.add(Kind.state(graph, session).get("w")[0]);
        }
        return weights;
      }
    }
  }

  private static void run(Session session, Op step, Operand<?> rate, Tensor value) {
    try (value) {
      session.runner().feed(rate, value).addTarget(step).run().close();
    }
  }

  private static Operand<TFloat64> loss(Graph graph) {
    Ops tf = Ops.create(graph);
    Operand<TFloat64> w = Kind.REFERENCE.variable(graph, "w", TFloat64.class, 1);
    return tf.nn.l2Loss(tf.math.sub(w, tf.constant(2.0)));
  }

  private static List<String> races(Op... targets) {
    return WriteOrder.violations(
        Stream.of(targets).map(target -> (GraphOperation) target.op()).toList());
  }
}
