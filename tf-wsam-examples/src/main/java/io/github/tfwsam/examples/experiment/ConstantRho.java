package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.tasks.Task;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Whether the gradient's norm goes to 0 where rho stays. Each problem is minimized by the base
 * optimizer alone, by SAM and by WSAM, with a constant learning rate, and with rho constant or
 * falling as 1 / sqrt(t).
 *
 * <p>An epoch, where there are no batches, is {@value #STEPS} steps.
 */
final class ConstantRho implements Experiment {
  private static final int EPOCHS = 400;
  private static final int STEPS = 50;
  private static final int EXAMPLES = 1297;
  private static final int BATCH = 32;

  /** The paper's: coupled, its trajectory on the toy goes to the flat minimum. */
  private static final Method TOY_WSAM = new Method("WSAM", 0.95, true);

  @Override
  public String question() {
    return "Does training converge where rho is constant?";
  }

  @Override
  public List<Setting> settings(Scale scale) {
    if (scale.recipe() != null || !scale.tasks().stream().allMatch(Task.DIGITS::equals)) {
      throw new IllegalArgumentException(
          "constant-rho is on digits and on problems of its own: leave out --task and --recipe");
    }
    int epochs = scale.epochs() == null ? EPOCHS : scale.epochs();
    int examples = scale.subset() == null ? EXAMPLES : scale.subset();
    int batch = Math.min(BATCH, examples);
    int steps = steps(epochs, STEPS);
    int batches = steps(epochs, examples / batch);
    List<Setting> settings = new ArrayList<>();
    Setting convex = setting(Problem.Name.CONVEX, examples, examples, steps, "sgd", 0.5);
    settings.addAll(grid(convex, Problem.Name.CONVEX.rho(), Method.SAM, Method.WSAM));
    for (Method method : List.of(Method.SAM, Method.WSAM)) {
      settings.add(method.in(convex.with("rho", 4 * Problem.Name.CONVEX.rho())));
    }
    settings.addAll(
        grid(
            setting(Problem.Name.TOY, 0, 0, steps, "momentum", 5),
            Problem.Name.TOY.rho(),
            Method.SAM,
            Method.WSAM,
            TOY_WSAM));
    settings.addAll(
        grid(
            setting(Problem.Name.DIGITS, examples, batch, batches, "sgd", 0.1),
            Problem.Name.DIGITS.rho(),
            Method.SAM,
            Method.WSAM));
    return settings;
  }

  private static int steps(int epochs, int perEpoch) {
    if ((long) epochs * perEpoch > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("--epochs " + epochs + ": are too many steps; give fewer");
    }
    return epochs * perEpoch;
  }

  /** The base optimizer alone. */
  private static Setting setting(
      Problem.Name problem, int subset, int batch, int steps, String base, double lr) {
    return Setting.of(
        "problem",
        problem,
        "subset",
        subset,
        "batch",
        batch,
        "steps",
        steps,
        "base",
        base,
        "lr",
        lr,
        "rho_schedule",
        RhoSchedule.CONSTANT,
        "rho",
        0,
        "gamma",
        0,
        "coupled",
        false);
  }

  private static List<Setting> grid(Setting setting, double rho, Method... methods) {
    List<Setting> settings = new ArrayList<>();
    settings.add(Method.BASE.in(setting));
    for (Method method : methods) {
      for (RhoSchedule schedule : RhoSchedule.values()) {
        settings.add(method.in(setting.with("rho_schedule", schedule, "rho", rho)));
      }
    }
    return settings;
  }

  @Override
  public Runner runner(DataSets data) {
    return new DescentRunner(data);
  }

  @Override
  public List<String> furtherMeasures() {
    return List.of(
        DescentRunner.GRADIENT_NORM,
        DescentRunner.TAIL,
        DescentRunner.SLOPE,
        ToyProblem.M,
        ToyProblem.S);
  }

  @Override
  public void report(Results results, Path folder, Report report) throws IOException {
    report.text(
        "Exponent: p of the power t^p of the steps t that fits the norm best over the last half of"
            + " the steps. 0 is a floor; above -1/4 it counts as one. On a quadratic loss, steps of"
            + " gradient descent with a constant rho end in a swing across the minimum, and the norm"
            + " at its ends is proportional to rho; with rho / √t it falls with rho, as t^(-1/2)."
            + " The norm is that of the gradient at w, not at w + e, of the loss over all training"
            + " examples. The learning rate is constant. Sharpness: by five steps of ascent, at the"
            + " same rho for all runs of a problem. Mean ± standard deviation over the runs that are"
            + " done. A run has diverged if something was not finite, or, but for the toy, if its"
            + " loss ended neither below its start nor below that of guessing.");
    List<GradientCurve> curves = GradientCurves.join(folder, results.runs());
    List<NormReport> problems =
        Arrays.stream(Problem.Name.values())
            .filter(problem -> !results.where("problem", problem).runs().isEmpty())
            .map(problem -> new NormReport(problem, results))
            .toList();
    report.finding("Constant rho: " + NormReport.verdicts(problems, true));
    report.finding("rho / √t: " + NormReport.verdicts(problems, false));
    problems.forEach(problem -> problem.tell(curves, report));
  }
}
