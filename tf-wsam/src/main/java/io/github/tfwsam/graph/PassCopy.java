package io.github.tfwsam.graph;

import java.util.Map;
import org.tensorflow.Output;
import org.tensorflow.types.family.TNumber;

/**
 * A forward pass that was copied to be computed at other values.
 *
 * @param loss the loss of the copy
 * @param originals for outputs of the copy those of the original, which have the same shape
 *     whatever the values are
 */
public record PassCopy(Output<? extends TNumber> loss, Map<Output<?>, Output<?>> originals) {
  /**
   * Makes the map unmodifiable.
   *
   * @param loss the loss of the copy
   * @param originals for outputs of the copy those of the original
   */
  public PassCopy {
    originals = Map.copyOf(originals);
  }
}
