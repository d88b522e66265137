package io.github.tfwsam;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TNumber;

/**
 * What {@code computeGradients} leaves for the {@code applyGradients} that follows it.
 *
 * @param tf the name scope of the step
 * @param gradients for each variable's handle the gradient that the base optimizer is to step with
 * @param alpha gamma / (1 - gamma)
 * @param differences for each variable's handle g2 - g1; empty if no decoupled step follows
 * @param reading all that reads a variable, so all that is done before one is written
 * @param skipping how the step is skipped if it is not finite; empty if it is taken all the same
 * @param metrics what can be fetched
 */
record StepGradients(
    Ops tf,
    Map<Output<?>, Output<?>> gradients,
    Operand<? extends TNumber> alpha,
    Map<Output<?>, Output<?>> differences,
    List<Operation> reading,
    Optional<Skipping> skipping,
    StepMetrics metrics) {}
