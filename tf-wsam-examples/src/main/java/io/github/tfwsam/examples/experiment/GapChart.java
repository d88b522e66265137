package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.plot.Charts;
import io.github.tfwsam.examples.plot.Palette;
import java.util.List;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The gap of each run over another measure of it, a colour or a mark a setting. */
final class GapChart {
  private static final List<Marker> MARKERS =
      List.of(SeriesMarkers.CIRCLE, SeriesMarkers.SQUARE, SeriesMarkers.DIAMOND);

  private final GapMeasure measure;
  private final XYChart chart;

  /**
   * A chart without runs.
   *
   * @param measure what the gap is drawn over
   */
  GapChart(GapMeasure measure) {
    this.measure = measure;
    chart = Charts.create(620, 330, measure.title(), GapMeasure.GAP.title(), Palette.LIGHT);
    chart.getStyler().setDefaultSeriesRenderStyle(XYSeriesRenderStyle.Scatter);
    chart.getStyler().setDecimalPattern("0.######");
    chart.getStyler().setPlotContentSize(0.92);
    chart.getStyler().setLegendPosition(LegendPosition.OutsideE);
    chart.getStyler().setLegendLayout(LegendLayout.Vertical);
  }

  /** Adds the runs of a setting. */
  void points(String name, List<Run> runs) {
    List<Run> known =
        runs.stream()
            .filter(run -> Double.isFinite(measure.of(run) + GapMeasure.GAP.of(run)))
            .toList();
    if (known.isEmpty()) {
      return;
    }
    int number = chart.getSeriesMap().size();
    XYSeries series =
        chart.addSeries(
            name,
            known.stream().map(measure::of).toList(),
            known.stream().map(GapMeasure.GAP::of).toList());
    int colors = Charts.COLORS.size();
    series
        .setMarker(MARKERS.get(number / colors % MARKERS.size()))
        .setMarkerColor(Charts.COLORS.get(number % colors));
  }

  /** Adds the picture to a report. */
  void addTo(Report report, String task) {
    report.picture(
        "gap-" + measure.label.replace(' ', '-') + "-" + task,
        chart,
        String.format("%s: the gap over the %s. A mark is a run.", task, measure.label));
  }
}
