package io.github.tfwsam.examples.tasks;

import io.github.tfwsam.examples.data.CifarFormat;
import io.github.tfwsam.examples.models.Network;
import io.github.tfwsam.examples.models.ResNet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** What networks are trained for. */
public enum Task {
  /**
   * The digits that come with the program: 8 x 8 pixels from 0 to 1, row by row. 500 of the 1,797
   * are the test part, drawn once and for all, as the data has none of its own.
   */
  DIGITS,
  /**
   * CIFAR-10's photographs of 32 x 32 pixels, of 10 classes, in its authors' binary form. Each
   * color has the mean 0 and the deviation 1 over all training images.
   */
  CIFAR10,
  /** CIFAR-100's photographs by their 100 fine classes, as {@link #CIFAR10}. */
  CIFAR100,
  /**
   * Texts, one {@code label<TAB>text} a line of train.tsv and test.tsv, as tokens of their first 32
   * words: 0 is padding, 1 is each word that is not among the 2,000 most frequent ones of
   * train.tsv.
   */
  TEXT,
  /**
   * Spoken digits, of 16 bits, one channel and 8 kHz, in files named digit_speaker_index.wav, of
   * which those of the indices 0 to 4 are the test part: 40 mel-frequency cepstral coefficients of
   * each of 61 windows of the first second, each with the mean 0 and the deviation 1 over the
   * training part.
   */
  SPEECH;

  /**
   * Reads the examples.
   *
   * @param folder where the files are, or a folder at most two levels above; not used by DIGITS,
   *     and null will do
   * @return the examples
   * @throws IOException if a file is missing, cannot be read or is damaged
   * @throws IllegalArgumentException if there is no folder, and the task wants one
   */
  public TaskData load(Path folder) throws IOException {
    if (folder == null && this != DIGITS) {
      throw new IllegalArgumentException(
          "The task " + this + " has no data of its own; give the folder with its files");
    }
    return switch (this) {
      case DIGITS -> DigitsTask.load();
      case CIFAR10 -> CifarTask.load(folder, CifarFormat.CIFAR10);
      case CIFAR100 -> CifarTask.load(folder, CifarFormat.CIFAR100);
      case TEXT -> TextTask.load(folder);
      case SPEECH -> SpeechTask.load(folder);
    };
  }

  /**
   * The networks that suit the task.
   *
   * @return their names, the default first
   */
  public List<String> models() {
    return switch (this) {
      case DIGITS -> List.of("mlp", "conv");
      case CIFAR10, CIFAR100 -> List.of("resnet8", "resnet20", "resnet18");
      case TEXT -> List.of("textcnn", "transformer");
      case SPEECH -> List.of("speechcnn");
    };
  }

  /**
   * A network for the task.
   *
   * @param model one of {@link #models()}
   * @param data the examples, which tell shapes and classes
   * @return the network
   * @throws IllegalArgumentException if the task has no such network
   */
  public Network<?> network(String model, TaskData data) {
    if (!models().contains(model)) {
      throw new IllegalArgumentException(
          String.format(
              "The task %s has no model '%s'; take %s",
              this, model, String.join(" or ", models())));
    }
    LabeledExamples training = data.training();
    int classes = training.classes();
    return switch (model) {
      case "mlp" -> DigitsTask.mlp(classes);
      case "conv" -> DigitsTask.convolutions(classes);
      case "resnet8" -> ResNet.resnet8(classes);
      case "resnet20" -> ResNet.resnet20(classes);
      case "resnet18" -> ResNet.resnet18(classes);
      case "textcnn" -> TextTask.convolutions(training);
      case "transformer" -> TextTask.transformer(training);
      case "speechcnn" -> SpeechTask.convolutions(classes);
      default -> throw new AssertionError(model);
    };
  }

  /** The name on the command line. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
