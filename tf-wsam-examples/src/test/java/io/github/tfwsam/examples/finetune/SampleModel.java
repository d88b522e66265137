package io.github.tfwsam.examples.finetune;

import io.github.tfwsam.examples.cli.ErrorLine;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine;

/**
 * A SavedModel from Python, with data of 40 examples.
 *
 * @param name its folder's name
 */
record SampleModel(String name) {
  /** A multilayer perceptron, x of 4 floats to logits of 3 classes, its only output. */
  static final SampleModel MLP = new SampleModel("k3_mlp.keras_3_export");

  /** The same kind, with signatures train, evaluate and serving_default, and dropout in train. */
  static final SampleModel DROPOUT = new SampleModel("module_dropout");

  /** What a run of the verb ends in. */
  record Outcome(int status, String out, String error) {}

  private Path folder() {
    return Path.of("..", "tf-wsam", "src", "test", "resources", "savedmodels", name);
  }

  Path model() {
    return folder().resolve("model");
  }

  Path data() {
    return folder().resolve("data.npz");
  }

  /** What Python's steps come to. */
  Path steps() {
    return folder().resolve("steps.jsonl");
  }

  /** The arguments of the verb for this model and data. */
  List<String> arguments(Object... more) {
    List<String> arguments = new ArrayList<>(List.of("--model", model().toString()));
    Arrays.stream(more).map(Object::toString).forEach(arguments::add);
    if (!arguments.contains("--data")) {
      arguments.addAll(List.of("--data", data().toString()));
    }
    return arguments;
  }

  /** Runs the verb on this model and data. */
  Outcome finetune(Object... more) {
    var out = new StringWriter();
    var error = new StringWriter();
    var commandLine = new CommandLine(new FinetuneCommand());
    commandLine.setOut(new PrintWriter(out));
    commandLine.setErr(new PrintWriter(error));
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    var errors = new ErrorLine(new PrintWriter(error), () -> false);
    commandLine.setExecutionExceptionHandler(errors);
    commandLine.setParameterExceptionHandler(errors);
    int status = commandLine.execute(arguments(more).toArray(new String[0]));
    commandLine.getErr().flush();
    commandLine.getOut().flush();
    return new Outcome(status, out.toString(), error.toString());
  }
}
