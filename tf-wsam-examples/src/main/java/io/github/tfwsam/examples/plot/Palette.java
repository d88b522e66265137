package io.github.tfwsam.examples.plot;

import java.awt.Color;

/**
 * The colours of a chart's paper and ink.
 *
 * @param background the paper
 * @param ink text
 * @param rule borders and grid lines
 */
public record Palette(Color background, Color ink, Color rule) {
  /** Dark on white. */
  public static final Palette LIGHT =
      new Palette(Color.WHITE, new Color(0x24292F), new Color(0xD8DEE4));
}
