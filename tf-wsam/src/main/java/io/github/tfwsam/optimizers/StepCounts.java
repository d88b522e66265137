package io.github.tfwsam.optimizers;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TInt64;

/** How many steps were taken, for each list of variables that one optimizer steps together. */
final class StepCounts {
  private final Ops init;
  private final Map<Set<String>, Variable<TInt64>> counts = new HashMap<>();

  StepCounts(Ops init) {
    this.init = init;
  }

  /**
   * The count of a list of variables; a new one begins with 0.
   *
   * @param variables the variables, in any order
   * @param name what a new count is called
   * @throws IllegalArgumentException if some of the variables, but not all, have a count
   */
  Variable<TInt64> of(List<? extends Output<?>> variables, String name) {
    Set<String> names = new TreeSet<>();
    variables.forEach(variable -> names.add(variable.op().name()));
    Variable<TInt64> known = counts.get(names);
    if (known != null) {
      return known;
    }
    for (String variable : names) {
      if (counts.keySet().stream().anyMatch(others -> others.contains(variable))) {
        throw new IllegalArgumentException(
            "The variable '"
                + variable
                + "' was stepped together with others before, and the optimizer counts the steps of"
                + " all that it steps together: it cannot step "
                + names
                + ". Use an optimizer of its own for each list of variables.");
      }
    }
    Variable<TInt64> count = init.withName(name).variable(Shape.scalar(), TInt64.class);
    init.assign(count, init.constant(0L));
    counts.put(names, count);
    return count;
  }
}
