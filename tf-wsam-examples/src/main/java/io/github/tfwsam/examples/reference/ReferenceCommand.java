package io.github.tfwsam.examples.reference;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tfwsam.examples.cli.AtomicFile;
import io.github.tfwsam.examples.cli.FusedOption;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.family.TNumber;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Replays trajectories of the authors' Python optimizer, and compares. */
@Command(
    name = "reference",
    showDefaultValues = true,
    description = "Replays trajectories of the authors' Python optimizer, and compares.")
public final class ReferenceCommand implements Callable<Integer> {

  /** The precision to replay in, and how far a replay may be from the reference. */
  enum Dtype {
    FLOAT64(TFloat64.class, 1e-10),
    FLOAT32(TFloat32.class, 2e-4);

    final Class<? extends TNumber> type;
    final double tolerance;

    Dtype(Class<? extends TNumber> type, double tolerance) {
      this.type = type;
      this.tolerance = tolerance;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "CASES.json", description = "The file of cases.")
  private Path file;

  @Option(
      names = "--dtype",
      defaultValue = "float64",
      description = "The precision to train in: ${COMPLETION-CANDIDATES}.")
  private Dtype dtype;

  @Option(
      names = "--variables",
      defaultValue = "ref",
      description = "The kind of variables to train: ${COMPLETION-CANDIDATES}.")
  private Variables variables;

  @Mixin private FusedOption fused;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Where to write the results to, as JSON.")
  private Path json;

  /** Makes a command for the command line to fill in. */
  public ReferenceCommand() {}

  /**
   * Replays the cases.
   *
   * @return 0: all are within the tolerance
   * @throws IllegalArgumentException if the file is not one of cases
   * @throws IllegalStateException if a case is not within the tolerance, or native ops are asked
   *     for and do not load
   * @throws IOException if a file cannot be read or written
   */
  @Override
  public Integer call() throws IOException {
    List<ReferenceCase> cases = CaseReader.read(file);
    if (json != null) {
      AtomicFile.createFolder(json.toAbsolutePath().getParent());
    }
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        Locale.ROOT,
        "cases: %d; %s, %s variables, %s ops; at most %s from the reference%n",
        cases.size(),
        dtype,
        variables.description(),
        fused.isNative() ? "native" : "stock",
        dtype.tolerance);
    var table = new ResultTable(out, cases);
    List<Replay> replays = new ArrayList<>();
    for (ReferenceCase reference : cases) {
      Replay replay = Replay.of(reference, dtype.type, variables, fused.choice());
      replays.add(replay);
      table.print(replays.size(), replay, replay.isWithin(dtype.tolerance));
    }
    if (json != null) {
      write(replays);
    }
    failUnlessWithin(replays);
    return 0;
  }

  private void failUnlessWithin(List<Replay> replays) {
    List<String> failed = new ArrayList<>();
    for (int i = 0; i < replays.size(); i++) {
      if (!replays.get(i).isWithin(dtype.tolerance)) {
        failed.add(Integer.toString(i + 1));
      }
    }
    if (!failed.isEmpty()) {
      List<String> shown = failed.subList(0, Math.min(failed.size(), 10));
      throw new IllegalStateException(
          String.format(
              Locale.ROOT,
              "%s: further than %s (%s) from the reference in %d of %d cases (case %s%s); the table shows"
                  + " by how much and at which step",
              file,
              dtype.tolerance,
              dtype,
              failed.size(),
              replays.size(),
              String.join(", ", shown),
              shown.size() < failed.size() ? ", .." : ""));
    }
  }

  private void write(List<Replay> replays) throws IOException {
    var mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode();
    root.put("dtype", dtype.toString());
    root.put("variables", variables.toString());
    root.put("fused", fused.isNative());
    root.put("tolerance", dtype.tolerance);
    ArrayNode rows = root.putArray("cases");
    for (Replay replay : replays) {
      rows.addObject()
          .put("case", rows.size())
          .put("base", replay.reference().base().toString())
          .put("mode", replay.reference().mode())
          .put("options", replay.reference().options())
          .put("loss_difference", replay.losses().value())
          .put("loss_step", replay.losses().step())
          .put("weight_difference", replay.weights().value())
          .put("weight_step", replay.weights().step())
          .put("ok", replay.isWithin(dtype.tolerance));
    }
    AtomicFile.write(json, mapper.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n");
  }
}
