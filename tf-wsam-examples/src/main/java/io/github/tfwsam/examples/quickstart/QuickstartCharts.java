package io.github.tfwsam.examples.quickstart;

import io.github.tfwsam.examples.plot.Charts;
import io.github.tfwsam.examples.plot.Palette;
import io.github.tfwsam.examples.report.Statistics;
import java.awt.BasicStroke;
import java.awt.Color;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The pictures of the report. */
final class QuickstartCharts {
  private static final BasicStroke MEAN =
      new BasicStroke(2.6f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND);
  private static final BasicStroke ONE_RUN =
      new BasicStroke(0.8f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND);

  private QuickstartCharts() {}

  /** Test accuracy after each epoch: a thin line a run, a thick one for the mean of each method. */
  static XYChart accuracies(Results results, double noise) {
    XYChart chart = Charts.create(1036, 380, "epoch", "test accuracy %", Palette.LIGHT);
    for (Method method : Method.values()) {
      for (RunResult run : results.of(method, noise)) {
        XYSeries line =
            addLine(
                chart,
                method.label + " " + run.setting().seed(),
                run.testAccuracies().stream().map(a -> 100 * a).toList());
        Color color = color(method);
        line.setLineStyle(ONE_RUN)
            .setLineColor(new Color(color.getRed(), color.getGreen(), color.getBlue(), 70));
        line.setShowInLegend(false);
      }
    }
    for (Method method : Method.values()) {
      List<Double> means = new ArrayList<>();
      for (int epoch = 0; epoch < results.epochs(); epoch++) {
        int at = epoch;
        means.add(
            100 * Statistics.mean(results.values(method, noise, r -> r.testAccuracies().get(at))));
      }
      addLine(chart, legend(method), means).setLineStyle(MEAN).setLineColor(color(method));
    }
    return chart;
  }

  private static XYSeries addLine(XYChart chart, String name, List<Double> values) {
    double[] epochs = new double[values.size()];
    double[] heights = new double[values.size()];
    for (int i = 0; i < values.size(); i++) {
      epochs[i] = i + 1;
      heights[i] = values.get(i);
    }
    XYSeries series = chart.addSeries(name, epochs, heights);
    series.setMarker(SeriesMarkers.NONE);
    return series;
  }

  /** A dot a run, at a column for each method, and a bar at the mean. */
  static XYChart dots(
      Results results, double noise, String yTitle, Function<RunResult, Double> value) {
    XYChart chart = Charts.create(510, 330, "", yTitle, Palette.LIGHT);
    chart.getStyler().setXAxisTicksVisible(false);
    chart.getStyler().setXAxisMin(0.4).setXAxisMax(Method.values().length + 0.6);
    double lowest = Double.POSITIVE_INFINITY;
    double highest = Double.NEGATIVE_INFINITY;
    for (Method method : Method.values()) {
      double column = method.column;
      List<Double> values = results.values(method, noise, value);
      lowest = Math.min(lowest, Collections.min(values));
      highest = Math.max(highest, Collections.max(values));
      double[] x = new double[values.size()];
      double[] y = new double[values.size()];
      for (int i = 0; i < x.length; i++) {
        // Spread over the column in the order of the seeds, so that equal values show.
        x[i] = column + 0.36 * ((i + 0.5) / x.length - 0.5);
        y[i] = values.get(i);
      }
      XYSeries dots = chart.addSeries(legend(method), x, y);
      dots.setXYSeriesRenderStyle(XYSeriesRenderStyle.Scatter);
      dots.setMarker(SeriesMarkers.CIRCLE).setMarkerColor(color(method));
      double mean = Statistics.mean(values);
      XYSeries bar =
          chart.addSeries(
              method.label + " mean",
              new double[] {column - 0.3, column + 0.3},
              new double[] {mean, mean});
      bar.setShowInLegend(false);
      bar.setMarker(SeriesMarkers.NONE).setLineStyle(MEAN).setLineColor(Palette.LIGHT.ink());
    }
    double span = highest - lowest;
    chart.getStyler().setYAxisMin(lowest - 0.06 * span).setYAxisMax(highest + 0.06 * span);
    return chart;
  }

  private static String legend(Method method) {
    return method == Method.BASE ? "base" : method.label + " (γ = " + method.gamma + ")";
  }

  private static Color color(Method method) {
    return Charts.COLORS.get(method.column - 1);
  }
}
