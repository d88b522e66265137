package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.plot.Charts;
import io.github.tfwsam.examples.plot.Palette;
import io.github.tfwsam.examples.report.Estimate;
import java.awt.BasicStroke;
import java.awt.Color;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Differences below one another: each with its interval, beside a line at 0. */
final class ForestPlot {
  private record Row(String label, Estimate difference) {}

  private static final int ROW_HEIGHT = 26;
  private static final Color COLOR = Charts.COLORS.get(0);
  private static final BasicStroke INTERVAL =
      new BasicStroke(2f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND);
  private static final BasicStroke ZERO =
      new BasicStroke(1.2f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND);

  private final List<Row> rows = new ArrayList<>();

  /** Adds a row below the others, with a label of its own, unless nothing is known of it. */
  void row(String label, Estimate difference) {
    if (difference.isKnown()) {
      rows.add(new Row(label, difference));
    }
  }

  /**
   * The picture; without series if there are no rows.
   *
   * @param title what the differences are
   */
  XYChart chart(String title) {
    int count = rows.size();
    XYChart chart = Charts.create(760, 90 + ROW_HEIGHT * (count + 1), title, "", Palette.LIGHT);
    if (rows.isEmpty()) {
      return chart;
    }
    chart.getStyler().setLegendVisible(false);
    chart.getStyler().setYAxisMin(0.0).setYAxisMax(count + 1.0);
    chart.getStyler().setyAxisTickLabelsFormattingFunction(this::label);
    // A point a row, and first: XChart labels what is equally spaced in the order of the series.
    double[] all = IntStream.rangeClosed(0, count + 1).asDoubleStream().toArray();
    XYSeries zero = chart.addSeries("0", new double[all.length], all);
    zero.setMarker(SeriesMarkers.NONE).setLineColor(Palette.LIGHT.ink()).setLineStyle(ZERO);
    List<Double> means = new ArrayList<>();
    List<Double> heights = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      double height = count - i;
      Estimate difference = rows.get(i).difference();
      means.add(difference.mean());
      heights.add(height);
      if (difference.hasInterval()) {
        double[] ends = {difference.low(), difference.high()};
        XYSeries interval = chart.addSeries("row " + i, ends, new double[] {height, height});
        interval.setMarker(SeriesMarkers.NONE).setLineColor(COLOR).setLineStyle(INTERVAL);
      }
    }
    XYSeries points = chart.addSeries("mean", means, heights);
    points.setXYSeriesRenderStyle(XYSeriesRenderStyle.Scatter);
    points.setMarker(SeriesMarkers.CIRCLE).setMarkerColor(COLOR);
    range(chart);
    return chart;
  }

  private void range(XYChart chart) {
    List<Double> ends = new ArrayList<>(List.of(0.0));
    for (Row row : rows) {
      Estimate difference = row.difference();
      ends.add(difference.hasInterval() ? difference.low() : difference.mean());
      ends.add(difference.hasInterval() ? difference.high() : difference.mean());
    }
    double lowest = Collections.min(ends);
    double highest = Collections.max(ends);
    double margin = 0.05 * (highest - lowest);
    if (margin > 0) {
      chart.getStyler().setXAxisMin(lowest - margin).setXAxisMax(highest + margin);
    }
  }

  /** The label at a height. XChart wants all to differ, also the blank ones at both ends. */
  private String label(double height) {
    int row = rows.size() - (int) Math.rint(height);
    return row < 0 ? " " : row < rows.size() ? rows.get(row).label() : "";
  }
}
