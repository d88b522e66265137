package io.github.tfwsam.examples.cli;

import static com.google.common.truth.Truth.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat64;

class RateScheduleTest {
  private static List<Double> rates(RateSchedule schedule, int steps) {
    try (var graph = new Graph();
        var session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      List<Double> rates = new ArrayList<>();
      for (long step = 0; step < steps; step++) {
        try (Result rate =
            session.runner().fetch(schedule.over(8, steps).at(tf, tf.constant(step))).run()) {
          rates.add(((TFloat64) rate.get(0)).getDouble());
        }
      }
      return rates;
    }
  }

  @Test
  void constantStays() {
    assertThat(rates(RateSchedule.CONSTANT, 3)).containsExactly(8.0, 8.0, 8.0);
  }

  @Test
  void cosineGoesDownToNothing() {
    List<Double> rates = rates(RateSchedule.COSINE, 4);
    assertThat(rates.get(0)).isEqualTo(8.0);
    assertThat(rates.get(1)).isWithin(1e-12).of(4 * (1 + Math.cos(0.25 * Math.PI)));
    assertThat(rates.get(2)).isWithin(1e-12).of(4);
    assertThat(rates.get(3)).isWithin(1e-12).of(4 * (1 + Math.cos(0.75 * Math.PI)));
  }

  @Test
  void stepDividesAtTheHalfAndAtThreeQuarters() {
    assertThat(rates(RateSchedule.STEP, 8))
        .containsExactly(8.0, 8.0, 8.0, 8.0, 0.8, 0.8, 0.08, 0.08)
        .inOrder();
    assertThat(rates(RateSchedule.STEP, 1)).containsExactly(8.0);
    assertThat(rates(RateSchedule.STEP, 2)).containsExactly(8.0, 0.8).inOrder();
    assertThat(rates(RateSchedule.STEP, 3)).containsExactly(8.0, 8.0, 0.8).inOrder();
  }
}
