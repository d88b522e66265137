package io.github.tfwsam.examples.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A line of a file of labelled texts.
 *
 * @param label the class, from 0
 * @param text the text, not blank
 */
public record LabeledText(int label, String text) {
  private static final char TAB = '\t';

  /**
   * Reads a file of lines {@code label<TAB>text} in UTF-8. Blank lines are skipped.
   *
   * @param file the file
   * @param classes how many classes there are: labels are less
   * @return the lines in their order, at least one
   * @throws IOException if the file cannot be read, holds no line, or a line is none of these
   */
  public static List<LabeledText> read(Path file, int classes) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    List<LabeledText> texts = new ArrayList<>();
    int from = 0;
    for (int line = 1; from < bytes.length; line++) {
      int to = from;
      while (to < bytes.length && bytes[to] != '\n') {
        to++;
      }
      String where = file + ", line " + line;
      String decoded = decoded(ByteBuffer.wrap(bytes, from, to - from), where);
      if (!decoded.isBlank()) {
        texts.add(parse(decoded, classes, where));
      }
      from = to + 1;
    }
    if (texts.isEmpty()) {
      throw new IOException(file + ": holds no line; write label<TAB>text lines");
    }
    return texts;
  }

  private static String decoded(ByteBuffer line, String where) throws IOException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(line).toString();
    } catch (CharacterCodingException e) {
      throw new IOException(where + ": is not in UTF-8; save the file in that", e);
    }
  }

  private static LabeledText parse(String line, int classes, String where) throws IOException {
    int tab = line.indexOf(TAB);
    if (tab < 0) {
      throw new IOException(where + ": has no tab; write label<TAB>text");
    }
    String text = line.substring(tab + 1).strip();
    if (text.isEmpty()) {
      throw new IOException(where + ": has no text after the tab; write label<TAB>text");
    }
    return new LabeledText(label(line.substring(0, tab), classes, where), text);
  }

  private static int label(String cell, int classes, String where) throws IOException {
    try {
      int label = Integer.parseInt(cell);
      if (label >= 0 && label < classes) {
        return label;
      }
    } catch (NumberFormatException e) {
      // Told as any other label that is none.
    }
    throw new IOException(
        String.format(
            "%s: the label '%s' is not a number from 0 to %d; correct the line",
            where, cell, classes - 1));
  }
}
