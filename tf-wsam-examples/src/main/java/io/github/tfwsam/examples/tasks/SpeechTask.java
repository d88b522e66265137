package io.github.tfwsam.examples.tasks;

import io.github.tfwsam.examples.data.Recording;
import io.github.tfwsam.examples.data.WavReader;
import io.github.tfwsam.examples.models.ConvolutionNetwork;
import io.github.tfwsam.examples.models.Network;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import org.tensorflow.ndarray.Shape;

/**
 * Spoken digits as {@link SpeechFeatures}, each coefficient with the mean 0 and the deviation 1
 * over all windows of the training part. They do not depend on weights, so they are computed once,
 * when the files are read.
 */
final class SpeechTask {
  private static final int DIGITS = 10;
  private static final int TEST_RECORDINGS = 5;
  private static final Shape SHAPE = Shape.of(SpeechFeatures.FRAMES, SpeechFeatures.COEFFICIENTS);

  private SpeechTask() {}

  static TaskData load(Path folder) throws IOException {
    List<Recording> recordings = Recording.list(folder);
    Predicate<Recording> isTest = recording -> recording.index() < TEST_RECORDINGS;
    List<Recording> training = recordings.stream().filter(isTest.negate()).toList();
    List<Recording> test = recordings.stream().filter(isTest).toList();
    if (training.isEmpty() || test.isEmpty()) {
      throw new IOException(
          String.format(
              "%s: recordings 0 to %d of a digit and speaker are the test part, the others are"
                  + " trained on, and one part is empty; add recordings",
              folder, TEST_RECORDINGS - 1));
    }
    float[] trainingFeatures = features(training);
    float[] testFeatures = features(test);
    var scale = new ColumnScale(trainingFeatures, SpeechFeatures.COEFFICIENTS);
    scale.apply(trainingFeatures);
    scale.apply(testFeatures);
    return new TaskData(examples(training, trainingFeatures), examples(test, testFeatures));
  }

  private static float[] features(List<Recording> recordings) throws IOException {
    int size = Math.toIntExact(SHAPE.size());
    float[] all = new float[recordings.size() * size];
    try (var reader = new WavReader(SpeechFeatures.RATE);
        var features = new SpeechFeatures()) {
      for (int i = 0; i < recordings.size(); i++) {
        float[] one = features.of(reader.read(recordings.get(i).file()));
        System.arraycopy(one, 0, all, i * size, size);
      }
    }
    return all;
  }

  private static LabeledExamples examples(List<Recording> recordings, float[] features) {
    int[] labels = recordings.stream().mapToInt(Recording::digit).toArray();
    return LabeledExamples.of(new Numbers(SHAPE, features), labels, DIGITS);
  }

  static Network<?> convolutions(int classes) {
    return new ConvolutionNetwork(
        SHAPE, SpeechFeatures.FRAMES, SpeechFeatures.COEFFICIENTS, List.of(8, 16, 32, 64), classes);
  }
}
