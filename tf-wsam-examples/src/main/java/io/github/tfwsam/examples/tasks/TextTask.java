package io.github.tfwsam.examples.tasks;

import io.github.tfwsam.examples.data.DataFolder;
import io.github.tfwsam.examples.data.LabeledText;
import io.github.tfwsam.examples.models.Network;
import io.github.tfwsam.examples.models.TextCnn;
import io.github.tfwsam.examples.models.TransformerEncoder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Texts by the first 32 of their words. The 2,000 most frequent words of the training part have a
 * token of their own, so that the unknown word is trained as well.
 */
final class TextTask {
  private static final String TRAINING = "train.tsv";
  private static final String TEST = "test.tsv";
  private static final int MOST_CLASSES = 10_000;
  private static final int MOST_WORDS = 2000;
  private static final int LENGTH = 32;
  private static final int WIDTH = 64;

  private TextTask() {}

  static TaskData load(Path folder) throws IOException {
    Path holder = DataFolder.holding(folder, Pattern.compile(Pattern.quote(TRAINING)), TRAINING);
    List<LabeledText> training = LabeledText.read(holder.resolve(TRAINING), MOST_CLASSES);
    int classes = 1 + training.stream().mapToInt(LabeledText::label).max().orElseThrow();
    if (classes == 1) {
      throw new IOException(
          holder.resolve(TRAINING) + ": all labels are 0; give at least two classes");
    }
    List<LabeledText> test = LabeledText.read(holder.resolve(TEST), classes);
    var vocabulary = Vocabulary.of(training.stream().map(LabeledText::text).toList(), MOST_WORDS);
    return new TaskData(encode(training, vocabulary, classes), encode(test, vocabulary, classes));
  }

  private static LabeledExamples encode(
      List<LabeledText> texts, Vocabulary vocabulary, int classes) {
    int[] tokens =
        texts.stream()
            .flatMapToInt(t -> IntStream.of(vocabulary.encode(t.text(), LENGTH)))
            .toArray();
    int[] labels = texts.stream().mapToInt(LabeledText::label).toArray();
    return LabeledExamples.of(new Tokens(tokens, LENGTH, vocabulary.size()), labels, classes);
  }

  static Network<?> convolutions(LabeledExamples training) {
    return new TextCnn(
        vocabulary(training), LENGTH, WIDTH, List.of(2, 3, 4), WIDTH, training.classes());
  }

  static Network<?> transformer(LabeledExamples training) {
    return new TransformerEncoder(
        vocabulary(training), LENGTH, WIDTH, 4, 2, training.classes(), true);
  }

  private static int vocabulary(LabeledExamples training) {
    return ((Tokens) training.source()).vocabulary();
  }
}
