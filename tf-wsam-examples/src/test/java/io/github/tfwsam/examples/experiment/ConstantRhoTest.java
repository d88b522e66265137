package io.github.tfwsam.examples.experiment;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.tfwsam.examples.tasks.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConstantRhoTest {
  private static final Experiment EXPERIMENT = new ConstantRho();
  private static final Runner RUNNER = EXPERIMENT.runner(new DataSets(null));

  @TempDir private Path folder;

  private static List<Setting> grid(Integer epochs, Integer subset) {
    return EXPERIMENT.settings(new Scale(false, List.of(), epochs, subset, null));
  }

  /** Of each problem the base alone, and both schedules of one method. */
  private static List<Setting> smallGrid() {
    return grid(1, 64).stream()
        .filter(s -> !s.get("rho").equals("0.2") && !s.get("gamma").startsWith("0.9"))
        .toList();
  }

  private static Setting base(String problem, int epochs, int subset) {
    return grid(epochs, subset).stream()
        .filter(s -> s.get("problem").equals(problem) && s.get("gamma").equals("0"))
        .findFirst()
        .orElseThrow();
  }

  private static Setting convex(String schedule, double rho) {
    return Method.SAM.in(base("convex", 80, 100).with("rho_schedule", schedule, "rho", rho));
  }

  private Run run(Setting setting, long seed) throws IOException {
    return RUNNER.run(setting, seed, folder.resolve(setting + "-" + seed));
  }

  @Test
  void eachProblemHasEachScheduleAndTheBaseAlone() {
    List<Setting> settings = grid(null, null);
    for (String problem : List.of("convex", "toy", "digits")) {
      List<Setting> own = settings.stream().filter(s -> s.get("problem").equals(problem)).toList();
      assertThat(own.stream().filter(s -> s.get("gamma").equals("0")).count()).isEqualTo(1);
      for (Setting setting : own) {
        assertThat(setting.values().keySet()).isEqualTo(settings.get(0).values().keySet());
        if (setting.get("rho_schedule").equals("inverse_root")) {
          assertThat(own).contains(setting.with("rho_schedule", "constant"));
        }
      }
    }
    assertThat(settings).containsNoDuplicates();
    assertThat(base("digits", 3, 100).get("steps")).isEqualTo("9");
    assertThat(base("digits", 3, 20).get("batch")).isEqualTo("20");
    assertThat(base("convex", 3, 100).get("steps")).isEqualTo("150");
  }

  @Test
  void constantRhoHasAFloorThatShrinksWithItAndDecreasingRhoHasNone() throws IOException {
    Run plain = run(base("convex", 80, 100), 1);
    Run constant = run(convex("constant", 0.05), 1);
    Run smaller = run(convex("constant", 0.0125), 1);
    Run decreasing = run(convex("inverse_root", 0.05), 1);

    assertThat(plain.measure(DescentRunner.GRADIENT_NORM)).isLessThan(1e-8);
    assertThat(constant.measure(DescentRunner.GRADIENT_NORM)).isGreaterThan(1e-3);
    assertThat(constant.measure(DescentRunner.SLOPE)).isWithin(0.1).of(0);
    assertThat(smaller.measure(DescentRunner.SLOPE)).isWithin(0.1).of(0);
    double floors = constant.measure(DescentRunner.TAIL) / smaller.measure(DescentRunner.TAIL);
    assertThat(floors).isGreaterThan(2.5);
    assertThat(floors).isLessThan(6);
    assertThat(decreasing.measure(DescentRunner.SLOPE)).isWithin(0.1).of(-0.5);
    assertThat(decreasing.measure(DescentRunner.TAIL))
        .isLessThan(constant.measure(DescentRunner.TAIL) / 20);
    for (Run run : List.of(plain, constant, smaller, decreasing)) {
      assertThat(run.status()).isEqualTo(Run.Status.DONE);
      assertThat(run.measure(Run.TEST_ACCURACY)).isGreaterThan(0.8);
      assertThat(run.measure(Run.SHARPNESS)).isGreaterThan(0.0);
      assertThat(run.measure(Run.HESSIAN_TOP)).isGreaterThan(0.01);
    }
  }

  @Test
  void theSameSeedGivesTheSameBitsWhateverRunsBesideIt() throws Exception {
    List<Callable<String>> runs = new ArrayList<>();
    for (Setting setting : smallGrid()) {
      for (String copy : List.of("a", "b")) {
        runs.add(
            () -> {
              Path own = folder.resolve(copy + setting);
              Map<String, Double> measures =
                  new LinkedHashMap<>(RUNNER.run(setting, 7, own).measures());
              measures.remove(Run.SECONDS);
              return measures + Files.readString(own.resolve(GradientCurves.FILE));
            });
      }
    }
    ExecutorService threads = Executors.newFixedThreadPool(2);
    List<String> outcomes = new ArrayList<>();
    for (Future<String> outcome : threads.invokeAll(runs)) {
      outcomes.add(outcome.get());
    }
    threads.shutdown();
    for (int i = 0; i < outcomes.size(); i += 2) {
      assertThat(outcomes.get(i + 1)).isEqualTo(outcomes.get(i));
      assertThat(outcomes.get(i)).contains("grad_norm_tail");
    }
    for (String problem : List.of("convex", "toy", "digits")) {
      Setting setting = base(problem, 1, 64);
      assertThat(run(setting, 1).measure(Run.TRAIN_LOSS))
          .isNotEqualTo(run(setting, 2).measure(Run.TRAIN_LOSS));
    }
  }

  @Test
  void theToyTellsWhereItEnded() throws IOException {
    Run sharp = run(base("toy", 10, 64), 1);
    assertThat(sharp.measure(ToyProblem.M)).isWithin(0.1).of(-16.8);
    assertThat(sharp.measure(ToyProblem.S)).isWithin(0.1).of(12.8);
    assertThat(sharp.measure(Run.HESSIAN_TOP)).isWithin(1e-5).of(0.00487);
    assertThat(sharp.measure(Run.TEST_ACCURACY)).isNaN();
  }

  @Test
  void aRunThatLeavesTheLossesDomainDiverged() throws IOException {
    Setting setting = base("toy", 1, 64).with("lr", 1e9);
    Run run = run(setting, 1);
    assertThat(run.status()).isEqualTo(Run.Status.DIVERGED);
    assertThat(run.measures().keySet()).containsExactly(Run.SECONDS);
    Report report = report(List.of(run));
    assertThat(String.join("\n", report.findings()))
        .contains("base alone: diverged and left out: 1; no run is done.");
    Run noBetterThanGuessing = run(base("convex", 2, 64).with("lr", 50), 1);
    assertThat(noBetterThanGuessing.status()).isEqualTo(Run.Status.DIVERGED);
  }

  private Report report(List<Run> runs) throws IOException {
    var report = new Report("constant-rho", EXPERIMENT.question());
    EXPERIMENT.report(new Results(runs), folder, report);
    report.write(folder, "command");
    return report;
  }

  @Test
  void theReportNeedsNoRunsFoldersOnceItsCurvesAreJoined() throws IOException {
    List<Run> runs = new ArrayList<>();
    for (Setting setting : smallGrid()) {
      if (!setting.get("problem").equals("digits")) {
        runs.add(RUNNER.run(setting, 1, folder.resolve("runs/" + setting + "/seed-1")));
      }
    }
    String told = report(runs).text();
    Path joined = folder.resolve(GradientCurves.FILE);
    String curves = Files.readString(joined);
    byte[] picture = Files.readAllBytes(folder.resolve("gradient-norm-convex.png"));
    assertThat(curves.lines().count()).isGreaterThan(10L * runs.size());

    Files.move(folder.resolve("runs"), folder.resolve("elsewhere"));
    assertThat(report(runs).text()).isEqualTo(told);
    assertThat(Files.readString(joined)).isEqualTo(curves);
    assertThat(Files.readAllBytes(folder.resolve("gradient-norm-convex.png"))).isEqualTo(picture);

    Files.delete(joined);
    assertThat(report(runs).text()).isEqualTo(told);
    assertThat(Files.readString(folder.resolve("report.html"))).contains("No picture");

    Files.writeString(joined, "problem,seed,step,grad_norm,loss\nconvex,1,2,x,3\n");
    assertThat(assertThrows(IOException.class, () -> report(runs)))
        .hasMessageThat()
        .contains(joined + ": is damaged");
  }

  /** Results in which the exponent, and the norm, are those of a function. */
  private static List<Run> madeUp(ToDoubleFunction<Setting> slope, ToDoubleFunction<Setting> norm) {
    List<Run> runs = new ArrayList<>();
    for (long seed = 1; seed <= 3; seed++) {
      for (Setting setting : grid(1, 64)) {
        Map<String, Double> measures =
            Map.of(
                DescentRunner.SLOPE,
                slope.applyAsDouble(setting) + 0.001 * seed,
                DescentRunner.TAIL,
                norm.applyAsDouble(setting) * (1 + 0.01 * seed));
        runs.add(new Run(setting, seed, measures, Run.Status.DONE));
      }
    }
    return runs;
  }

  private static boolean isConstant(Setting setting) {
    return setting.number("rho") > 0 && setting.get("rho_schedule").equals("constant");
  }

  @Test
  void findingsFollowTheNumbersWhicheverWay() throws IOException {
    String floors =
        String.join(
            "\n",
            report(
                    madeUp(
                        s -> isConstant(s) ? 0 : -0.5,
                        s -> isConstant(s) ? s.number("rho") : s.number("rho") > 0 ? 1e-3 : 1e-15))
                .findings());
    assertThat(floors).contains("Constant rho: the norm levels off in: convex, SAM, rho 0.05;");
    assertThat(floors).contains("rho / √t: the norm goes on falling in: convex, SAM, rho 0.05;");
    assertThat(floors).contains("convex, base alone: the norm falls to what rounding leaves");
    assertThat(floors)
        .contains(
            "convex, SAM, rho 0.05: the norm levels off (exponent 0.00, 95 % interval 0.00 to 0.00, 3"
                + " seeds), 5.10e-02 over the last tenth: a floor of rho's own, for the base has"
                + " none.");
    assertThat(floors)
        .contains("it is 4.00 times (95 % interval 4.00 to 4.00) that with rho 0.05.");
    assertThat(floors).contains("where rho is constant, it is 50 times");

    String falls =
        String.join("\n", report(madeUp(s -> isConstant(s) ? -0.5 : 0, s -> 1e-3)).findings());
    assertThat(falls).contains("Constant rho: the norm goes on falling in: convex, SAM, rho 0.05;");
    assertThat(falls).contains("rho / √t: the norm levels off in: convex, SAM, rho 0.05;");
    assertThat(falls).doesNotContain("floor of rho's own");

    String rises = String.join("\n", report(madeUp(s -> 0.5, s -> 1e-3)).findings());
    assertThat(rises).contains("Constant rho: the norm rises in: convex, SAM, rho 0.05;");
    assertThat(rises).doesNotContain("floor");

    String noise = String.join("\n", report(madeUp(s -> 0, s -> 1e-3)).findings());
    assertThat(noise).contains("1.00 times (95 % interval 1.00 to 1.00) the base's: a floor that");
    assertThat(noise).contains("cannot be told from the base's");
  }

  @Test
  void anExponentThatTheSeedsDoNotAgreeOnIsNoFinding() throws IOException {
    List<Run> runs = new ArrayList<>();
    for (Run run : madeUp(s -> -0.25, s -> 1e-3)) {
      Map<String, Double> measures = new LinkedHashMap<>(run.measures());
      measures.put(DescentRunner.SLOPE, -0.3 * run.seed() + 0.3);
      runs.add(new Run(run.setting(), run.seed(), measures, run.status()));
    }
    assertThat(report(runs).findings().get(0))
        .startsWith("Constant rho: the norm neither clearly levels off nor clearly falls in:");
  }

  @Test
  void whereThereIsNoExponentNoneIsTold() throws IOException {
    assertThat(String.join("\n", report(madeUp(s -> Double.NaN, s -> 1e-3)).findings()))
        .contains(
            "convex, SAM, rho 0.05: the norm has too few points to tell (no exponent), 1.02e-03");
  }

  @Test
  void theExponentIsThatOfThePower() {
    List<GradientCurve.Point> points =
        GradientCurve.measuredSteps(5000).stream()
            .map(t -> new GradientCurve.Point(t, t < 2000 ? 1 : 3 / Math.sqrt(t), 1))
            .toList();
    var curve = new GradientCurve(Setting.of(), 1, points);
    assertThat(curve.slope()).isWithin(1e-9).of(-0.5);
    assertThat(curve.tail()).isWithin(1e-4).of(3 / Math.sqrt(4750));
    List<GradientCurve.Point> thinned = curve.thinned(5000).points();
    assertThat(points).containsAtLeastElementsIn(thinned).inOrder();
    assertThat(thinned.size()).isLessThan(110);
    assertThat(thinned.get(0).step()).isEqualTo(0);
    assertThat(thinned.get(thinned.size() - 1).step()).isEqualTo(5000);
  }

  @ParameterizedTest
  @CsvSource({"problem, hill", "rho_schedule, cosine", "base, adam", "subset, 1298"})
  void aSettingThatCannotBeRunIsRefused(String column, String value) {
    Setting setting = base("convex", 1, 64).with(column, value);
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> run(setting, 1));
    assertWithMessage(column).that(refusal).hasMessageThat().contains(value);
  }

  @Test
  void otherTasksAndTooManyStepsAreRefused() {
    var cifar = new Scale(true, List.of(Task.CIFAR10), null, null, null);
    assertThat(assertThrows(IllegalArgumentException.class, () -> EXPERIMENT.settings(cifar)))
        .hasMessageThat()
        .contains("leave out --task");
    assertThat(assertThrows(IllegalArgumentException.class, () -> grid(Integer.MAX_VALUE, null)))
        .hasMessageThat()
        .contains("too many steps");
  }
}
