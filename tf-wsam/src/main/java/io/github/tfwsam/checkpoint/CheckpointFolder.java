package io.github.tfwsam.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.tensorflow.Session;

/**
 * The checkpoints of one training: a folder {@code step-N} for each, the newest two of them. That
 * which is newest and not damaged counts: whenever the process is killed, there is one, once one
 * was written.
 */
public final class CheckpointFolder {
  private static final Logger LOGGER = Logger.getLogger(CheckpointFolder.class.getName());
  private static final String PREFIX = "step-";
  private static final Pattern NAME = Pattern.compile(PREFIX + "\\d{1,18}");
  private static final Pattern UNFINISHED_NAME =
      Pattern.compile(NAME + Pattern.quote(Folders.UNFINISHED));
  private static final int KEPT = 2;

  private final Path folder;
  private final Checkpoint checkpoint;

  /**
   * The checkpoints in a folder.
   *
   * @param folder the folder; made with the first checkpoint, if it is not there
   * @param session the session that holds the variables; its graph is whole
   */
  public CheckpointFolder(Path folder, Session session) {
    this.folder = folder;
    this.checkpoint = new Checkpoint(session);
  }

  /**
   * What a resumed training goes on from.
   *
   * @param step how many steps were taken
   * @param properties the texts that the checkpoint was saved with
   */
  public record Restored(long step, Map<String, String> properties) {}

  /**
   * Writes a checkpoint, and deletes those that it makes superfluous.
   *
   * @param step how many steps were taken
   * @param properties what else a resumed training wants to know
   * @throws IOException if it cannot be written; the checkpoints before are kept then
   */
  public void save(long step, Map<String, String> properties) throws IOException {
    Files.createDirectories(folder);
    deleteUnfinished();
    for (Path newer : newestFirst(folder)) {
      if (step(newer) >= step) {
        discard(newer); // Damaged, or the training would have gone on from it.
      }
    }
    checkpoint.save(folder.resolve(PREFIX + step), properties);
    List<Path> newestFirst = newestFirst(folder);
    for (Path old : newestFirst.subList(Math.min(KEPT, newestFirst.size()), newestFirst.size())) {
      discard(old);
    }
  }

  /** What a process left that was killed. */
  private void deleteUnfinished() throws IOException {
    try (Stream<Path> paths = Files.list(folder)) {
      for (Path path : paths.filter(p -> isNamed(p, UNFINISHED_NAME)).toList()) {
        Folders.delete(path);
      }
    }
  }

  /** Renames before it deletes: what is half deleted must not look like a checkpoint. */
  private static void discard(Path old) throws IOException {
    Path discarded = old.resolveSibling(old.getFileName() + Folders.UNFINISHED);
    Files.move(old, discarded, StandardCopyOption.ATOMIC_MOVE);
    Folders.delete(discarded);
  }

  /**
   * Gives the variables the values of the newest checkpoint that is not damaged.
   *
   * @param check is given each checkpoint's step and properties before anything changes, and throws
   *     if the training cannot go on from it
   * @return what was restored; empty if there is no checkpoint
   * @throws IOException if all checkpoints are damaged, or cannot be read
   * @throws IllegalArgumentException if it is of other variables
   */
  public Optional<Restored> restoreNewest(BiConsumer<Long, Map<String, String>> check)
      throws IOException {
    IOException damage = null;
    for (Path path : newestFirst(folder)) {
      try {
        Map<String, String> properties = checkpoint.properties(path);
        check.accept(step(path), properties);
        checkpoint.restore(path);
        return Optional.of(new Restored(step(path), properties));
      } catch (IOException e) {
        LOGGER.warning(e.getMessage() + "; the checkpoint before it counts, if there is one");
        damage = e;
      }
    }
    if (damage != null) {
      throw damage;
    }
    return Optional.empty();
  }

  /**
   * Whether a folder holds a checkpoint.
   *
   * @param folder a folder, which need not be there
   * @return true if there is one in it, damaged or not
   * @throws IOException if it cannot be read
   */
  public static boolean hasCheckpoint(Path folder) throws IOException {
    return !newestFirst(folder).isEmpty();
  }

  private static List<Path> newestFirst(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> paths = Files.list(folder)) {
      return paths
          .filter(path -> isNamed(path, NAME))
          .sorted(Comparator.comparingLong(CheckpointFolder::step).reversed())
          .toList();
    }
  }

  private static boolean isNamed(Path path, Pattern pattern) {
    return pattern.matcher(path.getFileName().toString()).matches();
  }

  private static long step(Path path) {
    return Long.parseLong(path.getFileName().toString().substring(PREFIX.length()));
  }
}
