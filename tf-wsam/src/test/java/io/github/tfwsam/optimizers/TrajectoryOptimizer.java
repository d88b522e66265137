package io.github.tfwsam.optimizers;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.tfwsam.optimizers.GraphOptimizer.CommonOptions;
import io.github.tfwsam.schedules.CosineDecay;
import io.github.tfwsam.schedules.ExponentialDecay;
import io.github.tfwsam.schedules.PiecewiseConstantDecay;
import io.github.tfwsam.schedules.PolynomialDecay;
import io.github.tfwsam.schedules.Schedule;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.tensorflow.Graph;
import org.tensorflow.framework.optimizers.Optimizer;

/** The optimizer of a trajectory that make_trajectories.py has written: of a and b, a decays. */
final class TrajectoryOptimizer {
  private TrajectoryOptimizer() {}

  static Optimizer of(Graph graph, JsonNode trajectory) {
    Schedule rate = schedule(trajectory.get("learningRate"));
    JsonNode options = trajectory.get("options");
    return switch (trajectory.get("optimizer").textValue()) {
      case "Sgd" ->
          new Sgd(graph, rate, each(options, TrajectoryOptimizer::sgd, Sgd.Options[]::new));
      case "Adam" ->
          new Adam(graph, rate, each(options, TrajectoryOptimizer::adam, Adam.Options[]::new));
      case "AdamW" ->
          new AdamW(graph, rate, each(options, TrajectoryOptimizer::adam, Adam.Options[]::new));
      case "RmsProp" ->
          new RmsProp(
              graph, rate, each(options, TrajectoryOptimizer::rmsProp, RmsProp.Options[]::new));
      case "Adagrad" ->
          new Adagrad(
              graph, rate, each(options, TrajectoryOptimizer::adagrad, Adagrad.Options[]::new));
      default -> throw new IllegalArgumentException(trajectory.toString());
    };
  }

  /** A named number, or number of 0 and 1, and the framework's place of epsilon. */
  private record Given(String name, double value, EpsilonPlace place) {}

  private static <O> O[] each(JsonNode options, Function<Given, O> option, IntFunction<O[]> array) {
    EpsilonPlace place =
        EpsilonPlace.valueOf(options.path("epsilonPlace").asText(EpsilonPlace.PYTORCH.name()));
    List<O> all = new ArrayList<>();
    for (var entry : options.properties()) {
      if (!entry.getKey().equals("epsilonPlace")) {
        all.add(option.apply(new Given(entry.getKey(), number(entry.getValue()), place)));
      }
    }
    all.add(option.apply(new Given("decayed", 0, place)));
    return all.toArray(array);
  }

  private static double number(JsonNode value) {
    return value.isBoolean() ? value.booleanValue() ? 1 : 0 : value.doubleValue();
  }

  private static Sgd.Options sgd(Given given) {
    return switch (given.name) {
      case "momentum" -> Sgd.momentum(given.value);
      case "nesterov" -> Sgd.nesterov(given.value == 1);
      default -> common(given);
    };
  }

  private static Adam.Options adam(Given given) {
    return switch (given.name) {
      case "betaOne" -> Adam.betaOne(given.value);
      case "betaTwo" -> Adam.betaTwo(given.value);
      case "epsilon" -> Adam.epsilon(given.value, given.place);
      default -> common(given);
    };
  }

  private static RmsProp.Options rmsProp(Given given) {
    return switch (given.name) {
      case "rho" -> RmsProp.rho(given.value);
      case "momentum" -> RmsProp.momentum(given.value);
      case "centered" -> RmsProp.centered(given.value == 1);
      case "epsilon" -> RmsProp.epsilon(given.value, given.place);
      default -> common(given);
    };
  }

  private static Adagrad.Options adagrad(Given given) {
    return switch (given.name) {
      case "initialAccumulator" -> Adagrad.initialAccumulator(given.value);
      case "epsilon" -> Adagrad.epsilon(given.value, given.place);
      default -> common(given);
    };
  }

  private static CommonOptions common(Given given) {
    return switch (given.name) {
      case "weightDecay" -> Sgd.weightDecay(given.value);
      case "decoupledWeightDecay" -> Sgd.decoupledWeightDecay(given.value == 1);
      case "decayed" -> Sgd.decayed(name -> name.equals("a"));
      default -> throw new IllegalArgumentException(given.toString());
    };
  }

  private static Schedule schedule(JsonNode rate) {
    if (rate.isNumber()) {
      return Schedule.constant(rate.doubleValue());
    }
    double initial = rate.path("initialValue").doubleValue();
    long steps = rate.path("decaySteps").longValue();
    return switch (rate.get("schedule").textValue()) {
      case "CosineDecay" ->
          new CosineDecay(
              initial,
              steps,
              rate.get("alpha").doubleValue(),
              rate.path("warmupTarget").asDouble(initial),
              rate.path("warmupSteps").longValue());
      case "ExponentialDecay" ->
          new ExponentialDecay(
              initial, steps, rate.get("decayRate").doubleValue(), rate.has("staircase"));
      case "PolynomialDecay" ->
          new PolynomialDecay(
              initial,
              steps,
              rate.get("endValue").doubleValue(),
              rate.get("power").doubleValue(),
              rate.has("cycle"));
      case "PiecewiseConstantDecay" -> {
        List<Long> boundaries = new ArrayList<>();
        List<Double> values = new ArrayList<>();
        rate.get("boundaries").forEach(boundary -> boundaries.add(boundary.longValue()));
        rate.get("values").forEach(value -> values.add(value.doubleValue()));
        yield new PiecewiseConstantDecay(boundaries, values);
      }
      default -> throw new IllegalArgumentException(rate.toString());
    };
  }
}
