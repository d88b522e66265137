package io.github.tfwsam.savedmodel;

import java.util.Map;
import java.util.TreeMap;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;

/**
 * What a signature is made of before the graph exists: names of tensors of the model's main graph.
 *
 * @param name the signature's name
 * @param inputs tensors by the signature's names
 * @param outputs tensors by the signature's names
 */
record Endpoint(String name, Map<String, TensorInfo> inputs, Map<String, TensorInfo> outputs) {
  static Endpoint of(String name, SignatureDef signature) {
    return new Endpoint(
        name, new TreeMap<>(signature.getInputsMap()), new TreeMap<>(signature.getOutputsMap()));
  }
}
