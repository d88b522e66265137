package io.github.tfwsam.examples.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The most memory that this process has had resident. */
final class PeakMemory {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String KEY = "VmHWM:";
  private static final double KIB_A_MEGABYTE = 1e6 / 1024;

  private PeakMemory() {}

  /** In megabytes, 10^6 bytes. */
  static double megabytes() throws IOException {
    try (var lines = Files.lines(STATUS)) {
      String line =
          lines
              .filter(l -> l.startsWith(KEY))
              .findFirst()
              .orElseThrow(
                  () -> new IOException(STATUS + " has no " + KEY + " the peak of memory"));
      return Long.parseLong(line.replaceAll("\\D", "")) / KIB_A_MEGABYTE;
    }
  }
}
