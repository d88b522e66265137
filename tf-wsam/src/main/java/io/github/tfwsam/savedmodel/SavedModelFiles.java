package io.github.tfwsam.savedmodel;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.SavedModel;

/**
 * The files of a SavedModel.
 *
 * @param directory the folder
 * @param metaGraph the graph that is tagged "serve"
 */
record SavedModelFiles(Path directory, MetaGraphDef metaGraph) {
  static final String VARIABLES = "variables";
  private static final String PROTO = "saved_model.pb";
  private static final String TAG = "serve";

  /**
   * Reads {@code saved_model.pb}.
   *
   * @throws IOException if it is not there or damaged
   * @throws IllegalArgumentException if it holds no graph that is tagged "serve"
   */
  static SavedModelFiles read(Path directory) throws IOException {
    Path file = directory.resolve(PROTO);
    if (!Files.isRegularFile(file)) {
      throw new NoSuchFileException(
          file.toString(), null, "not there: a SavedModel is a folder that holds " + PROTO);
    }
    SavedModel model;
    try (var stream = Files.newInputStream(file)) {
      model = SavedModel.parseFrom(stream);
    } catch (InvalidProtocolBufferException e) {
      throw new IOException(file + " is damaged: " + e.getMessage(), e);
    }
    List<MetaGraphDef> served =
        model.getMetaGraphsList().stream()
            .filter(graph -> graph.getMetaInfoDef().getTagsList().contains(TAG))
            .toList();
    if (served.isEmpty()) {
      throw new IllegalArgumentException(
          "none of its graphs is tagged \""
              + TAG
              + "\", only "
              + model.getMetaGraphsList().stream()
                  .map(graph -> graph.getMetaInfoDef().getTagsList().toString())
                  .toList());
    }
    return new SavedModelFiles(directory, served.get(0));
  }

  /** What the names of the files with the variables' values begin with. */
  Path variables() {
    return directory.resolve(VARIABLES).resolve(VARIABLES);
  }

  /** A file that the graph reads: a vocabulary. */
  Path asset(String name) {
    return directory.resolve("assets").resolve(name);
  }
}
