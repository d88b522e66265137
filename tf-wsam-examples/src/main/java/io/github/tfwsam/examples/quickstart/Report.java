package io.github.tfwsam.examples.quickstart;

import io.github.tfwsam.examples.report.Html;
import io.github.tfwsam.examples.report.Picture;
import java.io.IOException;
import java.util.List;
import java.util.Locale;

/** The report: one HTML file, with its style and its pictures inside. */
final class Report {
  private final Html html =
      new Html("WSAM quickstart", "Base optimizer, SAM and WSAM on handwritten digits");

  private Report() {}

  static String of(Results results, String command) throws IOException {
    var report = new Report();
    report.html.note(
        "The same network, data, batches and optimizer; what differs is the form, and gamma, the"
            + " weight of the sharpness: 0, 0.5 and 0.9.");
    report.html.findings(Findings.of(results));
    report.table(results);
    report.pictures(results);
    report.explanation(results);
    report.html.repeat(command);
    return report.html.toString();
  }

  private void table(Results results) {
    html.heading("Results");
    html.table(2, ResultsTable.HEADER, ResultsTable.rows(results));
    html.note(
        "Mean ± standard deviation over "
            + results.seeds()
            + " seeds, after the last epoch (best epoch: after the epoch with the highest test accuracy, which"
            + " one does not know beforehand). Sharpness: how much the training loss rises from w to w + e,"
            + " e = rho g / |g|, at the same rho for all. Time: the median of all steps, relative"
            + " to the base optimizer's.");
  }

  private void pictures(Results results) throws IOException {
    for (double noise : results.noises()) {
      html.heading(Findings.noiseName(noise));
      html.pictures(
          List.of(
              Picture.of(
                  QuickstartCharts.accuracies(results, noise),
                  "Test accuracy after each epoch: thin lines are runs, thick ones their mean."),
              Picture.of(
                  QuickstartCharts.dots(
                      results, noise, "test accuracy %", run -> 100 * run.testAccuracy()),
                  "Test accuracy at the end: a dot a seed, a bar at the mean."),
              Picture.of(
                  QuickstartCharts.dots(results, noise, "sharpness", RunResult::sharpness),
                  "Sharpness at the end: lower is flatter.")));
    }
  }

  private void explanation(Results results) {
    html.heading("How it was done");
    html.paragraph(
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
            Setting.RHO));
    html.paragraph(
        "The same seeds, options and number of threads give the same numbers, but for the times."
            + " This is a small problem, made to run in a minute; it does not stand for others.");
  }
}
