package io.github.tfwsam.examples.plot;

import java.util.ArrayList;
import java.util.List;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * A line with gaps, as a chart's series. XChart begins a stroke's dashes anew at each point, so a
 * line of many points has to bring the gaps along.
 */
public final class Polyline {
  private final List<Double> x = new ArrayList<>();
  private final List<Double> y = new ArrayList<>();

  /** An empty line. */
  public Polyline() {}

  /**
   * Goes on straight to a point.
   *
   * @param nextX its abscissa
   * @param nextY its ordinate
   */
  public void lineTo(double nextX, double nextY) {
    x.add(nextX);
    y.add(nextY);
  }

  /** Leaves a gap after the last point. */
  public void gap() {
    if (!x.isEmpty()) {
      x.add(x.get(x.size() - 1));
      y.add(Double.NaN);
    }
  }

  /**
   * The same line, dashed. Lengths are in units of y.
   *
   * @param dash the length of a dash, above 0
   * @param gap the length of a gap, above 0
   * @param aspect how long a unit of x is, in units of y
   * @return the dashes
   */
  public Polyline dashed(double dash, double gap, double aspect) {
    var dashes = new Polyline();
    boolean drawn = true;
    double left = dash;
    for (int i = 0; i < x.size(); i++) {
      if (i > 0) {
        double dx = x.get(i) - x.get(i - 1);
        double dy = y.get(i) - y.get(i - 1);
        double length = Math.hypot(dx * aspect, dy);
        double done = 0;
        while (length - done > left) {
          done += left;
          double t = done / length;
          dashes.lineTo(x.get(i - 1) + t * dx, y.get(i - 1) + t * dy);
          if (drawn) {
            dashes.gap();
          }
          drawn = !drawn;
          left = drawn ? dash : gap;
        }
        left -= length - done;
      }
      if (drawn) {
        dashes.lineTo(x.get(i), y.get(i));
      }
    }
    return dashes;
  }

  /**
   * Adds the line to a chart.
   *
   * @param chart the chart
   * @param name the name of the series
   * @return the series, without markers
   */
  public XYSeries addTo(XYChart chart, String name) {
    XYSeries series = chart.addSeries(name, x, y);
    series.setMarker(SeriesMarkers.NONE);
    return series;
  }
}
