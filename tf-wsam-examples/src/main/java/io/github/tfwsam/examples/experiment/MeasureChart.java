package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.plot.Charts;
import io.github.tfwsam.examples.plot.Palette;
import io.github.tfwsam.examples.report.Estimate;
import java.awt.BasicStroke;
import java.awt.Color;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** A measure's mean and deviation along an axis, with each run as a faint dot behind. */
final class MeasureChart {
  /**
   * A setting in the chart.
   *
   * @param x where
   * @param results its runs
   */
  record Point(double x, Results results) {}

  /** Of two charts beside one another. */
  static final int HALF = 510;

  private static final BasicStroke MEAN =
      new BasicStroke(2.2f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND);
  private static final int FAINT = 90;

  /** Of the axes, beyond what is drawn. */
  private static final double MARGIN = 0.06;

  private final String xTitle;
  private final Measure measure;
  private final XYChart chart;
  private double first = Double.POSITIVE_INFINITY;
  private double last = Double.NEGATIVE_INFINITY;
  private double lowest = Double.POSITIVE_INFINITY;
  private double highest = Double.NEGATIVE_INFINITY;

  /**
   * A chart without lines.
   *
   * @param xTitle what the axis is
   * @param measure what is drawn along it
   * @param width in points
   */
  MeasureChart(String xTitle, Measure measure, int width) {
    this.xTitle = xTitle;
    this.measure = measure;
    chart = Charts.create(width, 330, xTitle, measure.title(), Palette.LIGHT);
    chart.getStyler().setErrorBarsColorSeriesColor(true);
    chart.getStyler().setDecimalPattern("0.######");
  }

  /** Adds a line, in the next colour; points of which no run is done are left out. */
  void line(String name, List<Point> points) {
    Color color = Charts.COLORS.get(lines() % Charts.COLORS.size());
    List<Double> x = new ArrayList<>();
    List<Double> means = new ArrayList<>();
    List<Double> deviations = new ArrayList<>();
    List<Double> runsX = new ArrayList<>();
    List<Double> runs = new ArrayList<>();
    for (Point point : points) {
      Estimate estimate = measure.of(point.results());
      if (estimate.isKnown() && Double.isFinite(point.x())) {
        x.add(point.x());
        means.add(estimate.mean());
        deviations.add(estimate.deviation());
        first = Math.min(first, point.x());
        last = Math.max(last, point.x());
        cover(estimate.mean() - estimate.deviation());
        cover(estimate.mean() + estimate.deviation());
        for (double value : measure.values(point.results())) {
          if (Double.isFinite(value)) {
            runsX.add(point.x());
            runs.add(value);
            cover(value);
          }
        }
      }
    }
    if (x.isEmpty()) {
      return;
    }
    XYSeries dots = chart.addSeries(name + " runs", runsX, runs);
    dots.setXYSeriesRenderStyle(XYSeriesRenderStyle.Scatter);
    dots.setMarker(SeriesMarkers.CIRCLE)
        .setMarkerColor(new Color(color.getRed(), color.getGreen(), color.getBlue(), FAINT));
    dots.setShowInLegend(false);
    XYSeries line = chart.addSeries(name, x, means, deviations);
    line.setMarker(SeriesMarkers.DIAMOND).setMarkerColor(color);
    line.setLineStyle(MEAN).setLineColor(color);
  }

  private int lines() {
    return chart.getSeriesMap().size() / 2;
  }

  private void cover(double y) {
    lowest = Math.min(lowest, y);
    highest = Math.max(highest, y);
  }

  /**
   * Adds the picture to a report; nothing if it has no line.
   *
   * @param report where to
   * @param task whose results it shows
   * @param note what else the caption says
   */
  void addTo(Report report, String task, String note) {
    double margin = MARGIN * (highest - lowest);
    if (margin > 0) {
      chart.getStyler().setYAxisMin(lowest - margin).setYAxisMax(highest + margin);
    }
    double xMargin = MARGIN * (last - first);
    if (xMargin > 0) {
      chart.getStyler().setXAxisMin(first - xMargin).setXAxisMax(last + xMargin);
    }
    report.picture(
        measure.name().toLowerCase(Locale.ROOT).replace('_', '-') + "-" + task,
        chart,
        String.format(
            "%s: %s by %s. A faint dot is a run, a mark the mean of runs, a bar the deviation.%s",
            task, measure.label, xTitle, note));
  }
}
