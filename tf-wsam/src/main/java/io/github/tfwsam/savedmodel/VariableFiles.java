package io.github.tfwsam.savedmodel;

import com.google.protobuf.ByteString;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.BundleEntryProto;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SaverDef;
import org.tensorflow.proto.TensorProto;
import org.tensorflow.proto.TensorShapeProto;

/**
 * The nodes that read the values of the variables from the files of a model, and write them.
 *
 * @param restore the operation that sets the variables
 * @param save the operation that writes them, and all else that the files hold
 * @param source the placeholder for what the names of the files to read begin with
 * @param target the placeholder for what the names of the files to write begin with
 */
record VariableFiles(String restore, String save, String source, String target) {
  private static final String SCOPE = "saved_model/";

  /**
   * A variable and where its value is.
   *
   * @param handle the name of its {@code VarHandleOp}
   * @param key its key in the checkpoint
   */
  record Stored(String handle, String key) {}

  /** The saver that a model of TensorFlow 1 brings along. */
  static VariableFiles of(SaverDef saver, ModelFlattener flattener) {
    String filename = NodeDefs.source(flattener.tensor(saver.getFilenameTensorName()));
    return new VariableFiles(
        flattener.done(saver.getRestoreOpName()),
        flattener.done(NodeDefs.source(saver.getSaveTensorName())),
        filename,
        filename);
  }

  /**
   * Adds the nodes.
   *
   * @param nodes the graph
   * @param variables the variables of the graph
   * @param twins keys whose values are always those of other keys
   * @param checkpoint the files
   * @throws IllegalArgumentException if the files hold a variable with another type or shape
   */
  static VariableFiles add(
      NodeMap nodes, List<Stored> variables, Map<String, String> twins, TensorBundle checkpoint) {
    String source = placeholder(nodes, "source");
    String target = placeholder(nodes, "target");
    Map<String, BundleEntryProto> entries = checkpoint.entries();

    NodeDef.Builder restored = NodeDefs.node(nodes.unique(SCOPE + "restored"), "NoOp");
    Map<String, String> values =
        restore(nodes, source, variables.stream().map(Stored::key).distinct().toList(), entries);
    Map<String, String> saved = new LinkedHashMap<>();
    for (Stored variable : variables) {
      NodeDef.Builder handle = nodes.get(variable.handle());
      requireSame(handle, variable.key(), entries.get(variable.key()));
      AttrValue type = handle.getAttrOrThrow("dtype");
      String tensor = variable.handle() + ":0";
      String assign = nodes.unique(SCOPE + "assign/" + variable.handle());
      nodes.add(
          NodeDefs.node(assign, "AssignVariableOp", tensor, values.get(variable.key()))
              .putAttr("dtype", type));
      restored.addInput("^" + assign);
      String read = nodes.unique(SCOPE + "read/" + variable.handle());
      nodes.add(NodeDefs.node(read, "ReadVariableOp", tensor).putAttr("dtype", type));
      saved.putIfAbsent(variable.key(), read + ":0");
    }
    nodes.add(restored);

    twins.forEach((key, twin) -> saved.put(key, saved.get(twin)));
    List<String> others = entries.keySet().stream().filter(k -> !saved.containsKey(k)).toList();
    saved.putAll(restore(nodes, source, others, entries));
    return new VariableFiles(
        restored.getName(), save(nodes, target, saved, entries), source, target);
  }

  private static String placeholder(NodeMap nodes, String name) {
    String unique = nodes.unique(SCOPE + name);
    nodes.add(
        NodeDefs.node(unique, "Placeholder")
            .putAttr("dtype", NodeDefs.type(DataType.DT_STRING))
            .putAttr("shape", NodeDefs.shape(NodeDefs.shapeOf())));
    return unique;
  }

  /** The values of some keys, by key. */
  private static Map<String, String> restore(
      NodeMap nodes, String prefix, List<String> keys, Map<String, BundleEntryProto> entries) {
    Map<String, String> tensors = new LinkedHashMap<>();
    if (keys.isEmpty()) {
      return tensors;
    }
    String restore = nodes.unique(SCOPE + "RestoreV2");
    nodes.add(
        NodeDefs.node(
                restore, "RestoreV2", prefix + ":0", names(nodes, keys), wholes(nodes, keys.size()))
            .putAttr("dtypes", types(keys, entries)));
    for (String key : keys) {
      tensors.put(key, restore + ":" + tensors.size());
    }
    return tensors;
  }

  private static String save(
      NodeMap nodes,
      String prefix,
      Map<String, String> tensors,
      Map<String, BundleEntryProto> entries) {
    List<String> keys = List.copyOf(tensors.keySet());
    String save = nodes.unique(SCOPE + "SaveV2");
    if (keys.isEmpty()) {
      nodes.add(NodeDefs.node(save, "NoOp"));
      return save;
    }
    nodes.add(
        NodeDefs.node(save, "SaveV2", prefix + ":0", names(nodes, keys), wholes(nodes, keys.size()))
            .addAllInput(tensors.values())
            .putAttr("dtypes", types(keys, entries)));
    return save;
  }

  private static String names(NodeMap nodes, List<String> keys) {
    String name = nodes.unique(SCOPE + "keys");
    nodes.add(NodeDefs.constant(name, keys));
    return name + ":0";
  }

  /** No slices of tensors, but all of each. */
  private static String wholes(NodeMap nodes, int count) {
    String name = nodes.unique(SCOPE + "slices");
    nodes.add(
        NodeDefs.constant(
            name,
            TensorProto.newBuilder()
                .setDtype(DataType.DT_STRING)
                .setTensorShape(NodeDefs.shapeOf(count))
                .addStringVal(ByteString.EMPTY)));
    return name + ":0";
  }

  private static AttrValue types(List<String> keys, Map<String, BundleEntryProto> entries) {
    return NodeDefs.types(keys.stream().map(key -> entries.get(key).getDtype()).toList());
  }

  private static void requireSame(NodeDef.Builder handle, String key, BundleEntryProto entry) {
    DataType type = handle.getAttrOrThrow("dtype").getType();
    TensorShapeProto shape = handle.getAttrOrThrow("shape").getShape();
    if (type != entry.getDtype() || !matches(shape, entry.getShape())) {
      throw new IllegalArgumentException(
          "its variable '"
              + handle.getName()
              + "' is "
              + describe(type, shape)
              + ", but the files hold as "
              + key
              + " "
              + describe(entry.getDtype(), entry.getShape()));
    }
  }

  private static boolean matches(TensorShapeProto declared, TensorShapeProto stored) {
    if (declared.getUnknownRank()) {
      return true;
    }
    boolean matches = declared.getDimCount() == stored.getDimCount();
    for (int i = 0; matches && i < declared.getDimCount(); i++) {
      long size = declared.getDim(i).getSize();
      matches = size < 0 || size == stored.getDim(i).getSize();
    }
    return matches;
  }

  private static String describe(DataType type, TensorShapeProto shape) {
    return type
        + (shape.getUnknownRank()
            ? ""
            : shape.getDimList().stream().map(TensorShapeProto.Dim::getSize).toList().toString());
  }
}
