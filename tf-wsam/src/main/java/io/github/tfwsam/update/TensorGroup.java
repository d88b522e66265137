package io.github.tfwsam.update;

import io.github.tfwsam.graph.Devices;
import io.github.tfwsam.graph.Node;
import io.github.tfwsam.graph.Operations;
import io.github.tfwsam.nativeops.NativeOps;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.DataType;

/**
 * Tensors, or variables, of a list that one op can take: of one element type, on one device, all
 * resources or none, and alike in what else matters.
 *
 * @param type the element type
 * @param device the device that their operations ask for; empty if they ask for none
 * @param indices their places in the list
 */
record TensorGroup(DataType type, String device, List<Integer> indices) {

  private record Key(DataType type, boolean resource, String device, Object likeness) {}

  /** The groups of a list, in the order of their first tensors. */
  static List<TensorGroup> of(List<Output<?>> tensors) {
    return of(tensors, i -> "");
  }

  /** The groups of a list, where tensors are alike if their likenesses, by index, are equal. */
  static List<TensorGroup> of(List<Output<?>> tensors, IntFunction<Object> likeness) {
    Map<Key, List<Integer>> indices = new LinkedHashMap<>();
    for (int i = 0; i < tensors.size(); i++) {
      Output<?> tensor = tensors.get(i);
      var key =
          new Key(
              Operations.variableType(tensor),
              Operations.isResource(tensor),
              Node.operation(tensor).device(),
              likeness.apply(i));
      indices.computeIfAbsent(key, k -> new ArrayList<>()).add(i);
    }
    return indices.entrySet().stream()
        .map(e -> new TensorGroup(e.getKey().type, e.getKey().device, e.getValue()))
        .toList();
  }

  /** Whether native ops can take them where they are. */
  boolean isNative() {
    return NativeOps.runOn(Devices.parse(device).deviceType());
  }

  /** Where to build an op that takes them: on their device. */
  Ops near(Ops tf) {
    return device.isEmpty() ? tf : tf.withDevice(Devices.parse(device));
  }

  /** The elements of a list that runs in parallel to that of the tensors. */
  <T> List<T> select(List<? extends T> list) {
    return indices.stream().<T>map(list::get).toList();
  }

  /** Puts elements of the group into their places. */
  <T> void scatter(List<? extends T> elements, T[] all) {
    IntStream.range(0, indices.size()).forEach(i -> all[indices.get(i)] = elements.get(i));
  }
}
