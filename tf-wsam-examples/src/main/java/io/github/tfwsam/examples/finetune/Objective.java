package io.github.tfwsam.examples.finetune;

import io.github.tfwsam.examples.data.DataSet;
import io.github.tfwsam.examples.data.InputSpec;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Session;
import org.tensorflow.types.family.TNumber;

/**
 * A loss of a batch of examples.
 *
 * @param loss the loss, a scalar
 * @param placeholders what is fed, by the names in the files
 * @param inputs what the files must hold of them
 */
record Objective(
    Operand<? extends TNumber> loss, Map<String, Output<?>> placeholders, List<InputSpec> inputs) {

  Session.Runner feed(Session.Runner runner, DataSet.Batch batch) {
    placeholders.forEach((name, placeholder) -> runner.feed(placeholder, batch.get(name)));
    return runner;
  }

  /** The only number of examples that a batch can have; empty if any will do. */
  OptionalLong fixedBatch() {
    return inputs.stream()
        .map(InputSpec::fixedBatch)
        .filter(OptionalLong::isPresent)
        .findFirst()
        .orElse(OptionalLong.empty());
  }
}
