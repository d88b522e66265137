package io.github.tfwsam.examples.plot;

import static com.google.common.truth.Truth.assertThat;

import org.junit.jupiter.api.Test;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;

class PolylineTest {
  @Test
  void dashesGoOnAcrossPoints() {
    var line = new Polyline();
    for (int i = 0; i <= 10; i++) {
      line.lineTo(i * 0.5, 0);
    }

    // Drawn 0 to 2, 3 to 5, in steps of half a unit.
    XYSeries series = line.dashed(2, 1, 1).addTo(new XYChart(100, 100), "dashes");
    double drawn = 0;
    for (int i = 1; i < series.getXData().length; i++) {
      if (!Double.isNaN(series.getYData()[i]) && !Double.isNaN(series.getYData()[i - 1])) {
        drawn += series.getXData()[i] - series.getXData()[i - 1];
      }
    }
    assertThat(drawn).isWithin(1e-12).of(4);
    for (double x : series.getXData()) {
      assertThat(x > 2 && x < 3).isFalse();
    }
  }
}
