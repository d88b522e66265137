package io.github.tfwsam.graph;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tensorflow.DeviceSpec;
import org.tensorflow.GraphOperation;

/** Where an operation was placed, in the form that a scope takes. */
public final class Devices {
  /**
   * A part of {@code /job:worker/replica:0/task:1/device:GPU:0}; also of the older {@code /gpu:0}.
   */
  private static final Pattern PART =
      Pattern.compile(
          "/(?:(?<key>job|replica|task):(?<value>[^/]+)"
              + "|(?:device:)?(?<type>[A-Za-z_]+)(?::(?:(?<index>\\d+)|\\*))?)");

  private Devices() {}

  /**
   * The device that an operation asks for.
   *
   * @param operation an operation
   * @return its device; an empty specification if it asks for none
   * @throws IllegalArgumentException if the device string is not of TensorFlow's form
   */
  public static DeviceSpec of(GraphOperation operation) {
    return parse(operation.device());
  }

  /**
   * Parses a device string.
   *
   * @param device a device string; may be empty
   * @return the device
   * @throws IllegalArgumentException if the device string is not of TensorFlow's form
   */
  public static DeviceSpec parse(String device) {
    DeviceSpec.Builder spec = DeviceSpec.newBuilder();
    Matcher part = PART.matcher(device);
    while (part.find()) {
      String key = part.group("key");
      if (key == null) {
        String type = part.group("type").toUpperCase(Locale.ROOT);
        spec.deviceType(DeviceSpec.DeviceType.valueOf(type));
        if (part.group("index") != null) {
          spec.deviceIndex(Integer.valueOf(part.group("index")));
        }
        continue;
      }
      String value = part.group("value");
      switch (key) {
        case "job" -> spec.job(value);
        case "replica" -> spec.replica(Integer.valueOf(value));
        default -> spec.task(Integer.valueOf(value));
      }
    }
    return spec.build();
  }
}
