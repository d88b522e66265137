package io.github.tfwsam.nativeops;

import static com.google.common.truth.Truth.assertWithMessage;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A JVM of its own, for what a process can try only once. */
final class ChildJvm {
  private ChildJvm() {}

  static String run(List<String> options, Class<?> main) throws IOException, InterruptedException {
    return run(options, System.getProperty("java.class.path"), Map.of(), main);
  }

  /** What main writes, also to standard error; the JVM must end well. */
  static String run(
      List<String> options, String classPath, Map<String, String> environment, Class<?> main)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx256m");
    command.addAll(options);
    command.addAll(List.of("-cp", classPath, main.getName()));
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertWithMessage("exit status of a child that wrote %s", output)
        .that(process.waitFor())
        .isEqualTo(0);
    return output;
  }
}
