package io.github.tfwsam.examples.quickstart;

import io.github.tfwsam.examples.plot.Charts;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.knowm.xchart.XYChart;

/** The report: one HTML file, with its style and its pictures inside. */
final class Report {
  private static final String STYLE =
      """
      :root { --ink: #24292f; --soft: #57606a; --paper: #ffffff; --card: #f6f8fa; --rule: #d8dee4; --accent: #0072b2; }
      @media (prefers-color-scheme: dark) {
        :root { --ink: #e6edf3; --soft: #9aa5b1; --paper: #0d1117; --card: #161b22; --rule: #30363d; --accent: #58a6ff; }
      }
      body { background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; margin: 0 auto;
             max-width: 1080px; padding: 2rem 1.25rem 4rem; }
      h1 { font-size: 1.7rem; margin: 0 0 .3rem; } h2 { font-size: 1.2rem; margin: 2.4rem 0 .6rem; }
      p, li { max-width: 46rem; } .soft { color: var(--soft); }
      code { background: var(--card); border: 1px solid var(--rule); border-radius: 5px; padding: .1em .35em; }
      table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
      th, td { border-bottom: 1px solid var(--rule); padding: .4rem .9rem; text-align: right; white-space: nowrap; }
      th { color: var(--soft); font-weight: 600; } th:nth-child(-n+2), td:nth-child(-n+2) { text-align: left; }
      .pictures { display: flex; flex-wrap: wrap; gap: 1rem; }
      figure { background: #fff; border: 1px solid var(--rule); border-radius: 10px; margin: 0; overflow: hidden; }
      figure img { display: block; max-width: 100%; height: auto; }
      figcaption { background: var(--card); border-top: 1px solid var(--rule); color: var(--soft); font-size: .88rem;
                   padding: .5rem .9rem; }
      .findings li { margin-bottom: .35rem; } .scroll { overflow-x: auto; }
      """;

  private final StringBuilder html = new StringBuilder();

  private Report() {}

  static String of(Results results, String command) throws IOException {
    var report = new Report();
    report.head();
    report.findings(results);
    report.table(results);
    report.pictures(results);
    report.explanation(results, command);
    report.html.append("</body>\n</html>\n");
    return report.html.toString();
  }

  private void head() {
    html.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
        .append("<title>WSAM quickstart</title>\n<style>\n")
        .append(STYLE)
        .append(
            "</style>\n</head>\n<body>\n<h1>Base optimizer, SAM and WSAM on handwritten digits</h1>\n")
        .append(
            "<p class=\"soft\">The same network, data, batches and optimizer; what differs"
                + " is the form, and gamma, the weight of the sharpness: 0, 0.5 and 0.9.</p>\n");
  }

  private void findings(Results results) {
    html.append("<h2>What was found</h2>\n<ul class=\"findings\">\n");
    for (String finding : Findings.of(results)) {
      html.append("<li>").append(escaped(finding)).append("</li>\n");
    }
    html.append("</ul>\n");
  }

  private void table(Results results) {
    html.append("<h2>Results</h2>\n<div class=\"scroll\"><table>\n");
    row("th", ResultsTable.HEADER);
    ResultsTable.rows(results).forEach(row -> row("td", row));
    html.append("</table></div>\n<p class=\"soft\">Mean ± standard deviation over ")
        .append(results.seeds())
        .append(
            " seeds, after the last epoch (best epoch: after the epoch with the highest test accuracy, which"
                + " one does not know beforehand). Sharpness: how much the training loss rises from w to w + e,"
                + " e = rho g / |g|, at the same rho for all. Time: the median of all steps, relative"
                + " to the base optimizer's.</p>\n");
  }

  private void row(String cellTag, List<String> cells) {
    html.append("<tr>");
    for (String cell : cells) {
      html.append('<').append(cellTag).append('>').append(escaped(cell));
      html.append("</").append(cellTag).append('>');
    }
    html.append("</tr>\n");
  }

  private void pictures(Results results) throws IOException {
    for (double noise : results.noises()) {
      html.append("<h2>")
          .append(Findings.noiseName(noise))
          .append("</h2>\n<div class=\"pictures\">\n");
      picture(
          QuickstartCharts.accuracies(results, noise),
          "Test accuracy after each epoch: thin lines are runs, thick ones their mean.");
      picture(
          QuickstartCharts.dots(results, noise, "test accuracy %", run -> 100 * run.testAccuracy()),
          "Test accuracy at the end: a dot a seed, a bar at the mean.");
      picture(
          QuickstartCharts.dots(results, noise, "sharpness", RunResult::sharpness),
          "Sharpness at the end: lower is flatter.");
      html.append("</div>\n");
    }
  }

  private void picture(XYChart chart, String caption) throws IOException {
    var png = new ByteArrayOutputStream();
    Charts.writePng(chart, png);
    html.append("<figure><img width=\"")
        .append(chart.getWidth())
        .append("\" alt=\"")
        .append(escaped(caption))
        .append("\" src=\"data:image/png;base64,")
        .append(Base64.getEncoder().encodeToString(png.toByteArray()))
        .append("\"><figcaption>")
        .append(escaped(caption))
        .append("</figcaption></figure>\n");
  }

  private void explanation(Results results, String command) {
    html.append("<h2>How it was done</h2>\n<p>")
        .append(
            escaped(
                String.format(
                    Locale.ROOT,
                    "1,797 digits of 8 x 8 pixels (UCI, Alpaydin and Kaynak 1998), split at random by"
                        + " the seed into %,d to train and the rest to test. A perceptron with %d"
                        + " hidden units (relu), cross entropy, SGD with learning rate %s and momentum"
                        + " %s, batches of %d, %d epochs, no schedule, no weight decay. SAM and WSAM:"
                        + " rho %s; SAM coupled, as it was published, WSAM decoupled, its default."
                        + " Wrong labels are in the training set alone; each is any other digit."
                        + " Runs of one seed share split, wrong labels, first weights and batches."
                        + " rho was picked from 0.05, 0.1, 0.2, 0.4 and 0.8 by the test accuracy that"
                        + " seeds 1 to 6 had, with SAM in the decoupled form; the seeds here are others,"
                        + " but the digits are the same 1,797, so it is no independent choice. Both"
                        + " methods use it, and neither was tuned for itself: at a rho of its own each"
                        + " may do better, and their order may change.",
                    Setting.TRAINING_EXAMPLES,
                    Setting.HIDDEN,
                    Setting.LEARNING_RATE,
                    Setting.MOMENTUM,
                    Setting.BATCH,
                    results.epochs(),
                    Setting.RHO)))
        .append("</p>\n<p>")
        .append(
            "The same seeds, options and number of threads give the same numbers, but for the times."
                + " This is a small problem, made to run in a minute; it does not stand for others.")
        .append("</p>\n<p>Repeat it with <code>")
        .append(escaped(command))
        .append("</code></p>\n");
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
