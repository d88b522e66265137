package io.github.tfwsam.examples.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A spoken digit, in a file named {@code digit_speaker_index.wav}.
 *
 * @param file the file
 * @param digit the digit that is spoken
 * @param index the number of the recording among those of its digit and speaker, from 0
 */
public record Recording(Path file, int digit, int index) {
  private static final Pattern NAME = Pattern.compile("(\\d)_([^_]+)_(\\d{1,9})\\.wav");

  /**
   * The recordings of a folder.
   *
   * @param folder a folder for {@link DataFolder#holding}
   * @return all of them, in the order of their names
   * @throws IOException if there are none, or a wav file has another name
   */
  public static List<Recording> list(Path folder) throws IOException {
    Path holder = DataFolder.holding(folder, NAME, "digit_speaker_index.wav");
    List<Recording> recordings = new ArrayList<>();
    try (Stream<Path> files = Files.list(holder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".wav")).sorted().toList()) {
        recordings.add(of(file));
      }
    }
    return recordings;
  }

  private static Recording of(Path file) throws IOException {
    Matcher name = NAME.matcher(file.getFileName().toString());
    if (!name.matches()) {
      throw new IOException(
          file + ": is not named digit_speaker_index.wav; rename it, or take it away");
    }
    return new Recording(file, Integer.parseInt(name.group(1)), Integer.parseInt(name.group(3)));
  }
}
