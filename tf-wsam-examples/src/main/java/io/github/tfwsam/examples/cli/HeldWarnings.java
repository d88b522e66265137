package io.github.tfwsam.examples.cli;

import java.util.logging.ConsoleHandler;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.logging.MemoryHandler;

/**
 * Holds the project's warnings back until the work has begun: where it cannot begin, the line that
 * says why is the only one.
 */
public final class HeldWarnings implements AutoCloseable {
  private static final Logger PROJECT = Logger.getLogger("io.github.tfwsam");
  private static final int MOST = 100;

  private final MemoryHandler held = new MemoryHandler(new ConsoleHandler(), MOST, Level.OFF);

  /** Begins to hold them back. */
  public HeldWarnings() {
    PROJECT.setUseParentHandlers(false);
    PROJECT.addHandler(held);
  }

  /** Tells those that were held back, and holds back no more. */
  public void tell() {
    held.push();
    close();
  }

  /** Holds back no more; what was not told is not. */
  @Override
  public void close() {
    PROJECT.removeHandler(held);
    PROJECT.setUseParentHandlers(true);
  }
}
