package io.github.tfwsam.examples.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tfwsam.Wsam;
import io.github.tfwsam.examples.cli.AtomicFile;
import io.github.tfwsam.examples.cli.FusedOption;
import io.github.tfwsam.examples.cli.Numbers;
import io.github.tfwsam.examples.cli.Progress;
import io.github.tfwsam.examples.profile.ProfileOption;
import io.github.tfwsam.examples.profile.StepProfiler;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code wsam bench step}: a training step, by the base optimizer, by SAM or by WSAM. */
@Command(
    name = "step",
    showDefaultValues = true,
    description = {
      "Times training steps on random batches, in float32 by the framework's Momentum: alone (base),"
          + " in SAM (coupled, gamma 0.5) or in WSAM (decoupled, gamma 0.9). Each step feeds another"
          + " batch. The time of a step is from handing over its batch until its update is done and its loss is known."
    })
public final class StepCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--model",
      paramLabel = "NAME",
      required = true,
      description = "The network: ${COMPLETION-CANDIDATES}.")
  private StepModel model;

  @Option(
      names = "--batch",
      paramLabel = "N",
      required = true,
      converter = Numbers.Count.class,
      description = "How many examples a step is taken on, >= 1.")
  private int batch;

  @Option(
      names = "--optimizer",
      paramLabel = "NAME",
      required = true,
      description = "What takes the steps: ${COMPLETION-CANDIDATES}.")
  private StepOptimizer optimizer;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "20",
      converter = Numbers.Count.class,
      description = "How many steps are timed, >= 1.")
  private int steps;

  @Option(
      names = "--warmup",
      paramLabel = "N",
      defaultValue = "5",
      converter = Numbers.CountFromZero.class,
      description = "How many steps are taken before, >= 0.")
  private int warmUp;

  @Option(
      names = "--every",
      paramLabel = "K",
      defaultValue = "1",
      converter = Numbers.Count.class,
      description = "SAM and WSAM perturb each K-th step, and take plain ones between, >= 1.")
  private int every;

  @Option(
      names = "--threads",
      paramLabel = "N",
      converter = Numbers.Count.class,
      description =
          "How many threads TensorFlow works with, >= 1; as many as there are cores, if not"
              + " given.")
  private Integer threads;

  @Mixin private FusedOption fused;

  @Mixin private ProfileOption profile;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Where to write the results to, as JSON.")
  private Path json;

  /** Makes a command for the command line to fill in. */
  public StepCommand() {}

  @Override
  public Integer call() throws IOException {
    if (json != null) {
      AtomicFile.createFolder(json.toAbsolutePath().getParent());
    }
    profile.createFolder();
    requireSecondPass();
    int used = threads != null ? threads : Runtime.getRuntime().availableProcessors();
    Wsam.Options[] options = {Wsam.fused(fused.choice()), Wsam.every(every)};
    double[] milliseconds = new double[steps];
    PrintWriter out = spec.commandLine().getOut();
    long parameters;
    double peak;
    StepProfiler profiler;
    try (var benchmark =
            StepBenchmark.of(model.network(), batch, graph -> optimizer.in(graph, options), used);
        var progress = new Progress("bench step", warmUp + steps, spec.commandLine().getErr())) {
      parameters = benchmark.parameters();
      for (int i = 0; i < warmUp; i++) {
        progress.step(told(benchmark.step()));
      }
      for (int i = 0; i < steps; i++) {
        milliseconds[i] = benchmark.step();
        progress.step(told(milliseconds[i]));
      }
      peak = PeakMemory.megabytes();
      profiler = trace(benchmark);
    }
    var times = StepTimes.of(milliseconds);
    boolean isFused = optimizer != StepOptimizer.BASE && fused.isNative();
    out.printf(
        Locale.ROOT,
        "%s, batch %d, %s%s%s, %d threads, %,d parameters: a step in %.3f ms (median of %d; mean"
            + " %.3f, min %.3f, p90 %.3f), peak memory %.0f MB%n",
        model,
        batch,
        optimizer,
        every > 1 ? " every " + every : "",
        isFused ? " (fused ops)" : "",
        used,
        parameters,
        times.median(),
        steps,
        times.mean(),
        times.min(),
        times.p90(),
        peak);
    profiler.print(out);
    if (json != null) {
      write(used, isFused, parameters, times, peak);
    }
    return 0;
  }

  private void requireSecondPass() {
    if (every > 1 && optimizer == StepOptimizer.BASE) {
      throw new ParameterException(
          spec.commandLine(), "--every needs steps with a second pass: --optimizer sam or wsam");
    }
  }

  private static String told(double milliseconds) {
    return String.format(Locale.ROOT, "%.1f ms", milliseconds);
  }

  /** Traces, if that was asked for, the next perturbed step after those that were timed. */
  private StepProfiler trace(StepBenchmark benchmark) throws IOException {
    int taken = warmUp + steps;
    long number = (taken + every - 1L) / every * every + 1;
    StepProfiler profiler = profile.profiler(benchmark.graph(), number, number);
    if (profiler.isTracing()) {
      for (long i = taken + 1L; i < number; i++) {
        benchmark.step();
      }
      benchmark.profile(profiler, number);
    }
    return profiler;
  }

  private void write(int used, boolean isFused, long parameters, StepTimes times, double peak)
      throws IOException {
    var mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode();
    root.put("model", model.toString())
        .put("batch", batch)
        .put("optimizer", optimizer.toString())
        .put("fused", isFused)
        .put("threads", used)
        .put("trainable_parameters", parameters);
    root.putObject("step_ms")
        .put("min", times.min())
        .put("median", times.median())
        .put("p90", times.p90());
    root.put("peak_rss_mb", peak);
    AtomicFile.write(json, mapper.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n");
  }
}
