package io.github.tfwsam.nativeops;

import static com.google.common.truth.Truth.assertWithMessage;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** What the tests of the ops need: the ops. */
final class NativeRequirement {
  private NativeRequirement() {}

  /**
   * Skips the tests where the ops do not load; with {@code -Dtests.native=present} or {@code
   * absent} fails where they are not as it says.
   */
  static void check() {
    boolean loaded = NativeOps.load();
    String expected = System.getProperty("tests.native", "");
    if (!expected.isEmpty()) {
      assertWithMessage("native ops are %s: %s", expected, NativeOps.failure())
          .that(loaded)
          .isEqualTo(expected.equals("present"));
    }
    assumeTrue(loaded, () -> "native ops are not loaded: " + NativeOps.failure().orElseThrow());
  }
}
