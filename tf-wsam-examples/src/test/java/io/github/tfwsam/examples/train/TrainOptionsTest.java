package io.github.tfwsam.examples.train;

import static com.google.common.truth.Truth.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class TrainOptionsTest {
  private static final String PAPER = "--task cifar10 --data there --recipe paper";

  @Command
  private static final class Verb {
    @Mixin private TrainOptions options;
  }

  private static TrainOptions parse(String arguments) {
    var verb = new Verb();
    new CommandLine(verb)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .parseArgs(arguments.split(" ", -1));
    verb.options.decide();
    return verb.options;
  }

  @Test
  void thePapersRecipeIsTheAuthors() {
    TrainOptions options = parse(PAPER);
    assertThat(options.toString()).isEqualTo("cifar10, resnet18");
    assertThat(options.batch()).isEqualTo(128);
    assertThat(options.epochs()).isEqualTo(200);
    Map<String, String> training = options.training().settings(78_000);
    assertThat(training)
        .containsAtLeast(
            "--base",
            "momentum",
            "--lr",
            "0.1",
            "--momentum",
            "0.9",
            "--weight-decay",
            "0.0005",
            "--schedule",
            "cosine",
            "--rho",
            "0.2",
            "--gamma",
            "0.9",
            "--coupled",
            "false");
  }

  @Test
  void whatIsGivenByHandCounts() {
    TrainOptions options =
        parse(PAPER + " --model resnet8 --epochs 3 --rho 0.1 --schedule constant --batch 16");
    assertThat(options.toString()).isEqualTo("cifar10, resnet8");
    assertThat(options.batch()).isEqualTo(16);
    assertThat(options.epochs()).isEqualTo(3);
    assertThat(options.training().settings(9))
        .containsAtLeast("--rho", "0.1", "--schedule", "constant", "--lr", "0.1");
  }

  @Test
  void theRecipeIsThatOfAnyOptimizer() {
    assertThat(parse(PAPER + " --optimizer sam").training().settings(9))
        .containsAtLeast("--rho", "0.2", "--gamma", "0.5", "--coupled", "true");
    assertThat(parse(PAPER + " --optimizer base").training().settings(9))
        .containsAtLeast("--rho", "0.2", "--gamma", "0", "--weight-decay", "0.0005");
  }

  @Test
  void withoutOneTheTaskChoosesTheNetwork() {
    assertThat(parse("--task digits").toString()).isEqualTo("digits, mlp");
    assertThat(parse("--task cifar100 --data there").toString()).isEqualTo("cifar100, resnet8");
  }
}
