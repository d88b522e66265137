package io.github.tfwsam.examples.train;

import io.github.tfwsam.examples.plot.Charts;
import io.github.tfwsam.examples.plot.Palette;
import java.awt.BasicStroke;
import java.awt.Color;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.YAxisPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Loss and accuracy over the epochs of a run. */
final class TrainingCurves {
  private static final BasicStroke LINE =
      new BasicStroke(2, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND);
  private static final BasicStroke DASHED =
      new BasicStroke(2, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND, 1, new float[] {6, 6}, 0);

  private TrainingCurves() {}

  /**
   * Draws the curves: the losses by the left axis, the accuracy by the right one.
   *
   * @param epochs at least one
   */
  static XYChart of(List<EpochMetrics> epochs) {
    XYChart chart = Charts.create(900, 420, "epoch", "cross entropy", Palette.LIGHT);
    add(chart, "training loss", epochs, EpochMetrics::trainLoss, 0, LINE);
    add(chart, "test loss", epochs, e -> e.measures().testLoss(), 1, LINE);
    add(chart, "test accuracy", epochs, e -> 100 * e.measures().testAccuracy(), 2, DASHED)
        .setYAxisGroup(1);
    chart.setYAxisGroupTitle(1, "accuracy %");
    chart.getStyler().setYAxisGroupPosition(1, YAxisPosition.Right);
    chart.getStyler().setYAxisMin(0, 0.0);
    chart.getStyler().setXAxisDecimalPattern("0");
    return chart;
  }

  private static XYSeries add(
      XYChart chart,
      String name,
      List<EpochMetrics> epochs,
      ToDoubleFunction<EpochMetrics> value,
      int color,
      BasicStroke stroke) {
    XYSeries series =
        chart.addSeries(
            name,
            epochs.stream().mapToDouble(EpochMetrics::epoch).toArray(),
            epochs.stream().mapToDouble(value).toArray());
    Color ink = Charts.COLORS.get(color);
    series.setLineColor(ink).setLineStyle(stroke);
    series
        .setMarkerColor(ink)
        .setMarker(epochs.size() == 1 ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE);
    return series;
  }
}
