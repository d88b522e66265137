package io.github.tfwsam.examples.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes wav files for tests. */
public final class WavFiles {
  /** The bytes before the samples. */
  static final int HEADER = 44;

  private WavFiles() {}

  /** A file of one channel, 16 bits and 8 kHz. */
  public static Path write(Path file, int... samples) throws IOException {
    return Files.write(file, bytes(1, 8000, 16, samples));
  }

  static byte[] bytes(int channels, int rate, int bits, int... samples) {
    int frame = channels * bits / 8;
    int size = samples.length * bits / 8;
    var buffer = ByteBuffer.allocate(HEADER + size).order(ByteOrder.LITTLE_ENDIAN);
    buffer.put(ascii("RIFF")).putInt(HEADER - 8 + size).put(ascii("WAVEfmt ")).putInt(16);
    buffer.putShort((short) 1).putShort((short) channels).putInt(rate).putInt(rate * frame);
    buffer.putShort((short) frame).putShort((short) bits).put(ascii("data")).putInt(size);
    for (int sample : samples) {
      if (bits == 16) {
        buffer.putShort((short) sample);
      } else {
        buffer.put((byte) sample);
      }
    }
    return buffer.array();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
