package io.github.tfwsam.examples.toy;

import io.github.tfwsam.examples.cli.AtomicFile;
import io.github.tfwsam.examples.cli.FusedOption;
import io.github.tfwsam.examples.cli.Numbers;
import io.github.tfwsam.examples.cli.TextTable;
import io.github.tfwsam.examples.plot.Charts;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import org.knowm.xchart.XYChart;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code wsam toy}: follows WSAM over the paper's loss with two minima. */
@Command(
    name = "toy",
    showDefaultValues = true,
    description = {
      "Follows WSAM over the paper's loss of two parameters, which has a sharp and a flat minimum."
    })
public final class ToyCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--gammas",
      split = ",",
      defaultValue = "0,0.5,0.9,0.95",
      converter = Numbers.Fraction.class,
      description = "The weights of the sharpness, each >= 0 and < 1. 0 is the base optimizer.")
  private Set<Double> gammas = new LinkedHashSet<>();

  @Option(
      names = "--modes",
      split = ",",
      defaultValue = "coupled,decoupled",
      description = "How the sharpness gets into the step: coupled, decoupled.")
  private Set<Mode> modes = new LinkedHashSet<>();

  @Option(
      names = "--rho",
      defaultValue = "2",
      converter = Numbers.NonNegative.class,
      description = "The length of the perturbation, >= 0.")
  private double rho;

  @Option(
      names = "--steps",
      defaultValue = "150",
      converter = Numbers.Count.class,
      description = "How many steps to take, >= 1.")
  private int steps;

  @Mixin private FusedOption fused;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "wsam-out/toy",
      description = "The folder for toy.csv and toy.png.")
  private Path out;

  /** The verb. */
  public ToyCommand() {}

  @Override
  public Integer call() throws IOException {
    AtomicFile.createFolder(out);
    List<Trajectory> trajectories = new ArrayList<>();
    for (Mode mode : modes) {
      for (double gamma : gammas) {
        trajectories.add(Trajectory.follow(mode, gamma, rho, steps, fused.choice()));
      }
    }
    AtomicFile.write(out.resolve("toy.csv"), csv(trajectories));
    XYChart plot = ToyPlot.of(trajectories);
    AtomicFile.write(out.resolve("toy.png"), stream -> Charts.writePng(plot, stream));
    print(trajectories, spec.commandLine().getOut());
    return 0;
  }

  private void print(List<Trajectory> trajectories, PrintWriter stdout) {
    var table = new TextTable(1, "mode", "gamma", "m", "s", "loss", "ended");
    for (Trajectory trajectory : trajectories) {
      Position end = trajectory.end();
      table.row(
          trajectory.mode().toString(),
          Numbers.plain(trajectory.gamma()),
          String.format(Locale.ROOT, "%.4f", end.m()),
          String.format(Locale.ROOT, "%.4f", end.s()),
          String.format(Locale.ROOT, "%.6f", end.loss()),
          Landmark.outcome(trajectory));
    }
    stdout.print(table);
    stdout.println();
    stdout.println(out.resolve("toy.csv"));
    stdout.println(out.resolve("toy.png"));
  }

  static String csv(List<Trajectory> trajectories) {
    var csv = new StringBuilder("mode,gamma,step,m,s,loss\n");
    for (Trajectory trajectory : trajectories) {
      String setting = trajectory.mode() + "," + Numbers.plain(trajectory.gamma()) + ",";
      for (int step = 0; step < trajectory.positions().size(); step++) {
        Position at = trajectory.positions().get(step);
        csv.append(setting).append(step).append(',');
        csv.append(at.m()).append(',').append(at.s()).append(',').append(at.loss()).append('\n');
      }
    }
    return csv.toString();
  }
}
