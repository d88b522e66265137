package io.github.tfwsam.savedmodel;

import java.util.Map;
import org.tensorflow.Output;

/**
 * A function of a SavedModel, its operations in the graph.
 *
 * @param name the name that it has in the model; of a function that is no signature, what it is
 * @param inputs placeholders, by the names that the signature gives them
 * @param outputs by the names that the signature gives them; to fetch one has the side effects that
 *     a call in Python has (batch-norm averages are updated)
 * @param values the same outputs without the side effects
 */
public record Signature(
    String name,
    Map<String, Output<?>> inputs,
    Map<String, Output<?>> outputs,
    Map<String, Output<?>> values) {}
