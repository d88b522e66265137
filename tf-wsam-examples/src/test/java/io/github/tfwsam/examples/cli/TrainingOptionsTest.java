package io.github.tfwsam.examples.cli;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.Graph;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParameterException;

class TrainingOptionsTest {
  @Command
  private static final class Verb {
    @Mixin private TrainingOptions training = new TrainingOptions(BaseOptimizer.ADAM);
  }

  private static TrainingOptions parse(String arguments) {
    var verb = new Verb();
    new CommandLine(verb)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .parseArgs(arguments.isEmpty() ? new String[0] : arguments.split(" ", -1));
    return verb.training;
  }

  private static String optimizer(String arguments) {
    try (var graph = new Graph()) {
      return parse(arguments).optimizer(graph, 100).toString();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--base sgd --lr 0.3 | SGD | 0.3 | momentum=0.0, nesterov=false",
        "--base momentum --momentum 0.8 | SGD | 0.1 | momentum=0.8, nesterov=false",
        "--base nesterov | SGD | 0.1 | momentum=0.9, nesterov=true",
        "--base adam --beta1 0.8 --beta2 0.99 --epsilon 1e-5 | Adam | 0.1 |"
            + " betaOne=0.8, betaTwo=0.99, epsilon=1.0E-5",
        "--base adamw | AdamW | 0.1 | betaOne=0.9, betaTwo=0.999, epsilon=1.0E-7",
        "--base rmsprop --epsilon 1e-3 | RMSProp | 0.1 | epsilon=0.001",
        "--base adagrad --epsilon 1e-3 | Adagrad | 0.1 | epsilon=0.001",
      })
  void chooseTheBase(String arguments, String name, String rate, String numbers) {
    String optimizer = optimizer(arguments + " --weight-decay 0.25");
    assertThat(optimizer).ignoringCase().contains("base=" + name + "{");
    assertThat(optimizer).contains(rate);
    assertThat(optimizer).contains(numbers);
    assertThat(optimizer).contains("weightDecay=0.25");
  }

  @Test
  void theVerbHasADefaultForTheBase() {
    assertThat(optimizer("")).contains("base=Adam{");
  }

  @Test
  void chooseTheSharpness() {
    assertThat(optimizer(""))
        .contains("rho=0.05, gamma=0.9, decoupled=true, adaptive=false, maxNorm=none");
    assertThat(optimizer("--rho 0.2 --gamma 0.5 --coupled --adaptive --max-norm 3"))
        .contains("rho=0.2, gamma=0.5, decoupled=false, adaptive=true, maxNorm=3.0");
    assertThat(parse("--gamma 0").hasSecondPass(1)).isFalse();
    assertThat(parse("").hasSecondPass(2)).isTrue();
    assertThat(parse("--seed 7").seed()).isEqualTo(7);
  }

  @Test
  void chooseTheStepsThatArePerturbed() {
    assertThat(optimizer("--every 3")).contains("every=3");
    assertThat(LongStream.rangeClosed(1, 7).filter(parse("--every 3")::hasSecondPass).boxed())
        .containsExactly(1L, 4L, 7L);
    assertThat(parse("--every 3").settings(9)).containsEntry("--every", "3");
    assertThrows(ParameterException.class, () -> parse("--every 0"));
  }

  @Test
  void theNumberOfStepsMattersToASchedule() {
    assertThat(parse("").settings(5)).isEqualTo(parse("").settings(6));
    assertThat(parse("--schedule cosine").settings(5))
        .isNotEqualTo(parse("--schedule cosine").settings(6));
    assertThat(parse("--lr 0.2").settings(5)).isNotEqualTo(parse("").settings(5));
  }
}
