package io.github.tfwsam.examples;

import static com.google.common.truth.Truth.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command line in a process of its own, which is killed in the middle of its work. */
public final class KilledCommand {
  private KilledCommand() {}

  /**
   * Runs a verb, and kills it.
   *
   * @param arguments the verb and its options
   * @param sign what is there as soon as it may be killed
   */
  public static void run(List<String> arguments, Path sign)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-Dtf.wsam.native=" + System.getProperty("tf.wsam.native", "true"),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
    command.addAll(arguments);
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      while (process.isAlive() && !Files.exists(sign)) {
        Thread.sleep(1);
      }
      assertThat(process.isAlive()).isTrue();
    } finally {
      process.destroyForcibly().waitFor();
    }
  }
}
