package io.github.tfwsam.examples.tasks;

import io.github.tfwsam.examples.models.Network;
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
  /** Not ready. */
  CIFAR10,
  /** Not ready. */
  CIFAR100,
  /** Not ready. */
  TEXT,
  /** Not ready. */
  SPEECH;

  /**
   * Reads the examples.
   *
   * @param folder where the files are; not used by DIGITS
   * @return the examples
   * @throws IOException if a file is missing, cannot be read or is damaged
   */
  public TaskData load(Path folder) throws IOException {
    return switch (this) {
      case DIGITS -> DigitsTask.load();
      default -> throw new IOException(this + " is not there yet; take digits");
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
    int classes = data.training().classes();
    return switch (model) {
      case "mlp" -> DigitsTask.mlp(classes);
      case "conv" -> DigitsTask.convolutions(classes);
      default -> throw new IllegalStateException(model + " is not there yet; take mlp");
    };
  }

  /** The name on the command line. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
