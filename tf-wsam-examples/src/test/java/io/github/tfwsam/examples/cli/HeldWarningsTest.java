package io.github.tfwsam.examples.cli;

import static com.google.common.truth.Truth.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

class HeldWarningsTest {
  private static final Logger LOGGER = Logger.getLogger("io.github.tfwsam.any");

  /** What is written to standard error. */
  private static String written(Consumer<HeldWarnings> work) {
    PrintStream error = System.err;
    var bytes = new ByteArrayOutputStream();
    System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try (var warnings = new HeldWarnings()) {
      work.accept(warnings);
    } finally {
      System.setErr(error);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void areToldWhenTheWorkHasBegun() {
    String written =
        written(
            warnings -> {
              LOGGER.warning("one");
              LOGGER.warning("two");
              warnings.tell();
            });
    assertThat(written).containsMatch("(?s)one.*two");
  }

  @Test
  void areNotToldWhereItCannotBegin() {
    assertThat(written(warnings -> LOGGER.warning("one"))).isEmpty();
    assertThat(LOGGER.getParent().getUseParentHandlers()).isTrue();
  }
}
