package io.github.tfwsam.examples.experiment;

import io.github.tfwsam.examples.tasks.Task;
import io.github.tfwsam.examples.tasks.TaskData;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The examples of each task, read once. */
final class DataSets {
  private final Path folder;
  private final Map<Task, TaskData> read = new EnumMap<>(Task.class);

  /**
   * Nothing read yet.
   *
   * @param folder the folder that holds the tasks' files; null if there is none
   */
  DataSets(Path folder) {
    this.folder = folder;
  }

  /** Where the files are, as options of {@code wsam train}. */
  List<String> arguments() {
    return folder == null ? List.of() : List.of("--data", folder.toString());
  }

  /**
   * The examples of a task.
   *
   * @throws IOException if a file is missing, cannot be read or is damaged
   */
  synchronized TaskData of(Task task) throws IOException {
    TaskData data = read.get(task);
    if (data == null) {
      data = task.load(folder);
      read.put(task, data);
    }
    return data;
  }
}
