package io.github.tfwsam.examples.data;

import io.github.tfwsam.examples.cli.ErrorLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.tensorflow.Graph;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.audio.DecodeWav;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TString;

/** Reads wav files of one channel and 16 bits, through TensorFlow's DecodeWav. */
public final class WavReader implements AutoCloseable {
  private static final String WANTED = "convert it to 16-bit PCM, mono";

  private final int rate;
  private final Graph graph = new Graph();
  private final Session session = new Session(graph);
  private final Placeholder<TString> contents;
  private final DecodeWav decoded;

  /**
   * A reader of files.
   *
   * @param rate how many samples a second they have, in Hz
   */
  public WavReader(int rate) {
    this.rate = rate;
    Ops tf = Ops.create(graph).withDevice(Conversion.CPU);
    contents = tf.placeholder(TString.class, Placeholder.shape(Shape.scalar()));
    decoded = tf.audio.decodeWav(contents);
  }

  /**
   * Reads a file.
   *
   * @param file the file
   * @return its samples, from -1 to 1, at least one
   * @throws IOException if it cannot be read, is damaged, has no samples, or is of another format
   */
  public float[] read(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    try (Tensor fed = TString.tensorOfBytes(NdArrays.scalarOfObject(bytes));
        Result result =
            session
                .runner()
                .feed(contents, fed)
                .fetch(decoded.audio())
                .fetch(decoded.sampleRate())
                .run()) {
      Tensor audio = result.get(0);
      requireFormat(file, audio.shape(), ((TInt32) result.get(1)).getInt());
      float[] samples = new float[Math.toIntExact(audio.shape().size())];
      audio.asRawTensor().data().asFloats().read(samples);
      return samples;
    } catch (RuntimeException e) { // TensorFlow's have no other type in common.
      throw new IOException(
          String.format(
              "%s: no wav file, or a damaged one (%s); %s",
              file, ErrorLine.ofTensorFlow(e), WANTED),
          e);
    }
  }

  private void requireFormat(Path file, Shape shape, int found) throws IOException {
    if (shape.get(1) != 1) {
      throw new IOException(String.format("%s: has %d channels; %s", file, shape.get(1), WANTED));
    }
    if (found != rate) {
      throw new IOException(
          String.format("%s: has %d samples a second; convert it to %d", file, found, rate));
    }
    if (shape.get(0) == 0) {
      throw new IOException(file + ": holds no sample; record it anew, or leave it out");
    }
  }

  @Override
  public void close() {
    session.close();
    graph.close();
  }
}
