package io.github.tfwsam.schedules;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongToDoubleFunction;
import java.util.function.Supplier;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat64;

class SchedulesTest {
  private static final long[] STEPS =
      LongStream.concat(LongStream.rangeClosed(0, 25), LongStream.of(1_000_000_007)).toArray();

  static Stream<Arguments> schedulesAndFormulas() {
    return Stream.of(
        schedule(Schedule.constant(0.3), t -> 0.3),
        schedule(
            new CosineDecay(0.3, 10),
            t -> 0.3 * (1 + Math.cos(Math.PI * Math.min(t, 10) / 10)) / 2),
        schedule(
            new CosineDecay(0.3, 10, 0.2),
            t -> 0.3 * (0.8 * (1 + Math.cos(Math.PI * Math.min(t, 10) / 10)) / 2 + 0.2)),
        schedule(
            new CosineDecay(0.1, 10, 0.2, 0.5, 4),
            t ->
                t < 4
                    ? 0.1 + 0.4 * t / 4
                    : 0.5 * (0.8 * (1 + Math.cos(Math.PI * Math.min(t - 4, 10) / 10)) / 2 + 0.2)),
        schedule(
            new CosineDecay(0.1, 10, 0, 0.5, 0),
            t -> 0.5 * (1 + Math.cos(Math.PI * Math.min(t, 10) / 10)) / 2),
        schedule(new ExponentialDecay(0.3, 7, 0.5), t -> 0.3 * Math.pow(0.5, t / 7.0)),
        schedule(
            new ExponentialDecay(0.3, 7, 0.5, true), t -> 0.3 * Math.pow(0.5, Math.floor(t / 7.0))),
        schedule(new InverseSquareRootDecay(0.3), t -> 0.3 / Math.sqrt(t + 1.0)),
        schedule(
            new PolynomialDecay(0.3, 8), t -> (0.3 - 1e-4) * (1 - Math.min(t, 8) / 8.0) + 1e-4),
        schedule(
            new PolynomialDecay(0.3, 8, 0.1, 0.5),
            t -> 0.2 * Math.sqrt(1 - Math.min(t, 8) / 8.0) + 0.1),
        schedule(
            new PolynomialDecay(0.3, 8, 0.1, 2, true),
            t -> 0.2 * Math.pow(1 - t / (8 * Math.max(1, Math.ceil(t / 8.0))), 2) + 0.1),
        schedule(
            new PiecewiseConstantDecay(List.of(0L, 5L, 6L), List.of(0.4, 0.3, 0.2, 0.1)),
            t -> t <= 0 ? 0.4 : t <= 5 ? 0.3 : t <= 6 ? 0.2 : 0.1),
        schedule(
            (tf, step) ->
                tf.math.reciprocal(
                    tf.math.add(tf.dtypes.cast(step, TFloat64.class), tf.constant(1.0))),
            t -> 1.0 / (t + 1)));
  }

  private static Arguments schedule(Schedule schedule, LongToDoubleFunction formula) {
    return Arguments.of(schedule, formula);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("schedulesAndFormulas")
  void isItsFormula(Schedule schedule, LongToDoubleFunction formula) {
    try (var graph = new Graph()) {
      Ops tf = Ops.create(graph);
      List<Operand<TFloat64>> values = new ArrayList<>();
      for (long step : STEPS) {
        values.add(schedule.at(tf, tf.constant(step)));
      }
      try (var session = new Session(graph)) {
        Session.Runner runner = session.runner();
        values.forEach(runner::fetch);
        try (Result result = runner.run()) {
          for (int i = 0; i < STEPS.length; i++) {
            var value = (TFloat64) result.get(i);
            assertThat(value.shape().numDimensions()).isEqualTo(0);
            assertWithMessage("step %s", STEPS[i])
                .that(value.getDouble())
                .isWithin(1e-15)
                .of(formula.applyAsDouble(STEPS[i]));
          }
        }
      }
    }
  }

  static Stream<Arguments> wrongNumbers() {
    return Stream.of(
        wrong("value must be finite; it is NaN.", () -> Schedule.constant(Double.NaN)),
        wrong("initialValue must be finite", () -> new CosineDecay(Double.NaN, 10)),
        wrong("decaySteps must be > 0; it is 0.", () -> new CosineDecay(1, 0)),
        wrong("alpha must be finite", () -> new CosineDecay(1, 1, Double.POSITIVE_INFINITY)),
        wrong("warmupTarget must be finite", () -> new CosineDecay(1, 1, 0, Double.NaN, 1)),
        wrong("warmupSteps must be >= 0; it is -1.", () -> new CosineDecay(1, 1, 0, 1, -1)),
        wrong("decaySteps must be > 0", () -> new ExponentialDecay(1, -3, 0.5)),
        wrong("decayRate must be finite and >= 0", () -> new ExponentialDecay(1, 3, -0.5)),
        wrong("initialValue must be finite", () -> new ExponentialDecay(Double.NaN, 3, 0.5)),
        wrong("initialValue must be finite", () -> new InverseSquareRootDecay(Double.NaN)),
        wrong("decaySteps must be > 0", () -> new PolynomialDecay(1, 0)),
        wrong("endValue must be finite", () -> new PolynomialDecay(1, 1, Double.NaN, 1)),
        wrong("power must be finite and > 0; it is 0.0.", () -> new PolynomialDecay(1, 1, 0, 0)),
        wrong("one boundary at least", () -> piecewise(List.of(), 1.0)),
        wrong("there are 1 boundaries and 1 values", () -> piecewise(List.of(1L), 1.0)),
        wrong(
            "boundaries must ascend; they are [2, 2].", () -> piecewise(List.of(2L, 2L), 1, 2, 3)),
        wrong("each of the values must be finite", () -> piecewise(List.of(2L), 1, Double.NaN)));
  }

  private static Schedule piecewise(List<Long> boundaries, double... values) {
    return new PiecewiseConstantDecay(boundaries, DoubleStream.of(values).boxed().toList());
  }

  private static Arguments wrong(String message, Supplier<Schedule> construction) {
    return Arguments.of(message, construction);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("wrongNumbers")
  void namesTheNumberOutOfRange(String message, Supplier<Schedule> construction) {
    assertThat(assertThrows(IllegalArgumentException.class, construction::get))
        .hasMessageThat()
        .contains(message);
  }
}
