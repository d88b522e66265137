package io.github.tfwsam.examples.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.function.BooleanSupplier;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * Tells an error in one line, {@code wsam: what is wrong, where, and what to do}. A verb says these
 * three in the message of an {@link IllegalArgumentException}, {@link IllegalStateException} or
 * {@link IOException}.
 */
public final class ErrorLine implements IExecutionExceptionHandler, IParameterExceptionHandler {
  /** The option of every verb that asks for the stack trace too. */
  public static final String STACKTRACE = "--stacktrace";

  private final PrintWriter err;
  private final BooleanSupplier stacktrace;

  /**
   * Errors told to a writer.
   *
   * @param err where the lines go
   * @param stacktrace whether the user asked for the stack trace too
   */
  public ErrorLine(PrintWriter err, BooleanSupplier stacktrace) {
    this.err = err;
    this.stacktrace = stacktrace;
  }

  @Override
  public int handleParseException(ParameterException e, String[] args) {
    String command = e.getCommandLine().getCommandSpec().qualifiedName();
    print(firstLine(e.getMessage()) + " (" + command + " --help lists the options)");
    return ExitCode.USAGE;
  }

  @Override
  public int handleExecutionException(Exception e, CommandLine command, ParseResult arguments) {
    return report(e);
  }

  /**
   * Tells that the work failed.
   *
   * @param failure what was thrown
   * @return the exit status
   */
  public int report(Throwable failure) {
    if (stacktrace.getAsBoolean()) {
      print(what(failure));
      failure.printStackTrace(err);
    } else if (isToldInFull(failure)) {
      print(what(failure));
    } else {
      print(what(failure) + " (" + STACKTRACE + " shows where)");
    }
    return ExitCode.SOFTWARE;
  }

  /** Whether the message says what is wrong, where, and what to do, as those of the verbs do. */
  private static boolean isToldInFull(Throwable failure) {
    return failure instanceof IllegalArgumentException
        || failure instanceof IllegalStateException
        || failure instanceof IOException;
  }

  private static String what(Throwable failure) {
    if (failure instanceof FileSystemException e) {
      return e.getFile() + ": " + reason(e);
    }
    // The message of another exception may be but a name, or nothing.
    return firstLine(isToldInFull(failure) ? failure.getMessage() : failure.toString());
  }

  private static String reason(FileSystemException e) {
    if (e instanceof NoSuchFileException) {
      return "there is no such file; check the path";
    }
    if (e instanceof AccessDeniedException) {
      return "access is denied; check its owner and permissions";
    }
    if (e instanceof FileAlreadyExistsException) {
      return "it is there already, and is no folder; choose another path";
    }
    return firstLine(e.getReason() == null ? e.toString() : e.getReason());
  }

  /**
   * What TensorFlow says of an error, in one line.
   *
   * @param failure what TensorFlow-Java threw
   * @return the first line that says something
   */
  public static String ofTensorFlow(RuntimeException failure) {
    return String.valueOf(failure.getMessage())
        .lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty() && !line.endsWith("root error(s) found."))
        .findFirst()
        .orElse("")
        .replaceFirst("^\\(0\\) \\w+: ", "");
  }

  private static String firstLine(String text) {
    return text.strip().lines().findFirst().orElse("");
  }

  private void print(String message) {
    err.println("wsam: " + message);
    err.flush();
  }
}
