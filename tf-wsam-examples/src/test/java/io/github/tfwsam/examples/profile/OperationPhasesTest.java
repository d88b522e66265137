package io.github.tfwsam.examples.profile;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.NodeExecStats;

class OperationPhasesTest {
  /** The skeleton of a step, with a mask that both passes share. */
  private static final OperationPhases PHASES =
      new OperationPhases(
          graph(
              "x",
              "w",
              "mask: x",
              "net/dense: x w mask",
              "running: net/dense",
              "loss: net/dense:0 ^running",
              "accuracy: net/dense",
              "WSAM/first_gradients/dense: loss w mask",
              "WSAM/rho",
              "WSAM/norm: WSAM/first_gradients/dense:1 WSAM/rho",
              "WSAM/Add: WSAM/norm w",
              "WSAM/second_pass/net/dense: x WSAM/Add mask",
              "WSAM/perturbed_loss: WSAM/second_pass/net/dense",
              "WSAM/second_gradients/dense: WSAM/second_pass/net/dense mask",
              "WSAM/norm_1: WSAM/second_gradients/dense",
              "WSAM/clipped: WSAM/first_gradients/dense",
              "slot",
              "SGD_1: w slot WSAM/clipped ^WSAM/norm_1",
              "loop: next",
              "next: loop"));

  private static GraphDef graph(String... nodes) {
    var graph = GraphDef.newBuilder();
    for (String node : nodes) {
      String[] parts = node.split(": ", 2);
      var built = NodeDef.newBuilder().setName(parts[0]).setOp("NoOp");
      if (parts.length > 1) {
        built.addAllInput(List.of(parts[1].split(" ", -1)));
      }
      graph.addNode(built);
    }
    return graph.build();
  }

  @ParameterizedTest
  @CsvSource({
    "x, FORWARD",
    "w, FORWARD",
    "mask, FORWARD",
    "running, FORWARD",
    "loss, FORWARD",
    "WSAM/first_gradients/dense, FIRST_GRADIENTS",
    "WSAM/rho, PERTURBATION",
    "WSAM/norm, PERTURBATION",
    "WSAM/Add, PERTURBATION",
    "WSAM/second_pass/net/dense, SECOND_PASS",
    "WSAM/perturbed_loss, SECOND_PASS",
    "WSAM/second_gradients/dense, SECOND_GRADIENTS",
    "WSAM/norm_1, UPDATE",
    "WSAM/clipped, UPDATE",
    "slot, UPDATE",
    "SGD_1, UPDATE",
    "accuracy, OTHER",
    "loop, OTHER",
  })
  void followsFromWhatComesBeforeAndAfter(String name, Phase phase) {
    assertThat(PHASES.of(name)).hasValue(phase);
  }

  @ParameterizedTest
  @CsvSource({
    "_SOURCE, OTHER",
    "_arg_x_0_0, OTHER",
    "_retval_loss_0_0, OTHER",
    "WSAM_1/first_gradients/new, FIRST_GRADIENTS",
    "outer/WSAM/second_pass/net/gradients/new, SECOND_PASS",
    "ConstantFolding/WSAM/second_gradients/dense-0, SECOND_GRADIENTS",
    "gradients_1/new, FIRST_GRADIENTS",
    "ConstantFoldingCtrl/WSAM/Add_0, PERTURBATION",
    "WSAM/ArithmeticOptimizer/AddOpsRewrite_Leaf_0_norm_1, UPDATE",
    "WSAM/ArithmeticOptimizer/AddOpsRewrite_norm, PERTURBATION",
    "net/dense-0-TransposeNHWCToNCHW-LayoutOptimizer, FORWARD",
    "net/dense/_12, FORWARD",
    "SGD_1__cf__3, UPDATE",
    "net/dense:MatMul, FORWARD",
  })
  void followsFromTheNameOfWhatGrapplerMade(String name, Phase phase) {
    assertThat(PHASES.of(name)).hasValue(phase);
  }

  @Test
  void aStrangersPhaseIsNotGuessedFromItsName() {
    for (String name :
        List.of("stranger", "net/stranger", "rho", "dense_stranger", "WSAM/Additive")) {
      assertWithMessage(name).that(PHASES.of(name)).isEmpty();
    }
  }

  @Test
  void inputsAreReadFromTheLabel() {
    var stats =
        NodeExecStats.newBuilder()
            .setNodeName("a/b")
            .setTimelineLabel("[cpu 1.0MB 2.0MB] a/b = Concat(c, d:1, ^e)")
            .build();
    assertThat(TracedOperation.inputs(stats)).containsExactly("c", "d", "e").inOrder();
    assertThat(TracedOperation.of(stats, "CPU:0", Phase.OTHER, 0).type()).isEqualTo("Concat");
    NodeExecStats unlabelled = NodeExecStats.newBuilder().setNodeName("a/b").build();
    assertThat(TracedOperation.of(unlabelled, "CPU:0", Phase.OTHER, 0).type()).isEmpty();
  }
}
