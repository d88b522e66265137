package io.github.tfwsam.examples.cli;

import java.io.PrintWriter;
import java.time.Duration;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Tells on standard error how far the work is: a bar on a terminal, a line now and then elsewhere.
 */
public final class Progress implements AutoCloseable {
  /** Set by the launcher where standard error is a terminal, which Java cannot tell by itself. */
  private static final String TERMINAL = "wsam.terminal";

  private static final int LINES = 5;

  private final String task;
  private final int total;
  private final PrintWriter err;
  private final ProgressBar bar;
  private final long start = System.nanoTime();
  private final int doneBefore;
  private int done;

  /**
   * Work that has not begun.
   *
   * @param task what is done
   * @param total of how many parts it is
   * @param err where the lines go
   */
  public Progress(String task, int total, PrintWriter err) {
    this(task, total, 0, err);
  }

  /**
   * Work that is resumed.
   *
   * @param task what is done
   * @param total of how many parts it is
   * @param doneBefore how many of them were done before
   * @param err where the lines go
   */
  public Progress(String task, int total, int doneBefore, PrintWriter err) {
    this.task = task;
    this.total = total;
    this.doneBefore = doneBefore;
    this.done = doneBefore;
    this.err = err;
    this.bar =
        !Boolean.getBoolean(TERMINAL)
            ? null
            : new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(total)
                .startsFrom(doneBefore, Duration.ZERO)
                .setStyle(ProgressBarStyle.ASCII)
                .setConsumer(new ConsoleProgressBarConsumer(System.err))
                .build();
  }

  /**
   * Tells that one more part is done.
   *
   * @param message what it is, and how it went
   */
  public void step(String message) {
    done++;
    if (bar != null) {
      bar.step();
      bar.setExtraMessage(message);
    } else if ((long) done * LINES / total > (done - 1L) * LINES / total) {
      err.printf("%s: %d of %d, %s, %s left%n", task, done, total, message, timeLeft());
    }
  }

  private String timeLeft() {
    double seconds = (System.nanoTime() - start) / 1e9;
    long left = Math.round(seconds / (done - doneBefore) * (total - done));
    return left < 60 ? left + " s" : left / 60 + " min " + left % 60 + " s";
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
