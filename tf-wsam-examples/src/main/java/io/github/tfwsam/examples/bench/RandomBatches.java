package io.github.tfwsam.examples.bench;

import io.github.tfwsam.examples.models.Classifier;
import io.github.tfwsam.examples.models.Network;
import io.github.tfwsam.examples.models.TransformerEncoder;
import java.util.Random;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TInt32;

/**
 * Random examples and labels. Each step another batch is copied from Java's memory into the tensors
 * that are fed, as training does.
 */
final class RandomBatches implements AutoCloseable {
  private static final int BATCHES = 8;
  private static final int SEED = 1;

  private final Classifier<?> classifier;
  private final Object[] inputs = new Object[BATCHES];
  private final int[][] labels = new int[BATCHES][];
  private final Tensor input;
  private final TInt32 label;
  private int next;

  RandomBatches(Network<?> network, Classifier<?> classifier, int batch) {
    this.classifier = classifier;
    var random = new Random(SEED);
    Shape shape = network.exampleShape().prepend(batch);
    int size = Math.toIntExact(shape.size());
    for (int i = 0; i < BATCHES; i++) {
      labels[i] = random.ints(batch, 0, network.classes()).toArray();
      if (network instanceof TransformerEncoder transformer) {
        inputs[i] = random.ints(size, 0, transformer.vocabulary()).toArray();
      } else {
        inputs[i] = normal(random, size);
      }
    }
    input = Tensor.of(network.inputType(), shape);
    label = TInt32.tensorOf(Shape.of(batch));
  }

  private static float[] normal(Random random, int size) {
    float[] numbers = new float[size];
    for (int i = 0; i < size; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return numbers;
  }

  /** Feeds the next batch. */
  Session.Runner feed(Session.Runner runner) {
    int batch = next++ % BATCHES;
    if (inputs[batch] instanceof float[] numbers) {
      input.asRawTensor().data().asFloats().write(numbers);
    } else {
      input.asRawTensor().data().asInts().write((int[]) inputs[batch]);
    }
    label.asRawTensor().data().asInts().write(labels[batch]);
    return runner.feed(classifier.input(), input).feed(classifier.labels(), label);
  }

  @Override
  public void close() {
    input.close();
    label.close();
  }
}
