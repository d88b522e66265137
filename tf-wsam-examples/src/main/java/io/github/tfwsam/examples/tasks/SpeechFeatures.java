package io.github.tfwsam.examples.tasks;

import java.util.Arrays;
import org.tensorflow.DeviceSpec;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.op.audio.AudioSpectrogram;
import org.tensorflow.op.audio.Mfcc;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;

/**
 * Mel-frequency cepstral coefficients of one second of sound, through TensorFlow's AudioSpectrogram
 * and Mfcc: 40 coefficients of 40 mel bands up to 4 kHz, for windows of 32 ms every 16 ms.
 *
 * <p>Source: Davis and Mermelstein, Comparison of Parametric Representations for Monosyllabic Word
 * Recognition in Continuously Spoken Sentences, 1980.
 */
final class SpeechFeatures implements AutoCloseable {
  /** Samples a second. */
  static final int RATE = 8000;

  static final int COEFFICIENTS = 40;
  private static final long WINDOW = 256;
  private static final long STRIDE = 128;

  /** Windows in a second. */
  static final int FRAMES = (int) ((RATE - WINDOW) / STRIDE + 1);

  private final Graph graph = new Graph();
  private final Session session = new Session(graph);
  private final Placeholder<TFloat32> samples;
  private final Operand<TFloat32> coefficients;

  SpeechFeatures() {
    DeviceSpec cpu = DeviceSpec.newBuilder().deviceType(DeviceSpec.DeviceType.CPU).build();
    Ops tf = Ops.create(graph).withDevice(cpu);
    samples = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(RATE, 1)));
    Operand<TFloat32> spectrogram =
        tf.audio.audioSpectrogram(samples, WINDOW, STRIDE, AudioSpectrogram.magnitudeSquared(true));
    coefficients =
        tf.audio.mfcc(
            spectrogram,
            tf.constant(RATE),
            Mfcc.upperFrequencyLimit(RATE / 2f),
            Mfcc.lowerFrequencyLimit(20f),
            Mfcc.filterbankChannelCount((long) COEFFICIENTS),
            Mfcc.dctCoefficientCount((long) COEFFICIENTS));
  }

  /**
   * The coefficients of a sound, which is cut or padded with silence to one second.
   *
   * @return window after window
   */
  float[] of(float[] sound) {
    float[] second = Arrays.copyOf(sound, RATE);
    try (var fed = TFloat32.tensorOf(Shape.of(RATE, 1), DataBuffers.of(second, false, false));
        Result result = session.runner().feed(samples, fed).fetch(coefficients).run()) {
      float[] features = new float[FRAMES * COEFFICIENTS];
      result.get(0).asRawTensor().data().asFloats().read(features);
      return features;
    }
  }

  @Override
  public void close() {
    session.close();
    graph.close();
  }
}
