package io.github.tfwsam.graph;

import static com.google.common.truth.Truth.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.SwitchCond;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;

class WriteOrderTest {
  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);
  private final Variable<TFloat32> v = tf.withName("v").variable(tf.constant(1f));

  @AfterEach
  void close() {
    graph.close();
  }

  private static List<String> violations(Op... targets) {
    return WriteOrder.violations(
        java.util.Arrays.stream(targets).map(op -> (GraphOperation) op.op()).toList());
  }

  @Test
  void aReadBesideAWriteIsARace() {
    Op read = tf.withName("read").math.exp(v);
    Op write = tf.withName("write").assign(v, tf.constant(2f));
    assertThat(violations(read, write))
        .containsExactly(
            "v: the read by 'read' (Exp) is not ordered with the write by 'write' (Assign)");
  }

  @Test
  void aReadBeforeOrAfterAWriteIsNone() {
    Op before = tf.math.exp(v);
    Op write = tf.withControlDependencies(before).assign(v, tf.constant(2f));
    Op after = tf.withControlDependencies(write).math.exp(v);
    assertThat(violations(before, write, after)).isEmpty();
  }

  @Test
  void twoWritesInNoOrderAreARace() {
    Op one = tf.withName("one").assign(v, tf.constant(2f));
    Op other = tf.withName("other").assignAdd(v, tf.constant(2f));
    assertThat(violations(one, other)).hasSize(1);
    Op ordered = tf.withControlDependencies(one).assignAdd(v, tf.constant(2f));
    assertThat(violations(one, ordered)).isEmpty();
  }

  @Test
  void whatSharesTheVariablesMemoryIsReadWhereItIsUsed() {
    Operand<TFloat32> identity = tf.identity(v);
    Op write = tf.withControlDependencies(identity).assign(v, tf.constant(2f));
    Op use = tf.withName("use").math.exp(identity);
    assertThat(violations(write, use)).hasSize(1);
    assertThat(violations(write, use).get(0)).contains("'use' (Exp)");
    Operand<TFloat32> copy = tf.math.mul(v, tf.constant(1f));
    Op writeAfterCopy = tf.withControlDependencies(copy).assign(v, tf.constant(2f));
    assertThat(violations(writeAfterCopy, tf.math.exp(copy))).isEmpty();
  }

  @Test
  void whatIsNotRunCannotRace() {
    tf.math.exp(v);
    Op write = tf.assign(v, tf.constant(2f));
    assertThat(violations(write)).isEmpty();
  }

  @Test
  void aMergeWaitsForTheSideThatIsTakenAlone() {
    Operand<TBool> condition = tf.placeholder(TBool.class);
    SwitchCond<TFloat32> ofVariable = tf.withName("switch").switchCond(v, condition);
    Op reads = tf.math.exp(ofVariable.outputTrue());
    SwitchCond<TBool> sides = tf.switchCond(condition, condition);
    Operand<TBool> read = tf.withControlDependencies(reads).identity(sides.outputTrue());
    Op either = tf.merge(List.of(read, sides.outputFalse()));
    Op early = tf.withName("early").withControlDependencies(either).assign(v, tf.constant(2f));
    assertThat(violations(early))
        .containsExactly(
            "v: the read by 'switch' (Switch) is not ordered with the write by 'early' (Assign)");

    Operand<TBool> notRead =
        tf.withControlDependencies(ofVariable.outputTrue()).identity(sides.outputFalse());
    Op both = tf.merge(List.of(read, notRead));
    assertThat(violations(tf.withControlDependencies(both).assign(v, tf.constant(2f)))).isEmpty();
  }
}
