package io.github.tfwsam.examples.toy;

import static com.google.common.truth.Truth.assertThat;

import io.github.tfwsam.Fused;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrajectoryTest {
  @Test
  void followsTheAuthorsOptimizer() {
    List<Position> positions = Trajectory.follow(Mode.COUPLED, 0.95, 2, 50, Fused.AUTO).positions();

    assertThat(positions).hasSize(51);
    assertAt(positions.get(0), -6, 10, 0);
    assertAt(positions.get(1), -6.099755, 11.132429, 1e-6);
    assertAt(positions.get(10), -5.0946, 27.3710, 1e-4);
    assertAt(positions.get(50), 19.7249, 30.2712, 1e-4);
  }

  private static void assertAt(Position position, double m, double s, double tolerance) {
    assertThat(position.m()).isWithin(tolerance).of(m);
    assertThat(position.s()).isWithin(tolerance).of(s);
  }

  @ParameterizedTest
  @CsvSource({
    "COUPLED, 0, 2, sharp minimum",
    "COUPLED, 0.5, 2, sharp minimum",
    "COUPLED, 0.9, 2, at rest at the saddle",
    "COUPLED, 0.95, 1.3, at rest at the saddle",
    "COUPLED, 0.95, 2, flat minimum",
    "DECOUPLED, 0.95, 2, sharp minimum",
  })
  void endsWhereThePaperSays(Mode mode, double gamma, double rho, String outcome) {
    assertThat(Landmark.outcome(Trajectory.follow(mode, gamma, rho, 150, Fused.AUTO)))
        .isEqualTo(outcome);
  }

  @Test
  void aRunThatIsStillOnItsWayIsNotSettled() {
    assertThat(Landmark.outcome(Trajectory.follow(Mode.COUPLED, 0.95, 2, 5, Fused.AUTO)))
        .isEqualTo("not settled");
  }

  @Test
  void aPerturbationOutOfTheLossesDomainDiverges() {
    assertThat(Landmark.outcome(Trajectory.follow(Mode.COUPLED, 0.9, 1e6, 20, Fused.AUTO)))
        .isEqualTo("diverged");
  }

  @Test
  void withoutSharpnessTheModesAreOne() {
    assertThat(Trajectory.follow(Mode.DECOUPLED, 0, 2, 20, Fused.AUTO).positions())
        .isEqualTo(Trajectory.follow(Mode.COUPLED, 0, 2, 20, Fused.AUTO).positions());
  }
}
