package io.github.tfwsam.examples.experiment;

import static com.google.common.truth.Truth.assertThat;

import io.github.tfwsam.examples.plot.Charts;
import io.github.tfwsam.examples.plot.Palette;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.knowm.xchart.XYChart;

class ReportTest {
  private static XYChart chart() {
    XYChart chart = Charts.create(300, 200, "x", "y", Palette.LIGHT);
    chart.addSeries("line", new double[] {0, 1}, new double[] {1, 2});
    return chart;
  }

  private static String written(Report report, Path folder) throws IOException {
    report.write(folder, "./wsam experiment \"<&>\"");
    return Files.readString(folder.resolve("report.html"));
  }

  @Test
  void theReportIsOneFileAndThePicturesAreFilesToo(@TempDir Path folder) throws IOException {
    var report = new Report("name", "Is it so?");
    report.section("Section");
    report.picture("one", chart(), "The first");
    report.picture("two", chart(), "The second");
    report.text("Between.");
    report.picture("three", chart(), "The third");
    report.picture("none", Charts.create(300, 200, "x", "y", Palette.LIGHT), "Nothing");
    String html = written(report, folder);
    assertThat(html).startsWith("<!DOCTYPE html>");
    assertThat(html).doesNotContainMatch("(src|href)=\"(?!data:)");
    assertThat(Pattern.compile("<img ").splitAsStream(html).toList()).hasSize(1 + 3);
    assertThat(Pattern.compile("class=\"pictures\"").splitAsStream(html).toList()).hasSize(1 + 2);
    for (String name : List.of("one", "two", "three")) {
      assertThat(ImageIO.read(folder.resolve(name + ".png").toFile()).getWidth()).isEqualTo(600);
    }
    assertThat(folder.toFile().list()).hasLength(4);
  }

  @Test
  void textIsEscaped(@TempDir Path folder) throws IOException {
    var report = new Report("<t>", "a < b?");
    report.finding("a & b");
    report.section("<s>");
    report.text("<p>");
    report.table(List.of("<h>"), List.of(List.of("<td & \"q\">")));
    report.picture("picture", chart(), "\"<c>\"");
    String html = written(report, folder);
    assertThat(html).contains("<title>&lt;t&gt;</title>");
    assertThat(html).contains("<h1>a &lt; b?</h1>");
    assertThat(html).contains("<li>a &amp; b</li>");
    assertThat(html).contains("<h2>&lt;s&gt;</h2>");
    assertThat(html).contains("<p>&lt;p&gt;</p>");
    assertThat(html).contains(">&lt;h&gt;</th>");
    assertThat(html).contains(">&lt;td &amp; &quot;q&quot;&gt;</td>");
    assertThat(html).contains("alt=\"&quot;&lt;c&gt;&quot;\"");
    assertThat(html)
        .contains(
            "Repeat it with <code>./wsam experiment &quot;&lt;&amp;&gt;&quot;</code></p>\n</body>");
  }

  @Test
  void theTerminalHasTablesAndFindings() {
    var report = new Report("name", "Is it so?");
    report.finding("It is.");
    report.section("Section");
    report.text("Not here.");
    report.table(
        List.of("gamma", "word", "number"),
        List.of(List.of("0.5", "yes", "+1.0"), List.of("0.95", "–", "12.0")));
    assertThat(report.text())
        .isEqualTo(
            """
            Section

            gamma  word  number
            0.5    yes     +1.0
            0.95   –       12.0

            - It is.
            """);
  }
}
