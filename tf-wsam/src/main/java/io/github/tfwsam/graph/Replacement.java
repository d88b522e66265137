package io.github.tfwsam.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.internal.types.registry.TensorTypeRegistry;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.types.family.TType;

/** One operation that is being rewritten, as its rule sees it. */
final class Replacement {
  private final OperationCopier copier;
  private final Node node;
  private final Application application;
  private final String name;
  private final List<Output<?>> inputs;
  private final List<GraphOperation> controlInputs;
  private final Ops tf;

  /**
   * The replacement of an operation.
   *
   * @param tf where operations are built
   * @param copier builds those that resemble the replaced
   * @param node the operation as it was
   * @param name the full name of the one operation, if it is one
   * @param inputs what feeds the replacement
   * @param controlInputs what the replacement waits for
   */
  Replacement(
      Ops tf,
      OperationCopier copier,
      Node node,
      String name,
      List<Output<?>> inputs,
      List<GraphOperation> controlInputs) {
    this.copier = copier;
    this.node = node;
    this.application = new Application(node);
    this.name = name;
    this.inputs = inputs;
    this.controlInputs = controlInputs;
    this.tf =
        tf.withDevice(Devices.of(node.operation()))
            .withControlDependencyOps(new ArrayList<>(controlInputs));
  }

  /** Where the replacing operations are built. */
  Ops tf() {
    return tf;
  }

  /** The replaced, as it was. */
  Application application() {
    return application;
  }

  /** What feeds the replacement; of a type that the caller knows. */
  @SuppressWarnings("unchecked")
  <T extends TType> Operand<T> input(int index) {
    return (Operand<T>) inputs.get(index);
  }

  /** The type that an attribute of the replaced names. */
  @SuppressWarnings("unchecked") // The caller knows it.
  <T extends TType> Class<T> type(String attribute) {
    DataType type = node.operation().attributes().getAttrType(attribute);
    return (Class<T>) TensorTypeRegistry.find(type).type();
  }

  /** The operation once more, with one input other than it was. */
  List<Output<?>> with(int input, Operand<?> value) {
    List<Output<?>> changed = new ArrayList<>(inputs);
    changed.set(input, value.asOutput());
    return build(node.type(), changed, Map.of());
  }

  /** Another op in its place. */
  List<Output<?>> build(String type, List<Output<?>> inputs, Map<String, AttrValue> changed) {
    GraphOperation built =
        copier.build(type, node.operation(), changed, name, inputs, controlInputs);
    return Operations.outputs(built);
  }

  /** The same for one of several operations that take the place of one. */
  Replacement part(int index) {
    return new Replacement(tf, copier, node, name + "/" + index, inputs, controlInputs);
  }

  /** An output of a type that the caller knows. */
  @SuppressWarnings("unchecked")
  <T extends TType> Operand<T> typed(Output<?> output) {
    return (Operand<T>) output;
  }

  /** The operation's inputs. */
  List<Output<?>> inputs() {
    return inputs;
  }
}
