package io.github.tfwsam.examples.tasks;

import io.github.tfwsam.examples.data.CifarFormat;
import io.github.tfwsam.examples.data.CifarImages;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.IntStream;

/** The images of CIFAR-10 and CIFAR-100. */
final class CifarTask {
  private CifarTask() {}

  static TaskData load(Path folder, CifarFormat format) throws IOException {
    CifarImages training = format.readTraining(folder);
    CifarImages test = format.readTest(folder);
    Images inputs = Images.training(training);
    return new TaskData(
        examples(inputs, training, format), examples(inputs.alike(test), test, format));
  }

  private static LabeledExamples examples(Images inputs, CifarImages images, CifarFormat format) {
    int[] labels = IntStream.range(0, images.size()).map(images::label).toArray();
    return LabeledExamples.of(inputs, labels, format.classes());
  }
}
