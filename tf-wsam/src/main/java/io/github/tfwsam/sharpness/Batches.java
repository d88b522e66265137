package io.github.tfwsam.sharpness;

import java.util.List;
import java.util.function.Consumer;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;

/**
 * A data set in batches of equal size, each fed to a run of its own. What is averaged over them has
 * equal weights, so that the mean over batches is the mean over the data set.
 *
 * <pre>{@code
 * var batches = new Batches(10, (batch, feeds) -> feeds.add(x, TFloat32.tensorOf(rows(batch))));
 * }</pre>
 *
 * @param count how many batches there are
 * @param feeder feeds one of them; it may be asked for each of them many times
 */
public record Batches(int count, Feeder feeder) {

  /** Feeds one batch. */
  @FunctionalInterface
  public interface Feeder {
    /**
     * Feeds a batch: the same tensors each time it is asked for the same one.
     *
     * @param batch the number of the batch, from 0
     * @param feeds takes the tensors, and closes them after the run
     */
    void feed(int batch, Feeds feeds);
  }

  /**
   * Checks that there is a batch.
   *
   * @param count how many batches there are
   * @param feeder feeds one of them; it may be asked for each of them many times
   * @throws IllegalArgumentException if there is none
   */
  public Batches {
    if (count < 1) {
      throw new IllegalArgumentException(
          "There are " + count + " batches, but a mean over batches needs one at least.");
    }
  }

  /**
   * One run with nothing fed, for a loss that depends on no placeholder.
   *
   * @return a single batch
   */
  public static Batches unfed() {
    return new Batches(1, (batch, feeds) -> {});
  }

  /** Runs each batch, in order. */
  void forEach(
      Session session,
      List<? extends Operand<?>> fetches,
      Consumer<Feeds> more,
      Consumer<Result> use) {
    for (int batch = 0; batch < count; batch++) {
      Session.Runner runner = session.runner();
      fetches.forEach(runner::fetch);
      try (var feeds = new Feeds(runner)) {
        feeder.feed(batch, feeds);
        more.accept(feeds);
        try (Result result = runner.run()) {
          use.accept(result);
        }
      }
    }
  }
}
