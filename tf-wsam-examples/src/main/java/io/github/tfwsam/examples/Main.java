package io.github.tfwsam.examples;

import io.github.tfwsam.examples.bench.BenchCommand;
import io.github.tfwsam.examples.cli.ErrorLine;
import io.github.tfwsam.examples.experiment.ExperimentCommand;
import io.github.tfwsam.examples.finetune.FinetuneCommand;
import io.github.tfwsam.examples.quickstart.QuickstartCommand;
import io.github.tfwsam.examples.reference.ReferenceCommand;
import io.github.tfwsam.examples.toy.ToyCommand;
import io.github.tfwsam.examples.train.TrainCommand;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/**
 * The command line of tf-wsam: {@code wsam VERB}, a class a verb.
 *
 * <p>Exit status: 0 done; 1 the work failed, with one line on standard error; 2 bad usage.
 */
@Command(
    name = "wsam",
    description = "Weighted sharpness-aware minimization for TensorFlow-Java.",
    synopsisSubcommandLabel = "VERB",
    commandListHeading = "%nVerbs (wsam VERB --help says more):%n",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    versionProvider = Main.Version.class,
    subcommands = {
      QuickstartCommand.class,
      ToyCommand.class,
      ReferenceCommand.class,
      FinetuneCommand.class,
      TrainCommand.class,
      ExperimentCommand.class,
      BenchCommand.class
    })
public final class Main {
  @Option(
      names = ErrorLine.STACKTRACE,
      scope = ScopeType.INHERIT,
      description = "Where the work fails, show the stack trace too.")
  private boolean stacktrace;

  private Main() {}

  /**
   * Runs a verb, and exits with its status.
   *
   * @param args the verb and its options
   */
  public static void main(String[] args) {
    System.exit(run(writer(System.out), writer(System.err), args));
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(stream, true, Charset.defaultCharset());
  }

  static int run(PrintWriter out, PrintWriter err, String... args) {
    var main = new Main();
    var errors = new ErrorLine(err, () -> main.stacktrace);
    try {
      return new CommandLine(main)
          .setOut(out)
          .setErr(err)
          .setCaseInsensitiveEnumValuesAllowed(true)
          .setParameterExceptionHandler(errors)
          .setExecutionExceptionHandler(errors)
          .execute(args);
    } catch (LinkageError | OutOfMemoryError e) {
      // No exception to picocli, but a TensorFlow that does not load is one to the user.
      return errors.report(e);
    }
  }

  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Main.class.getPackage().getImplementationVersion();
      return new String[] {"wsam " + (version == null ? "(not packaged)" : version)};
    }
  }
}
