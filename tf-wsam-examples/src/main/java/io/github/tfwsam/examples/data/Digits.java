package io.github.tfwsam.examples.data;

import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Handwritten digits of 8 x 8 pixels (Alpaydin and Kaynak, UCI 1998): gzipped lines of 64 integers
 * from 0 to 16, row by row, and the digit.
 */
public final class Digits {
  /** The side of an image in pixels. */
  public static final int SIDE = 8;

  private static final int PIXELS = SIDE * SIDE;
  private static final int CLASSES = 10;
  private static final int WHITE = 16;
  private static final String RESOURCE = "/digits/digits.csv.gz";
  private static final Pattern COMMA = Pattern.compile(",");

  private Digits() {}

  /**
   * Reads the digits that come with the program.
   *
   * @return 1,797 examples of 64 features from 0 to 1
   * @throws IOException if the resource is missing or damaged
   */
  public static Examples read() throws IOException {
    try (InputStream stream = Digits.class.getResourceAsStream(RESOURCE)) {
      if (stream == null) {
        throw new IOException(RESOURCE + " is not on the class path: build the project again.");
      }
      return read(stream, RESOURCE);
    }
  }

  static Examples read(InputStream stream, String name) throws IOException {
    List<float[]> features = new ArrayList<>();
    List<Integer> labels = new ArrayList<>();
    try (var reader =
        new BufferedReader(
            new InputStreamReader(new GZIPInputStream(stream), StandardCharsets.US_ASCII))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        String[] cells = COMMA.split(line, -1);
        String where = name + ", line " + (labels.size() + 1);
        if (cells.length != PIXELS + 1) {
          throw new IOException(
              where
                  + ": "
                  + cells.length
                  + " numbers, not "
                  + (PIXELS + 1)
                  + ". Get the file anew.");
        }
        float[] pixels = new float[PIXELS];
        for (int i = 0; i < PIXELS; i++) {
          pixels[i] = number(cells[i], WHITE, where) / (float) WHITE;
        }
        features.add(pixels);
        labels.add(number(cells[PIXELS], CLASSES - 1, where));
      }
    } catch (EOFException | ZipException e) {
      throw new IOException(name + ": damaged (" + e.getMessage() + "). Get the file anew.", e);
    }
    return new Examples(features, labels, CLASSES);
  }

  private static int number(String cell, int max, String where) throws IOException {
    try {
      int number = Integer.parseInt(cell);
      if (number >= 0 && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Told as any other damage.
    }
    throw new IOException(
        where + ": '" + cell + "' is not a number from 0 to " + max + ". Get the file anew.");
  }
}
