package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.experiment.GradientCurve.Point;
import io.github.tfwsam.examples.plot.Charts;
import io.github.tfwsam.examples.plot.Palette;
import io.github.tfwsam.examples.report.Statistics;
import java.awt.BasicStroke;
import java.awt.Color;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * The gradient's norm over the steps, both logarithmic. A method has a dark colour where rho is
 * constant and a light one where it falls; another rho has a thin line.
 */
final class GradientChart {
  /** Dark and light, a pair a method. */
  private static final List<List<Color>> COLORS =
      List.of(
          List.of(new Color(0x0072B2), new Color(0x56B4E9)),
          List.of(new Color(0xD55E00), new Color(0xE69F00)),
          List.of(new Color(0x009E73), new Color(0xCC79A7)));

  /** What is below it is not drawn: the base's way down to rounding would flatten the rest. */
  private static final double LOWEST = 1e-8;

  static final String CAPTION =
      "the norm of the whole loss's gradient, the median of the seeds; below 1e-8 it is not drawn";

  private static final BasicStroke THICK =
      new BasicStroke(2.2f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND);
  private static final BasicStroke THIN =
      new BasicStroke(1.1f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND);

  private GradientChart() {}

  /**
   * Draws a problem's lines, each the median over the runs that are done.
   *
   * @param lines the lines
   * @param curves the curves of the runs, as far as there are any
   */
  static XYChart of(List<NormLine> lines, List<GradientCurve> curves) {
    XYChart chart =
        Charts.create(1036, 480, "steps", "norm of the whole loss's gradient", Palette.LIGHT);
    chart.getStyler().setXAxisLogarithmic(true).setYAxisLogarithmic(true);
    chart
        .getStyler()
        .setLegendPosition(LegendPosition.OutsideE)
        .setLegendLayout(LegendLayout.Vertical);
    List<String> methods =
        lines.stream().filter(l -> !l.isBase()).map(NormLine::method).distinct().toList();
    double first = lines.stream().mapToDouble(NormLine::rho).filter(r -> r > 0).min().orElse(0);
    for (NormLine line : lines) {
      Map<Integer, Double> medians = medians(line, curves);
      if (!medians.isEmpty()) {
        XYSeries series =
            chart.addSeries(
                line.label(), new ArrayList<>(medians.keySet()), new ArrayList<>(medians.values()));
        series.setMarker(SeriesMarkers.NONE);
        series.setLineColor(color(line, methods.indexOf(line.method())));
        series.setLineStyle(line.isBase() || line.rho() == first ? THICK : THIN);
      }
    }
    return chart;
  }

  private static Color color(NormLine line, int method) {
    return line.isBase()
        ? Palette.LIGHT.ink()
        : COLORS.get(method % COLORS.size()).get(line.isConstant() ? 0 : 1);
  }

  /** The median over the seeds by step, without the start: a logarithm has no place for it. */
  private static Map<Integer, Double> medians(NormLine line, List<GradientCurve> curves) {
    Map<Integer, List<Double>> norms = new TreeMap<>();
    for (GradientCurve curve : curves) {
      boolean isDone =
          line.results().done().stream()
              .anyMatch(run -> run.setting().equals(curve.setting()) && run.seed() == curve.seed());
      if (isDone) {
        for (Point point : curve.points()) {
          norms.computeIfAbsent(point.step(), step -> new ArrayList<>()).add(point.gradientNorm());
        }
      }
    }
    Map<Integer, Double> medians = new TreeMap<>();
    norms.forEach((step, all) -> medians.put(step, Statistics.median(all)));
    medians.entrySet().removeIf(e -> e.getKey() == 0 || e.getValue() < LOWEST);
    return medians;
  }
}
