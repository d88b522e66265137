package io.github.tfwsam.examples.bench;

import picocli.CommandLine.Command;

/** {@code wsam bench}: measures how long the optimizer's work takes. */
@Command(
    name = "bench",
    description = "Measures how long the optimizer's work takes.",
    synopsisSubcommandLabel = "WHAT",
    commandListHeading = "%nWhat (wsam bench WHAT --help says more):%n",
    subcommands = {StepCommand.class, UpdateCommand.class})
public final class BenchCommand {
  /** The verb. */
  public BenchCommand() {}
}
