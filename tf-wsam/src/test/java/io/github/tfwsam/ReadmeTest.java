package io.github.tfwsam;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Java example of the README compiles, runs, and learns. */
class ReadmeTest {
  private static final Pattern EXAMPLE =
      Pattern.compile("```java\\n(.*?class (\\w+) .*?)```", Pattern.DOTALL);

  @Test
  void theExampleCompilesAndLearns(@TempDir Path folder) throws Exception {
    String readme = Files.readString(Path.of("..", "README.md"), StandardCharsets.UTF_8);
    Matcher example = EXAMPLE.matcher(readme);
    assertThat(example.find()).isTrue();
    compile(example.group(1), example.group(2), folder);
    List<Double> losses = run(example.group(2), folder).lines().map(Double::valueOf).toList();
    assertThat(losses).hasSize(6);
    assertThat(losses.get(5)).isLessThan(losses.get(0) / 10);
  }

  private static void compile(String source, String name, Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve(name + ".java"), source);
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    var messages = new StringWriter();
    try (var files = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
      boolean compiled =
          compiler
              .getTask(
                  messages,
                  files,
                  null,
                  List.of("-d", folder.toString()),
                  null,
                  files.getJavaFileObjects(file))
              .call();
      assertWithMessage(messages.toString()).that(compiled).isTrue();
    }
  }

  private static String run(String name, Path folder) throws Exception {
    PrintStream standardOutput = System.out;
    var captured = new ByteArrayOutputStream();
    try (var loader =
        new URLClassLoader(new URL[] {folder.toUri().toURL()}, ReadmeTest.class.getClassLoader())) {
      System.setOut(new PrintStream(captured, true, StandardCharsets.UTF_8));
      var main = loader.loadClass(name).getDeclaredMethod("main", String[].class);
      main.setAccessible(true);
      main.invoke(null, (Object) new String[0]);
    } finally {
      System.setOut(standardOutput);
    }
    return captured.toString(StandardCharsets.UTF_8);
  }
}
