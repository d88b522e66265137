package io.github.tfwsam.examples.experiment;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.tfwsam.examples.tasks.Task;
import io.github.tfwsam.examples.train.Recipe;
import io.github.tfwsam.examples.train.TrainOptions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScaleTest {
  private static final Scale OWN = new Scale(true, List.of(), null, null, null);
  private static final Scale PAPER = new Scale(true, List.of(), null, null, Recipe.PAPER);

  @Test
  void theRecipeIsTheAuthors() {
    Setting setting = PAPER.setting(Task.CIFAR10);
    assertThat(setting.toString())
        .isEqualTo(
            "task cifar10, model resnet18, subset 50000, epochs 200, batch 128, augment true, base"
                + " momentum, lr 0.1, weight decay 0.0005, schedule cosine, rho 0.2, gamma 0,"
                + " coupled false");
    assertThat(PAPER.tasks(Task.DIGITS, Task.CIFAR10, Task.CIFAR100, Task.TEXT))
        .containsExactly(Task.CIFAR10, Task.CIFAR100)
        .inOrder();
  }

  @Test
  void whatTheUserWantsCounts() {
    var scale = new Scale(true, List.of(Task.SPEECH), 3, 64, null);
    assertThat(scale.tasks(Task.CIFAR10)).containsExactly(Task.SPEECH);
    assertThat(scale.setting(Task.SPEECH).get("epochs")).isEqualTo("3");
    assertThat(scale.setting(Task.SPEECH).get("subset")).isEqualTo("64");
    assertThat(OWN.tasks(Task.CIFAR10)).containsExactly(Task.CIFAR10);
    assertThat(new Scale(false, List.of(), null, null, null).tasks(Task.CIFAR10))
        .containsExactly(Task.DIGITS);
  }

  @Test
  void whatMakesNoBatchIsRefused() {
    var scale = new Scale(true, List.of(), null, 31, null);
    var e = assertThrows(IllegalArgumentException.class, () -> scale.setting(Task.DIGITS));
    assertThat(e).hasMessageThat().contains("--subset 31");
  }

  @Test
  void eachExperimentsSettingsAreOptionsOfTrainAndAllDiffer() {
    for (Catalogue name : Catalogue.values()) {
      for (Scale scale : List.of(OWN, PAPER)) {
        if (name == Catalogue.CONSTANT_RHO
            || (scale.equals(PAPER)
                && List.of(Catalogue.DOMAINS, Catalogue.DECOUPLING).contains(name))) {
          continue; // They have no CIFAR, or problems of their own.
        }
        List<Setting> settings = name.experiment().settings(scale);
        assertThat(settings).containsNoDuplicates();
        for (Setting setting : settings) {
          assertThat(setting.values().keySet())
              .containsExactlyElementsIn(settings.get(0).values().keySet())
              .inOrder();
          List<String> arguments = new ArrayList<>(setting.arguments());
          arguments.addAll(List.of("--data", "data"));
          assertThat(TrainOptions.parse(arguments).task().toString())
              .isEqualTo(setting.get("task"));
        }
      }
    }
  }
}
