package io.github.tfwsam.examples.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tfwsam.examples.cli.AtomicFile;
import io.github.tfwsam.examples.cli.Numbers;
import io.github.tfwsam.examples.cli.Progress;
import io.github.tfwsam.examples.cli.TextTable;
import io.github.tfwsam.nativeops.NativeOps;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code wsam bench update}: the optimizer's own work, by stock ops and by fused ones. */
@Command(
    name = "update",
    showDefaultValues = true,
    description = {
      "Measures the optimizer's own work in float32, without any model: by TensorFlow's own ops"
          + " (stock) and by native ones (fused), and a triad of the same size for the memory's"
          + " limit. The defaults are ResNet-50's tensors; other numbers are tensors of one size."
    })
public final class UpdateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--params",
      paramLabel = "N",
      defaultValue = "" + Shapes.RESNET50_PARAMETERS,
      converter = Numbers.Count.class,
      description = "How many numbers are trained, >= 1.")
  private int parameters;

  @Option(
      names = "--tensors",
      paramLabel = "N",
      defaultValue = "" + Shapes.RESNET50_TENSORS,
      converter = Numbers.Count.class,
      description = "In how many tensors they are, >= 1, at most one a number.")
  private int tensors;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Where to write the results to, as JSON.")
  private Path json;

  private final Supplier<Optional<String>> failureOfNativeOps;

  /** Makes a command for the command line to fill in. */
  public UpdateCommand() {
    this(NativeOps::failure);
  }

  UpdateCommand(Supplier<Optional<String>> failureOfNativeOps) {
    this.failureOfNativeOps = failureOfNativeOps;
  }

  @Override
  public Integer call() throws IOException {
    if (tensors > parameters) {
      throw new ParameterException(
          spec.commandLine(),
          "--tensors "
              + tensors
              + " is more than --params "
              + parameters
              + ": each tensor needs a number");
    }
    if (json != null) {
      AtomicFile.createFolder(json.toAbsolutePath().getParent());
    }
    PrintWriter out = spec.commandLine().getOut();
    List<Implementation> implementations = new ArrayList<>(List.of(new Stock()));
    Optional<String> failure = failureOfNativeOps.get();
    if (failure.isEmpty()) {
      implementations.add(new Fused());
    } else {
      out.println("Native ops are not loaded: " + failure.get() + ". Only stock ops are measured.");
    }
    List<Row> rows = new ArrayList<>();
    try (var benchmark = new UpdateBenchmark(Shapes.of(parameters, tensors), implementations);
        var progress =
            new Progress("bench update", Work.values().length, spec.commandLine().getErr())) {
      for (Work work : Work.values()) {
        rows.addAll(benchmark.measure(work));
        progress.step(work.toString());
      }
      double triad = benchmark.triadGigabytesPerSecond();
      print(out, rows, triad);
      if (json != null) {
        write(rows, triad);
      }
    }
    return 0;
  }

  private void print(PrintWriter out, List<Row> rows, double triad) {
    out.printf(
        Locale.ROOT,
        "parameters: %,d in %,d tensors; float32; threads: %d; triad: %.1f GB/s%n",
        parameters,
        tensors,
        Runtime.getRuntime().availableProcessors(),
        triad);
    var table = new TextTable(2, "op", "impl", "ms", "min ms", "GB/s", "of triad", "times stock");
    for (Row row : rows) {
      table.row(
          row.work().toString(),
          row.implementation(),
          String.format(Locale.ROOT, "%.3f", row.milliseconds()),
          String.format(Locale.ROOT, "%.3f", row.least()),
          String.format(Locale.ROOT, "%.1f", row.gigabytesPerSecond()),
          String.format(Locale.ROOT, "%.0f %%", row.ofTriad() * 100),
          String.format(Locale.ROOT, "%.2f", row.timesStock()));
    }
    out.print(table);
    out.flush();
  }

  private void write(List<Row> rows, double triad) throws IOException {
    var mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode();
    ArrayNode ops = root.putArray("ops");
    for (Row row : rows) {
      ops.addObject()
          .put("op", row.work().toString())
          .put("impl", row.implementation())
          .put("ms", row.milliseconds())
          .put("gb_per_s", row.gigabytesPerSecond());
    }
    root.put("triad_gb_per_s", triad);
    AtomicFile.write(json, mapper.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n");
  }
}
