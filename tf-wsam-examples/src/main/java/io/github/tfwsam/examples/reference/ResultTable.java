package io.github.tfwsam.examples.reference;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** The results as a table, printed row by row as the cases are replayed. */
final class ResultTable {
  private final PrintWriter out;
  private final String format;

  ResultTable(PrintWriter out, List<ReferenceCase> cases) {
    this.out = out;
    int widest = cases.stream().mapToInt(c -> c.options().length()).max().orElse(0);
    format = "%4s  %-8s  %-9s  %-" + Math.max(widest, 7) + "s  %9s %5s  %9s %5s  %s%n";
    out.printf(format, "case", "base", "mode", "options", "losses", "step", "weights", "step", "");
  }

  void print(int number, Replay replay, boolean ok) {
    ReferenceCase reference = replay.reference();
    out.printf(
        format,
        number,
        reference.base(),
        reference.mode(),
        reference.options(),
        scientific(replay.losses()),
        replay.losses().step(),
        scientific(replay.weights()),
        replay.weights().step(),
        ok ? "ok" : "FAIL");
    out.flush();
  }

  private static String scientific(Difference difference) {
    return String.format(Locale.ROOT, "%.2e", difference.value());
  }
}
