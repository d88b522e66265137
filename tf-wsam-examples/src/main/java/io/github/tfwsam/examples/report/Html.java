package io.github.tfwsam.examples.report;

import java.util.List;

/** A report as one HTML file, with its style and its pictures inside. Text is escaped. */
public final class Html {
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
      table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .92rem; }
      th, td { border-bottom: 1px solid var(--rule); padding: .4rem .7rem; text-align: right; white-space: nowrap; }
      th { color: var(--soft); font-weight: 600; } .left { text-align: left; }
      .pictures { display: flex; flex-wrap: wrap; gap: 1rem; margin: 1rem 0; }
      figure { background: #fff; border: 1px solid var(--rule); border-radius: 10px; margin: 0; overflow: hidden; }
      figure img { display: block; max-width: 100%; height: auto; }
      figcaption { background: var(--card); border-top: 1px solid var(--rule); color: var(--soft); font-size: .88rem;
                   padding: .5rem .9rem; }
      .findings li { margin-bottom: .35rem; } .scroll { overflow-x: auto; margin: 1rem 0; }
      """;

  private final StringBuilder html = new StringBuilder();

  /**
   * A report that has but its head.
   *
   * @param title the title of the window
   * @param heading what stands above all
   */
  public Html(String title, String heading) {
    html.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>")
        .append(escaped(title))
        .append("</title>\n<style>\n")
        .append(STYLE)
        .append("</style>\n</head>\n<body>\n<h1>")
        .append(escaped(heading))
        .append("</h1>\n");
  }

  /**
   * Begins a section.
   *
   * @param text its heading
   */
  public void heading(String text) {
    html.append("<h2>").append(escaped(text)).append("</h2>\n");
  }

  /**
   * Adds a paragraph.
   *
   * @param text what it says
   */
  public void paragraph(String text) {
    html.append("<p>").append(escaped(text)).append("</p>\n");
  }

  /**
   * Adds a paragraph that explains what is beside it.
   *
   * @param text what it says
   */
  public void note(String text) {
    html.append("<p class=\"soft\">").append(escaped(text)).append("</p>\n");
  }

  /**
   * Adds the section of the findings.
   *
   * @param findings a sentence or two each
   */
  public void findings(List<String> findings) {
    heading("What was found");
    html.append("<ul class=\"findings\">\n");
    findings.forEach(f -> html.append("<li>").append(escaped(f)).append("</li>\n"));
    html.append("</ul>\n");
  }

  /**
   * Adds a table.
   *
   * @param leftAligned how many columns are aligned left
   * @param header a title a column
   * @param rows a text a column
   */
  public void table(int leftAligned, List<String> header, List<List<String>> rows) {
    html.append("<div class=\"scroll\"><table>\n");
    row("th", leftAligned, header);
    rows.forEach(row -> row("td", leftAligned, row));
    html.append("</table></div>\n");
  }

  private void row(String tag, int leftAligned, List<String> cells) {
    html.append("<tr>");
    for (int i = 0; i < cells.size(); i++) {
      html.append('<').append(tag).append(i < leftAligned ? " class=\"left\">" : ">");
      html.append(escaped(cells.get(i))).append("</").append(tag).append('>');
    }
    html.append("</tr>\n");
  }

  /**
   * Adds pictures, beside one another where there is room.
   *
   * @param pictures the pictures
   */
  public void pictures(List<Picture> pictures) {
    html.append("<div class=\"pictures\">\n");
    pictures.forEach(picture -> html.append(picture.html()));
    html.append("</div>\n");
  }

  /**
   * Says how to come by the report again.
   *
   * @param command the command line
   */
  public void repeat(String command) {
    html.append("<p>Repeat it with <code>").append(escaped(command)).append("</code></p>\n");
  }

  /** The file. */
  @Override
  public String toString() {
    return html + "</body>\n</html>\n";
  }

  static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
