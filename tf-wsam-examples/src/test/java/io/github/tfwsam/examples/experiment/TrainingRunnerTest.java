package io.github.tfwsam.examples.experiment;

import static com.google.common.truth.Truth.assertThat;

import io.github.tfwsam.examples.tasks.Task;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingRunnerTest {
  private static final Setting SMALL =
      TaskSettings.of(Task.DIGITS).with("subset", 64, "epochs", 2, "gamma", 0.9);

  @TempDir Path folder;

  private Run run(Setting setting) throws IOException {
    return new TrainingRunner(new DataSets(null), TrainingRunner.Extra.NONE)
        .run(setting, 1, folder.resolve("run"));
  }

  @Test
  void whatIsNotFiniteHasDiverged() throws IOException {
    Run run = run(SMALL.with("lr", 1e20));
    assertThat(run.status()).isEqualTo(Run.Status.DIVERGED);
    assertThat(run.measures()).isEmpty();
  }

  @Test
  void whereTheLossIsFiniteAndItsHessianIsNotARunEnds() throws IOException {
    Run run = run(SMALL.with("model", "conv", "schedule", "constant", "lr", 1e4, "gamma", 0.95));
    assertThat(run.status()).isEqualTo(Run.Status.DIVERGED);
    assertThat(run.measure(Run.TRAIN_LOSS)).isGreaterThan(1e9);
    assertThat(run.measure(Run.HESSIAN_TOP)).isNaN();
  }

  @Test
  void whatEndsNoBetterThanGuessingHasDiverged() throws IOException {
    // It does not move from the weights that were drawn.
    Run run = run(SMALL.with("lr", 1e-6, "epochs", 50));
    assertThat(run.measure(Run.TRAIN_LOSS)).isAtLeast(0.95 * Math.log(10));
    assertThat(run.measure(Run.TEST_ACCURACY)).isLessThan(0.16);
    assertThat(run.status()).isEqualTo(Run.Status.DIVERGED);
  }

  @Test
  void whatHasHardlyBegunHasNot() throws IOException {
    assertThat(run(SMALL.with("lr", 1e-6)).status()).isEqualTo(Run.Status.DONE);
  }

  @Test
  void whatIsRightInSpiteOfWrongLabelsHasNot() throws IOException {
    Run run =
        run(SMALL.with("subset", 1000, "epochs", 4, "label_noise", 0.8, "lr", 0.02, "rho", 0.05));
    assertThat(run.measure(Run.TRAIN_LOSS)).isAtLeast(0.95 * Math.log(10));
    assertThat(run.measure(Run.TEST_ACCURACY)).isAtLeast(0.17);
    assertThat(run.status()).isEqualTo(Run.Status.DONE);
  }

  @Test
  void aSecondRunInTheSameFolderGoesOnFromItsCheckpoint() throws IOException {
    Run once = run(SMALL);
    Run again = run(SMALL);
    assertThat(again).isEqualTo(once);
    assertThat(once.measures().keySet())
        .containsExactly(
            Run.TRAIN_LOSS, Run.TEST_ACCURACY, Run.SHARPNESS, Run.SECONDS, Run.HESSIAN_TOP);
    assertThat(List.copyOf(once.measures().values())).doesNotContain(Double.NaN);
  }
}
