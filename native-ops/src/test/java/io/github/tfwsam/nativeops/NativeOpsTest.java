package io.github.tfwsam.nativeops;

import static com.google.common.truth.Truth.assertThat;

import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.Graph;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat64;

/** Where the library loads, and what is said where it does not. */
class NativeOpsTest {
  private static final String WARNING = "Native ops are not loaded";

  @BeforeEach
  void needsTheOps() {
    NativeRequirement.check();
  }

  @Test
  void loadingAgainChangesNothing() {
    assertThat(NativeOps.load()).isTrue();
    assertThat(NativeOps.load()).isTrue();
    assertThat(NativeOps.failure()).isEmpty();
  }

  @Test
  void eachVersionOfTensorFlowIsJudged() {
    assertThat(NativeOps.misfit("2.16.2")).isEmpty();
    for (String version : List.of("2.16.1", "2.17.0", "3.0.0", "")) {
      assertThat(NativeOps.misfit(version)).contains("2.16.2], and this is " + version);
    }
  }

  @Test
  void theLibraryNeedsNoSymbolThatIsNotThere() throws Exception {
    String output =
        ChildJvm.run(
            List.of(),
            System.getProperty("java.class.path"),
            Map.of("LD_BIND_NOW", "1"),
            Loading.class);
    assertThat(output).contains("loaded, norm 5.0");
  }

  @Test
  void thePropertyKeepsItFromBeingLoaded() throws Exception {
    String output = ChildJvm.run(List.of("-Dtf.wsam.native=false"), Loading.class);
    assertFailedOnce(output, "the system property tf.wsam.native is false");
  }

  @Test
  void aJarWithoutTheLibraryIsNoticed(@TempDir Path directory) throws Exception {
    String output = ChildJvm.run(List.of(), withClassesIn(directory), Map.of(), Loading.class);
    assertFailedOnce(output, "holds no library for ");
  }

  @Test
  void aCorruptLibraryIsNoticed(@TempDir Path directory) throws Exception {
    String classPath = withClassesIn(directory);
    Path target = directory.resolve(classes().relativize(library()).toString());
    Files.createDirectories(target.getParent());
    Files.writeString(target, "not a library");
    String output = ChildJvm.run(List.of(), classPath, Map.of(), Loading.class);
    assertFailedOnce(output, "UnsatisfiedLinkError");
  }

  private static void assertFailedOnce(String output, String reason) {
    assertThat(output).contains("failed: ");
    assertThat(output.substring(output.indexOf("failed: "))).contains(reason);
    assertThat(output.split(WARNING, -1)).hasLength(2);
  }

  /** The folder of this module's classes. */
  private static Path classes() throws Exception {
    return Path.of(NativeOps.class.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  private static Path packageOf(Path root) {
    return root.resolve(NativeOps.class.getPackageName().replace('.', '/'));
  }

  private static Path library() throws Exception {
    try (Stream<Path> files = Files.walk(classes())) {
      return files
          .filter(file -> file.getFileName().toString().equals(System.mapLibraryName("jniwsam")))
          .findFirst()
          .orElseThrow();
    }
  }

  /** The class path with a copy of this module's classes, which has no library, in their place. */
  private static String withClassesIn(Path directory) throws Exception {
    Path from = packageOf(classes());
    Path to = packageOf(directory);
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.filter(file -> file.toString().endsWith(".class")).toList()) {
        Files.copy(file, to.resolve(file.getFileName().toString()));
      }
    }
    return System.getProperty("java.class.path")
        .replace(classes().toString(), directory.toString());
  }

  @Test
  void severalClassLoadersUseTheOpsOfOneTensorFlow() throws Exception {
    assertThat(ChildJvm.run(List.of(), TwoLoaders.class))
        .contains("loaded, norm 5.0\nloaded, norm 5.0\nloaded, norm 5.0\n");
  }

  /** Loads, three times, and says how it went. */
  public static final class Loading {
    private Loading() {}

    public static void main(String[] args) {
      NativeOps.load();
      NativeOps.failure();
      if (!NativeOps.load()) {
        System.out.println("failed: " + NativeOps.failure().orElseThrow());
        return;
      }
      try (Graph graph = new Graph();
          Session session = new Session(graph)) {
        Ops tf = Ops.create(graph);
        Output<TFloat64> norm =
            FusedOps.globalNorm(tf.scope(), List.of(tf.constant(new double[] {3, 4}).asOutput()));
        try (Result result = session.runner().fetch(norm).run()) {
          System.out.println("loaded, norm " + ((TFloat64) result.get(0)).getDouble());
        }
      }
    }
  }

  /** Loads from class loaders that share TensorFlow alone, and then from that of TensorFlow. */
  public static final class TwoLoaders {
    private TwoLoaders() {}

    public static void main(String[] args) throws Exception {
      var withoutUs =
          new ClassLoader(TwoLoaders.class.getClassLoader()) {
            @Override
            protected Class<?> loadClass(String name, boolean resolve)
                throws ClassNotFoundException {
              if (name.startsWith(NativeOps.class.getPackageName())) {
                throw new ClassNotFoundException(name);
              }
              return super.loadClass(name, resolve);
            }
          };
      URL[] ours = {
        NativeOps.class.getProtectionDomain().getCodeSource().getLocation(),
        TwoLoaders.class.getProtectionDomain().getCodeSource().getLocation()
      };
      for (int i = 0; i < 2; i++) {
        try (var loader = new URLClassLoader(ours, withoutUs)) {
          loader
              .loadClass(Loading.class.getName())
              .getMethod("main", String[].class)
              .invoke(null, (Object) new String[0]);
        }
        System.gc(); // The loader goes, and must not take with it what TensorFlow has.
      }
      Loading.main(args);
    }
  }
}
