package io.github.tfwsam.examples.report;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StatisticsTest {
  @Test
  void meanDeviationAndMedianAreThoseOfTheSample() {
    List<Double> values = List.of(2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0);
    assertThat(Statistics.mean(values)).isEqualTo(5.0);
    assertThat(Statistics.deviation(values)).isWithin(1e-12).of(Math.sqrt(32 / 7.0));
    assertThat(Statistics.median(values)).isEqualTo(4.5);
    assertThat(Statistics.deviation(List.of(3.0))).isEqualTo(0.0);
  }

  @Test
  void theIntervalIsStudents() {
    // t(0.975, 2) = 4.302653, mean 2, deviation 1.
    Estimate three = Estimate.of(List.of(1.0, 2.0, 3.0));
    assertThat(three.margin()).isWithin(1e-5).of(4.302653 / Math.sqrt(3));
    assertThat(three.isAbove(-1)).isTrue();
    assertThat(three.isAbove(0)).isFalse();
    assertThat(three.isBelow(4)).isFalse();
    assertThat(three.isBelow(4.5)).isTrue();
    // t(0.975, 4) = 2.776445, deviation sqrt(2.5).
    Estimate five = Estimate.of(List.of(1.0, 2.0, 3.0, 4.0, 5.0));
    assertThat(five.low()).isWithin(1e-5).of(3 - 2.776445 * Math.sqrt(2.5 / 5));
    assertThat(five.high()).isWithin(1e-5).of(3 + 2.776445 * Math.sqrt(2.5 / 5));
  }

  @Test
  void aSingleValueHasNoInterval() {
    Estimate one = Estimate.of(List.of(7.0));
    assertThat(one.isKnown()).isTrue();
    assertThat(one.mean()).isEqualTo(7.0);
    assertThat(one.hasInterval()).isFalse();
    assertThat(one.isAbove(0)).isFalse();
    assertThat(one.isBelow(100)).isFalse();
    assertThat(one.margin()).isNaN();
  }

  @Test
  void whatIsNotFiniteWasNotMeasured() {
    Estimate two = Estimate.of(List.of(1.0, Double.NaN, 3.0, Double.POSITIVE_INFINITY));
    assertThat(two.count()).isEqualTo(2);
    assertThat(two.mean()).isEqualTo(2.0);
    assertThat(Estimate.of(List.of(Double.NaN)).isKnown()).isFalse();
    assertThat(Estimate.of(List.of()).mean()).isNaN();
  }

  @Test
  void equalValuesShareTheirRanks() {
    // Ranks 1, 2.5, 2.5, 4 and 1, 2, 3, 4: Pearson's of them is 4.5 / sqrt(4.5 * 5).
    RankCorrelation ties =
        RankCorrelation.of(List.of(1.0, 2.0, 2.0, 9.0), List.of(-5.0, 0.0, 1.0, 100.0));
    assertThat(ties.coefficient()).isWithin(1e-12).of(Math.sqrt(4.5 / 5));
    // Of the 24 orders, the two that agree but for the tie, and the two that are their reverse.
    assertThat(ties.pValue()).isWithin(1e-12).of(4 / 24.0);
    assertThat(ties.exact()).isTrue();
  }

  @Test
  void allOrdersAreCounted() {
    List<Double> x = List.of(1.0, 2.0, 3.0, 4.0, 5.0);
    RankCorrelation rising = RankCorrelation.of(x, List.of(1.0, 4.0, 9.0, 16.0, 25.0));
    assertThat(rising.coefficient()).isWithin(1e-12).of(1);
    assertThat(rising.pValue()).isWithin(1e-12).of(2 / 120.0);
    // The exact table's two-sided p-value of 0.9 with 5 pairs is 10 / 120.
    RankCorrelation nearly = RankCorrelation.of(x, List.of(1.0, 2.0, 3.0, 5.0, 4.0));
    assertThat(nearly.coefficient()).isWithin(1e-12).of(0.9);
    assertThat(nearly.pValue()).isWithin(1e-12).of(10 / 120.0);
    assertThat(RankCorrelation.of(x, List.of(5.0, 4.0, 3.0, 2.0, 1.0)).coefficient())
        .isWithin(1e-12)
        .of(-1);
  }

  @Test
  void ordersAreDrawnWhereThereAreTooMany() {
    List<Double> x = IntStream.range(0, 20).mapToObj(i -> (double) i).toList();
    List<Double> y = IntStream.range(0, 20).mapToObj(i -> (double) ((i * 7) % 20)).toList();
    RankCorrelation none = RankCorrelation.of(x, y);
    assertThat(none.exact()).isFalse();
    // Without ties: 1 - 6 * 840 / (20 * 399).
    assertThat(none.coefficient()).isWithin(1e-12).of(1 - 5040 / 7980.0);
    // Student's approximation: t = 1.681 with 18 degrees of freedom.
    assertThat(none.pValue()).isWithin(0.01).of(0.110);
    assertThat(RankCorrelation.of(x, y)).isEqualTo(none);
    assertThat(RankCorrelation.of(x, x).pValue()).isWithin(1e-9).of(1 / 100_001.0);
  }

  @Test
  void noCorrelationIsSaidWhereThereIsNone() {
    assertThat(RankCorrelation.of(List.of(1.0), List.of(2.0)).coefficient()).isNaN();
    assertThat(RankCorrelation.of(List.of(), List.of()).pValue()).isNaN();
    assertThat(RankCorrelation.of(List.of(1.0, 1.0, 1.0), List.of(1.0, 2.0, 3.0)).coefficient())
        .isNaN();
    RankCorrelation measured =
        RankCorrelation.of(List.of(1.0, 2.0, 3.0, 0.0), List.of(1.0, 2.0, 3.0, Double.NaN));
    assertThat(measured.count()).isEqualTo(3);
    assertThat(measured.coefficient()).isWithin(1e-12).of(1);
    assertThrows(IllegalArgumentException.class, () -> RankCorrelation.of(List.of(1.0), List.of()));
  }
}
