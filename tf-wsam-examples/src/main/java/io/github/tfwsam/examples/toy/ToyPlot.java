package io.github.tfwsam.examples.toy;

import io.github.tfwsam.examples.cli.Numbers;
import io.github.tfwsam.examples.plot.Charts;
import io.github.tfwsam.examples.plot.Grid;
import io.github.tfwsam.examples.plot.MarchingSquares;
import io.github.tfwsam.examples.plot.MarchingSquares.Segment;
import io.github.tfwsam.examples.plot.Palette;
import io.github.tfwsam.examples.plot.Polyline;
import java.awt.BasicStroke;
import java.awt.Color;
import java.util.List;
import org.knowm.xchart.AnnotationText;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Draws trajectories over the contour lines of the toy loss. */
final class ToyPlot {
  private static final double MIN_M = -36;
  private static final double MAX_M = 40;
  private static final double MIN_S = 4;
  private static final double MAX_S = 48;
  private static final int GRID_POINTS = 241;

  /** Each of them is in the window. */
  private static final double[] LEVELS = {
    0.28, 0.29, 0.30, 0.31, 0.32, 0.33, 0.34, 0.35, 0.36, 0.37, 0.38, 0.39, 0.40, 0.42, 0.45, 0.5,
    0.55, 0.6, 0.7, 0.8, 0.9, 1
  };

  private static final String CONTOURS =
      "loss, " + LEVELS[0] + " (dark) to " + Numbers.plain(LEVELS[LEVELS.length - 1]);
  private static final Color LOWEST = new Color(0x5B6B7F);
  private static final Color HIGHEST = new Color(0xE3E8EE);
  private static final BasicStroke THIN =
      new BasicStroke(0.9f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND);
  private static final BasicStroke THICK =
      new BasicStroke(2.2f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND);

  private static final double DASH = 0.7;
  private static final double GAP = 0.45;

  /** For the legend: its dashes are longer than those that the line brings along. */
  private static final BasicStroke DASHED =
      new BasicStroke(
          2.2f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1, new float[] {11, 6}, 0);

  private final XYChart chart = Charts.create(1000, 640, "m", "s", Palette.LIGHT);

  private ToyPlot() {
    var style = chart.getStyler();
    style.setXAxisMin(MIN_M).setXAxisMax(MAX_M).setYAxisMin(MIN_S).setYAxisMax(MAX_S);
    style.setPlotGridLinesVisible(false);
    style.setXAxisTickMarkSpacingHint(110).setYAxisTickMarkSpacingHint(65);
    style.setLegendPosition(LegendPosition.InsideSE).setLegendLayout(LegendLayout.Vertical);
    style.setLegendBorderColor(Palette.LIGHT.rule());
  }

  static XYChart of(List<Trajectory> trajectories) {
    var plot = new ToyPlot();
    plot.addContours();
    List<Double> gammas = trajectories.stream().map(Trajectory::gamma).distinct().toList();
    boolean baseDrawn = false;
    for (Trajectory trajectory : trajectories) {
      // Without a sharpness term the modes are one.
      boolean isBase = trajectory.gamma() == 0;
      if (!(isBase && baseDrawn)) {
        plot.add(trajectory, gammas.indexOf(trajectory.gamma()));
      }
      baseDrawn |= isBase;
    }
    plot.addMark("start", ToyLoss.START_M, ToyLoss.START_S, SeriesMarkers.SQUARE);
    plot.addMark("sharp minimum", Landmark.SHARP.m(), Landmark.SHARP.s(), SeriesMarkers.DIAMOND);
    plot.addMark("flat minimum", Landmark.FLAT.m(), Landmark.FLAT.s(), SeriesMarkers.DIAMOND);
    plot.addMark("saddle", Landmark.SADDLE.m(), Landmark.SADDLE.s(), SeriesMarkers.CROSS);
    return plot.chart;
  }

  private void addContours() {
    Grid surface = LossSurface.over(MIN_M, MAX_M, MIN_S, MAX_S, GRID_POINTS);
    for (int i = 0; i < LEVELS.length; i++) {
      var line = new Polyline();
      for (Segment segment : MarchingSquares.contour(surface, LEVELS[i])) {
        line.lineTo(segment.from().x(), segment.from().y());
        line.lineTo(segment.to().x(), segment.to().y());
        line.gap();
      }
      XYSeries series = line.addTo(chart, i == 0 ? CONTOURS : "loss " + LEVELS[i]);
      series.setLineStyle(THIN).setLineColor(mix(LOWEST, HIGHEST, (double) i / LEVELS.length));
      series.setShowInLegend(i == 0);
    }
  }

  private static Color mix(Color from, Color to, double share) {
    return new Color(
        mix(from.getRed(), to.getRed(), share),
        mix(from.getGreen(), to.getGreen(), share),
        mix(from.getBlue(), to.getBlue(), share));
  }

  private static int mix(int from, int to, double share) {
    return (int) Math.round(from + share * (to - from));
  }

  private void add(Trajectory trajectory, int number) {
    Color color = Charts.COLORS.get(number % Charts.COLORS.size());
    var line = new Polyline();
    trajectory.positions().forEach(position -> line.lineTo(position.m(), position.s()));
    boolean dashed = trajectory.mode() == Mode.DECOUPLED && trajectory.gamma() != 0;
    XYSeries series = (dashed ? line.dashed(DASH, GAP, 1) : line).addTo(chart, legend(trajectory));
    series.setLineStyle(dashed ? DASHED : THICK).setLineColor(color);

    Position end = trajectory.end();
    addPoint(series.getName() + " end", end.m(), end.s(), SeriesMarkers.CIRCLE, color);
  }

  private static String legend(Trajectory trajectory) {
    return trajectory.gamma() == 0
        ? "base alone (γ = 0)"
        : "γ = " + Numbers.plain(trajectory.gamma()) + ", " + trajectory.mode();
  }

  private void addMark(String name, double m, double s, Marker marker) {
    addPoint(name, m, s, marker, Color.BLACK);
    chart.addAnnotation(new AnnotationText(name, m, s - 1.4, false));
  }

  private void addPoint(String name, double m, double s, Marker marker, Color color) {
    XYSeries series = chart.addSeries(name, new double[] {m}, new double[] {s});
    series.setXYSeriesRenderStyle(XYSeriesRenderStyle.Scatter);
    series.setMarker(marker).setMarkerColor(color).setShowInLegend(false);
  }
}
