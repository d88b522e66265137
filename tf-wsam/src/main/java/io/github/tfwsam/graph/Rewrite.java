package io.github.tfwsam.graph;

import java.util.List;
import org.tensorflow.Output;

/** Puts other operations in the place of one. */
@FunctionalInterface
interface Rewrite {
  /**
   * Builds the replacement.
   *
   * @param replacement what is replaced, and what feeds the replacement
   * @return what stands for each output of the replaced; at least one
   */
  List<Output<?>> apply(Replacement replacement);
}
