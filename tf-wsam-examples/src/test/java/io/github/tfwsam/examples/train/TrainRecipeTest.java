package io.github.tfwsam.examples.train;

import static com.google.common.truth.Truth.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The paper's recipe, made small, on images that are made here: augmented, and resumed. */
class TrainRecipeTest {
  private static final String SMALL =
      "--task cifar10 --recipe paper --model resnet8 --batch 8 --schedule constant --lr 0.01";

  @TempDir private Path folder;

  private void writeImages(String name, int images) throws IOException {
    var random = new Random(1);
    byte[] records = new byte[images * 3073];
    random.nextBytes(records);
    for (int i = 0; i < images; i++) {
      records[i * 3073] = (byte) (i % 10);
    }
    Files.write(folder.resolve(name), records);
  }

  private Run run(String name, int epochs, String more) {
    List<String> arguments = new ArrayList<>(List.of((SMALL + more).split(" ", -1)));
    Path out = folder.resolve(name);
    arguments.addAll(List.of("--data", folder.toString(), "--out", out.toString()));
    arguments.addAll(List.of("--epochs", Integer.toString(epochs)));
    return Run.ofArguments(out, arguments).done();
  }

  @Test
  void resumedItSeesTheSameCropsAndFlips() throws IOException {
    writeImages("data_batch_1.bin", 30);
    writeImages("test_batch.bin", 10);
    String checkpoint = " --checkpoint " + folder.resolve("checkpoints");
    run("stopped", 1, checkpoint);
    Run resumed = run("stopped", 2, checkpoint + " --resume");
    Run never = run("never", 2, "");
    assertThat(resumed.timelessRows()).isEqualTo(never.timelessRows());
    assertThat(resumed.weights()).isEqualTo(never.weights());
    assertThat(never.rows().subList(0, 3)).isNotEqualTo(never.rows().subList(4, 7));
  }
}
