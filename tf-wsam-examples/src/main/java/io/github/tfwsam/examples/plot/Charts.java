package io.github.tfwsam.examples.plot;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;

/** The look that the project's charts have in common, and how they become pictures. */
public final class Charts {
  /** Colours that also colour-blind readers tell apart (Okabe and Ito 2008). */
  public static final List<Color> COLORS =
      List.of(
          new Color(0x0072B2),
          new Color(0xD55E00),
          new Color(0x009E73),
          new Color(0xCC79A7),
          new Color(0xE69F00),
          new Color(0x56B4E9));

  private static final int SCALE = 2;

  private Charts() {}

  /**
   * An empty chart.
   *
   * @param width its width in points
   * @param height its height in points
   * @param xTitle the title of the x axis
   * @param yTitle the title of the y axis
   * @param palette the colours of paper and ink
   * @return the chart
   */
  public static XYChart create(
      int width, int height, String xTitle, String yTitle, Palette palette) {
    XYChart chart =
        new XYChartBuilder()
            .width(width)
            .height(height)
            .xAxisTitle(xTitle)
            .yAxisTitle(yTitle)
            .build();
    XYStyler style = chart.getStyler();
    style.setLocale(Locale.ROOT);
    style.setBaseFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    style.setAxisTitleFont(new Font(Font.SANS_SERIF, Font.PLAIN, 14));
    style.setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    style.setLegendFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
    style.setChartTitleVisible(false);
    style.setChartPadding(12);
    style.setPlotContentSize(1);
    style.setPlotMargin(0);
    style.setLegendPosition(LegendPosition.OutsideS);
    style.setLegendLayout(LegendLayout.Horizontal);
    style.setLegendBorderColor(palette.background());
    style.setLegendBackgroundColor(palette.background());
    style.setLegendSeriesLineLength(30);
    style.setChartBackgroundColor(palette.background());
    style.setPlotBackgroundColor(palette.background());
    style.setPlotBorderColor(palette.rule());
    style.setPlotGridLinesColor(palette.rule());
    style.setPlotGridLinesStroke(new BasicStroke(0.6f));
    style.setAxisTickMarksColor(palette.rule());
    style.setChartFontColor(palette.ink());
    style.setXAxisTitleColor(palette.ink());
    style.setYAxisTitleColor(palette.ink());
    style.setXAxisTickLabelsColor(palette.ink());
    style.setYAxisTickLabelsColor(palette.ink());
    style.setAnnotationTextFont(new Font(Font.SANS_SERIF, Font.BOLD, 13));
    style.setAnnotationTextFontColor(palette.ink());
    style.setMarkerSize(7);
    return chart;
  }

  /**
   * Writes a chart as PNG, two pixels a point.
   *
   * @param chart the chart
   * @param stream where to
   * @throws IOException if it cannot be written
   */
  public static void writePng(XYChart chart, OutputStream stream) throws IOException {
    var image =
        new BufferedImage(
            SCALE * chart.getWidth(), SCALE * chart.getHeight(), BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    try {
      graphics.scale(SCALE, SCALE);
      graphics.setRenderingHint(
          RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
      chart.paint(graphics, chart.getWidth(), chart.getHeight());
    } finally {
      graphics.dispose();
    }
    if (!ImageIO.write(image, "png", stream)) {
      throw new IOException("This Java writes no PNG: its java.desktop module is incomplete.");
    }
  }
}
