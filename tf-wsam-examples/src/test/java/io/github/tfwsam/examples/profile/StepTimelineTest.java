package io.github.tfwsam.examples.profile;

import static com.google.common.truth.Truth.assertThat;

import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class StepTimelineTest {
  private static final long MS = 1_000_000;

  private static TracedOperation operation(Phase phase, long from, long to) {
    return new TracedOperation(
        "x",
        "NoOp",
        phase,
        "CPU:0",
        new Interval(from * MS, to * MS),
        OptionalLong.empty(),
        0,
        List.of());
  }

  @Test
  void countsTimeInWhichTwoOperationsRunOnce() {
    var timeline =
        new StepTimeline(
            7,
            List.of(
                operation(Phase.FORWARD, 0, 3),
                operation(Phase.FORWARD, 1, 2),
                operation(Phase.FORWARD, 2, 4),
                operation(Phase.UPDATE, 3, 4),
                operation(Phase.FORWARD, 5, 6),
                operation(Phase.UPDATE, 9, 10)));
    assertThat(timeline.summary())
        .isEqualTo(
            """
            step 7: 10.000 ms
            phase    ops  busy ms  wall ms   share
            forward    4    7.000    5.000  50.0 %
            update     2    2.000    2.000  20.0 %
            all        6    9.000    6.000  60.0 %
            """);
  }

  @Test
  void joinsIntervalsThatTouch() {
    assertThat(
            Interval.union(
                List.of(
                    new Interval(8, 9),
                    new Interval(0, 2),
                    new Interval(2, 3),
                    new Interval(5, 5),
                    new Interval(1, 2))))
        .containsExactly(new Interval(0, 3), new Interval(5, 5), new Interval(8, 9))
        .inOrder();
    assertThat(Interval.union(List.of())).isEmpty();
  }
}
