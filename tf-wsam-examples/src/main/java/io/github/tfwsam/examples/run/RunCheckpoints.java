package io.github.tfwsam.examples.run;

import io.github.tfwsam.checkpoint.CheckpointFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.Session;

/**
 * The checkpoints of a run, each with the run's settings. They are written now and then: after the
 * first step, then every second, but never so often that they take more than a twentieth of the
 * time.
 */
public final class RunCheckpoints {
  private static final long INTERVAL = 1_000_000_000L;
  private static final int RARITY = 20;

  private final Path folder;
  private final CheckpointFolder checkpoints;
  private final Map<String, String> settings;
  private long next = Long.MIN_VALUE;

  /**
   * The checkpoints of a run.
   *
   * @param folder where they lie
   * @param session the session that holds the variables; its graph is whole
   * @param settings what must be the same where the run is resumed
   */
  public RunCheckpoints(Path folder, Session session, Map<String, String> settings) {
    this.folder = folder;
    this.checkpoints = new CheckpointFolder(folder, session);
    this.settings = settings;
  }

  /**
   * Goes back to where the run was stopped.
   *
   * @param steps how many steps the run is to have
   * @return what was restored; empty if there is no checkpoint
   * @throws IOException if no checkpoint can be read
   * @throws IllegalArgumentException if the run is another one; it names the first difference
   */
  public Optional<CheckpointFolder.Restored> resume(long steps) throws IOException {
    return checkpoints.restoreNewest(
        (step, saved) -> {
          settings.forEach((name, here) -> requireSame(name, here, saved.get(name)));
          if (step > steps) {
            throw new IllegalArgumentException(
                String.format(
                    "--checkpoint %s: %d steps are taken there, and the run is to have %d; give more"
                        + " --steps or --epochs",
                    folder, step, steps));
          }
        });
  }

  private void requireSame(String name, String here, String there) {
    if (!here.equals(there)) {
      throw new IllegalArgumentException(
          String.format(
              "--checkpoint %s: %s is %s here, but was %s; resume with what the run began with",
              folder, name, here, there));
    }
  }

  /**
   * Writes a checkpoint, if it is time to.
   *
   * @param step how many steps were taken
   * @param isLast whether it is time anyway
   * @param more further texts to keep
   * @throws IOException if it cannot be written
   */
  public void save(long step, boolean isLast, Map<String, String> more) throws IOException {
    long start = System.nanoTime();
    if (!isLast && start - next < 0 && next != Long.MIN_VALUE) {
      return;
    }
    Map<String, String> properties = new LinkedHashMap<>(settings);
    properties.putAll(more);
    checkpoints.save(step, properties);
    long end = System.nanoTime();
    next = end + Math.max(INTERVAL, RARITY * (end - start));
  }
}
