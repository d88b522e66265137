package io.github.tfwsam.graph;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.core.Gather;
import org.tensorflow.types.family.TNumber;
import org.tensorflow.types.family.TType;

/**
 * What is put in the place of an operation that TensorFlow differentiates wrongly, or whose read of
 * a variable cannot be replaced: the cases of {@link GradientRules} that other ops compute as well.
 */
final class RewriteRules {
  /** Builds the replacement; its outputs stand for the outputs of the replaced. */
  interface Rewrite extends Function<Replacement, List<Output<?>>> {}

  /**
   * A configuration of some ops that is rewritten.
   *
   * @param types the op types
   * @param applies tells the configuration
   * @param rewrite what is done about it
   */
  record Rule(Set<String> types, Predicate<Application> applies, Rewrite rewrite) {}

  private static final List<Rule> RULES =
      List.of(
          new Rule(Set.of("ResourceGather"), a -> true, RewriteRules::readAndGather),
          new Rule(Set.of("ResourceGatherNd"), a -> true, RewriteRules::readAndGatherNd));

  private static final Map<String, List<Rule>> BY_TYPE =
      RULES.stream()
          .flatMap(rule -> rule.types().stream().map(type -> Map.entry(type, rule)))
          .collect(
              Collectors.groupingBy(
                  Map.Entry::getKey,
                  Collectors.mapping(Map.Entry::getValue, Collectors.toUnmodifiableList())));

  private RewriteRules() {}

  static Optional<Rule> of(Application application) {
    return BY_TYPE.getOrDefault(application.type(), List.of()).stream()
        .filter(rule -> rule.applies().test(application))
        .findFirst();
  }

  private static <T extends TType, N extends TNumber> List<Output<?>> readAndGather(Replacement r) {
    Operand<N> indices = r.input(1);
    long batchDims = r.application().integer("batch_dims");
    Operand<T> gathered =
        r.tf()
            .gather(
                RewriteRules.<T>read(r),
                indices,
                r.tf().constant((int) batchDims),
                Gather.batchDims(batchDims));
    return List.of(gathered.asOutput());
  }

  private static <T extends TType, N extends TNumber> List<Output<?>> readAndGatherNd(
      Replacement r) {
    Operand<N> indices = r.input(1);
    return List.of(r.tf().gatherNd(RewriteRules.<T>read(r), indices).asOutput());
  }

  /** All of the variable, as one more read of it. */
  private static <T extends TType> Operand<T> read(Replacement r) {
    return r.tf().readVariableOp(r.input(0), r.type("dtype"));
  }
}
