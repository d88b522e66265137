package io.github.tfwsam.savedmodel;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.github.tfwsam.savedmodel.VariableFiles.Stored;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.BundleEntryProto;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SaverDef;
import org.tensorflow.proto.VariableDef;

/**
 * The variables of a model: which are trained, and where their values are.
 *
 * <p>What is known of them comes from the object graph or, of a model of TensorFlow 1, which has
 * none, from its collections and its saver.
 */
final class ModelVariables {
  private static final Set<String> HANDLES = Set.of("VarHandleOp", "VariableV2", "Variable");
  private static final String TRAINABLE_COLLECTION = "trainable_variables";

  private final MetaGraphDef model;
  private final ObjectGraph objects;
  private final VariableBinding binding;

  ModelVariables(MetaGraphDef model, ObjectGraph objects, VariableBinding binding) {
    this.model = model;
    this.objects = objects;
    this.binding = binding;
  }

  /** The nodes of the main graph that save and restore; none if the object graph says how. */
  List<String> saverNodes() {
    if (objects.exists()) {
      return List.of();
    }
    SaverDef saver = model.getSaverDef();
    return saver.getRestoreOpName().isEmpty()
        ? List.of()
        : List.of(
            NodeDefs.source(saver.getFilenameTensorName()),
            NodeDefs.source(saver.getSaveTensorName()),
            saver.getRestoreOpName());
  }

  private static List<NodeDef.Builder> handles(NodeMap nodes) {
    return nodes.all().stream().filter(node -> HANDLES.contains(node.getOp())).toList();
  }

  /** The variables that Python does not train, by the names of their nodes. */
  Set<String> frozenHandles(NodeMap nodes) {
    Set<Integer> frozen = objects.frozen();
    Set<String> trainedInTf1 = trainableCollection();
    Set<String> names = new HashSet<>();
    for (NodeDef.Builder handle : handles(nodes)) {
      String name = handle.getName();
      if (objects.exists()
          ? binding.object(name).map(frozen::contains).orElse(false)
          : !trainedInTf1.isEmpty() && !trainedInTf1.contains(name)) {
        names.add(name);
      }
    }
    return names;
  }

  /** Empty if the model does not say. */
  private Set<String> trainableCollection() {
    Set<String> names = new HashSet<>();
    var collection = model.getCollectionDefMap().get(TRAINABLE_COLLECTION);
    if (collection != null) {
      for (ByteString variable : collection.getBytesList().getValueList()) {
        try {
          names.add(NodeDefs.source(VariableDef.parseFrom(variable).getVariableName()));
        } catch (InvalidProtocolBufferException e) {
          throw new IllegalArgumentException(
              "its list of trainable variables is damaged: " + e.getMessage(), e);
        }
      }
    }
    return names;
  }

  /** The variables of a floating-point type that are none of the frozen ones. */
  List<String> trainableHandles(NodeMap nodes, Set<String> frozen) {
    return handles(nodes).stream()
        .filter(handle -> ReadRewriter.isFloating(handle.getAttrOrThrow("dtype").getType()))
        .map(NodeDef.Builder::getName)
        .filter(name -> !frozen.contains(name))
        .toList();
  }

  /**
   * Adds to a flat graph what reads and writes the files.
   *
   * @param prefix what the names of the files begin with
   * @param flattener the graph
   * @throws IOException if a file is missing or damaged
   * @throws IllegalArgumentException if a variable has no value in the files
   */
  VariableFiles files(Path prefix, ModelFlattener flattener) throws IOException {
    List<NodeDef.Builder> handles = handles(flattener.nodes());
    boolean isEmpty = handles.isEmpty() && !TensorBundle.exists(prefix);
    TensorBundle checkpoint = isEmpty ? TensorBundle.empty(prefix) : TensorBundle.read(prefix);
    if (!objects.exists() && !saverNodes().isEmpty()) {
      return VariableFiles.of(model.getSaverDef(), flattener);
    }
    Map<Integer, String> keys = objects.checkpointKeys(checkpoint.objectGraph());
    Set<String> initialized = flattener.initialized();
    List<Stored> stored = new ArrayList<>();
    for (NodeDef.Builder handle : handles) {
      String name = handle.getName();
      String key = binding.object(name).map(keys::get).orElse(null);
      if (key == null && initialized.contains(name)) {
        continue;
      }
      if (key == null || !checkpoint.entries().containsKey(key)) {
        throw new IllegalArgumentException(
            "its variable '" + name + "' has no value in " + prefix + ".index");
      }
      stored.add(new Stored(name, key));
    }
    return VariableFiles.add(
        flattener.nodes(), stored, twins(keys, stored, checkpoint), checkpoint);
  }

  /**
   * The keys of variables that are others once more: Keras 3 writes some twice, as it sees them and
   * as the signatures read them. One is known by its name, and by the value that it shares.
   */
  private Map<String, String> twins(
      Map<Integer, String> keys, List<Stored> stored, TensorBundle checkpoint) {
    Map<String, String> originals = new HashMap<>();
    Set<String> known = new HashSet<>();
    Set<String> ambiguous = new HashSet<>();
    for (Stored variable : stored) {
      known.add(variable.key());
      String value =
          describe(binding.object(variable.handle()).orElseThrow(), variable.key(), checkpoint);
      if (originals.put(value, variable.key()) != null) {
        ambiguous.add(value);
      }
    }
    Map<String, String> twins = new LinkedHashMap<>();
    for (int id : objects.variables().keySet()) {
      String key = keys.get(id);
      if (key != null && checkpoint.entries().containsKey(key) && !known.contains(key)) {
        String value = describe(id, key, checkpoint);
        if (originals.containsKey(value) && !ambiguous.contains(value)) {
          twins.put(key, originals.get(value));
        }
      }
    }
    return twins;
  }

  private String describe(int object, String key, TensorBundle checkpoint) {
    BundleEntryProto entry = checkpoint.entries().get(key);
    return objects.object(object).getVariable().getName()
        + entry.getDtype()
        + entry.getShape()
        + entry.getCrc32C();
  }
}
