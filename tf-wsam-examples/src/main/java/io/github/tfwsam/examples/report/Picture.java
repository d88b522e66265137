package io.github.tfwsam.examples.report;

import io.github.tfwsam.examples.plot.Charts;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Base64;
import org.knowm.xchart.XYChart;

/** A chart as PNG, with its caption. */
public final class Picture {
  private final byte[] png;
  private final int width;
  private final String caption;

  private Picture(byte[] png, int width, String caption) {
    this.png = png;
    this.width = width;
    this.caption = caption;
  }

  /**
   * Draws a chart.
   *
   * @param chart the chart, with at least one series
   * @param caption what it shows
   * @return the picture
   * @throws IOException if this Java writes no PNG
   */
  public static Picture of(XYChart chart, String caption) throws IOException {
    var png = new ByteArrayOutputStream();
    Charts.writePng(chart, png);
    return new Picture(png.toByteArray(), chart.getWidth(), caption);
  }

  /**
   * The file.
   *
   * @return a copy of its bytes
   */
  public byte[] png() {
    return png.clone();
  }

  String html() {
    String text = Html.escaped(caption);
    return String.format(
        "<figure style=\"max-width: %dpx\"><img width=\"%d\" alt=\"%s\" src=\"data:image/png;base64,%s\">"
            + "<figcaption>%s</figcaption></figure>\n",
        width, width, text, Base64.getEncoder().encodeToString(png), text);
  }
}
