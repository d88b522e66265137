package io.github.tfwsam.savedmodel;

import io.github.tfwsam.Tensors;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;

/** The models among the test's resources, as Python wrote them. */
final class SavedModels {
  static final int BATCH = 4;
  private static final int CLASSES = 3;

  private SavedModels() {}

  static Path directory(String name) {
    try {
      return Path.of(SavedModels.class.getResource("/savedmodels/" + name + "/model").toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static SavedModel proto(Path directory) throws IOException {
    try (var stream = Files.newInputStream(directory.resolve("saved_model.pb"))) {
      return SavedModel.parseFrom(stream);
    }
  }

  static void copy(Path source, Path target) throws IOException {
    try (var files = Files.walk(source)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Path copy = target.resolve(source.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(copy);
        } else {
          Files.copy(file, copy);
        }
      }
    }
  }

  /** A batch for the inputs of a signature, the same each time. */
  static Map<String, Tensor> batch(Signature signature) {
    Map<String, Tensor> batch = new TreeMap<>();
    signature.inputs().forEach((name, input) -> batch.put(name, random(input, name)));
    return batch;
  }

  private static Tensor random(Output<?> input, String name) {
    var random = new Random(name.hashCode());
    long[] sizes = input.shape().asArray();
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = sizes[i] < 0 ? BATCH : sizes[i];
    }
    Shape shape = Shape.of(sizes);
    switch (input.dataType()) {
      case DT_INT32 -> {
        return TInt32.tensorOf(
            shape, data -> data.scalars().forEach(s -> s.setInt(random.nextInt(CLASSES))));
      }
      case DT_INT64 -> {
        return TInt64.tensorOf(
            shape, data -> data.scalars().forEach(s -> s.setLong(random.nextInt(CLASSES))));
      }
      default -> {
        return TFloat32.tensorOf(
            shape, data -> data.scalars().forEach(s -> s.setFloat((float) random.nextGaussian())));
      }
    }
  }

  static double[] run(
      TrainableSavedModel model, Signature signature, Output<?> output, Map<String, Tensor> batch) {
    Session.Runner runner = model.session().runner().fetch(output);
    signature.inputs().forEach((name, input) -> runner.feed(input, batch.get(name)));
    try (Result result = runner.run()) {
      return Tensors.toDoubles(result.get(0));
    }
  }

  /** The outputs of a signature, without its side effects. */
  static Map<String, double[]> values(TrainableSavedModel model, Signature signature) {
    Map<String, Tensor> batch = batch(signature);
    Map<String, double[]> values = new TreeMap<>();
    signature
        .values()
        .forEach((name, output) -> values.put(name, run(model, signature, output, batch)));
    batch.values().forEach(Tensor::close);
    return values;
  }

  /** The value of every variable, by name. */
  static Map<String, double[]> variables(TrainableSavedModel model) {
    Map<String, double[]> values = new TreeMap<>();
    model
        .graph()
        .operations()
        .forEachRemaining(
            operation -> {
              if (operation.name().startsWith("saved_model/read/")) {
                try (Result result = model.session().runner().fetch(operation.name()).run()) {
                  values.put(
                      operation.name().substring("saved_model/read/".length()),
                      Tensors.toDoubles(result.get(0)));
                }
              }
            });
    return values;
  }
}
