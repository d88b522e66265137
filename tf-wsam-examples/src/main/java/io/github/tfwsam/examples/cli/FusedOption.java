package io.github.tfwsam.examples.cli;

import io.github.tfwsam.Fused;
import io.github.tfwsam.nativeops.NativeOps;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine.Option;

/** What does the optimizer's own work: an option of every verb that trains. */
public final class FusedOption {
  /** Held here, for the logging would forget its level. */
  private static final Logger LOADING = Logger.getLogger(NativeOps.class.getName());

  @Option(
      names = "--fused",
      paramLabel = "auto|on|off",
      defaultValue = "auto",
      description =
          "Native ops do the optimizer's own work where they load (auto), or an error says why they"
              + " do not (on), or TensorFlow's ops do it (off).")
  private Fused fused;

  /** An option for the command line to fill in. */
  public FusedOption() {}

  /**
   * The choice.
   *
   * @return what was chosen
   * @throws IllegalStateException if native ops were asked for and do not load
   */
  public Fused choice() {
    if (fused == Fused.ON) {
      LOADING.setLevel(Level.OFF); // The error says it.
      NativeOps.failure()
          .ifPresent(
              reason -> {
                throw new IllegalStateException(
                    "--fused on: native ops do not load: " + reason + "; use --fused auto or off");
              });
    }
    return fused;
  }

  /**
   * Whether native ops do the work.
   *
   * @return true if they do
   */
  public boolean isNative() {
    return choice() != Fused.OFF && NativeOps.load();
  }
}
