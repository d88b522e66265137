package io.github.tfwsam.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.exceptions.TensorFlowException;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.proto.DataType;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TString;

/**
 * All variables of a session on disk, and back, to the bit: weights, slots of optimizers, step
 * counters, random states; reference and resource variables of any element type. ({@code
 * Session.save} writes no resource variables.)
 *
 * <p>A checkpoint is a folder. It holds a checkpoint file of TensorFlow with the prefix {@code
 * variables}, a tensor a variable under the name of the variable's operation; Python reads it by
 * {@code tf.train.load_checkpoint}. Two more tensors, {@code _properties} and {@code _variables},
 * hold texts of the caller and what the variables are.
 */
public final class Checkpoint {
  private static final String PREFIX = "variables";
  private static final String PROPERTIES = "_properties";
  private static final String VARIABLES = "_variables";

  private final Session session;
  private final Map<String, String> descriptions = new LinkedHashMap<>();
  private final Placeholder<TString> prefix;
  private final Placeholder<TString> properties;
  private final Op save;
  private final Output<?> restoredProperties;
  private final Output<?> restoredVariables;
  private final List<Operation> assigns = new ArrayList<>();

  /**
   * The checkpoint of the variables that hold a value, after the graph's initializers ran. It adds
   * operations to the graph: make it once, when the graph is whole.
   *
   * @param session the session that holds the variables
   */
  public Checkpoint(Session session) {
    this.session = session;
    session.initialize();
    Ops tf = Ops.create(session.graph()).withSubScope("checkpoint");
    List<StoredVariable> variables = initialized(tf);
    variables.forEach(variable -> descriptions.put(variable.name(), variable.description()));
    prefix = tf.placeholder(TString.class);
    properties = tf.placeholder(TString.class);
    save = save(tf, variables);
    List<Output<?>> texts =
        restore(
            tf, List.of(PROPERTIES, VARIABLES), List.of(DataType.DT_STRING, DataType.DT_STRING));
    restoredProperties = texts.get(0);
    restoredVariables = texts.get(1);
    List<Output<?>> values =
        restore(
            tf,
            List.copyOf(descriptions.keySet()),
            variables.stream().map(StoredVariable::type).toList());
    for (int i = 0; i < variables.size(); i++) {
      assigns.add(variables.get(i).assign(tf, values.get(i)));
    }
  }

  private List<StoredVariable> initialized(Ops tf) {
    List<StoredVariable> all = StoredVariable.of(session.graph());
    Session.Runner runner = session.runner();
    all.forEach(variable -> runner.fetch(variable.isInitialized(tf)));
    List<StoredVariable> initialized = new ArrayList<>();
    try (Result result = runner.run()) {
      for (int i = 0; i < all.size(); i++) {
        if (((TBool) result.get(i)).getBoolean()) {
          initialized.add(all.get(i));
        }
      }
    }
    return initialized;
  }

  private Op save(Ops tf, List<StoredVariable> variables) {
    List<String> names = new ArrayList<>(List.of(PROPERTIES, VARIABLES));
    List<Operand<?>> values = new ArrayList<>(List.of(properties, tf.array(texts(descriptions))));
    for (StoredVariable variable : variables) {
      names.add(variable.name());
      values.add(variable.read(tf));
    }
    return tf.train.save(prefix, strings(tf, names), wholes(tf, names), values);
  }

  private List<Output<?>> restore(Ops tf, List<String> names, List<DataType> types) {
    // Not tf.train.restore: it wants a class for each element type.
    Operation restore =
        tf.scope()
            .opBuilder("RestoreV2", "restore")
            .addInput(prefix.asOutput())
            .addInput(strings(tf, names).asOutput())
            .addInput(wholes(tf, names).asOutput())
            .setAttr("dtypes", types.toArray(new DataType[0]))
            .build();
    return List.of(restore.outputList(0, names.size()));
  }

  private static Operand<TString> strings(Ops tf, List<String> strings) {
    return tf.array(strings.toArray(new String[0]));
  }

  /** Of each tensor the whole, no slice. */
  private static Operand<TString> wholes(Ops tf, List<String> names) {
    return strings(tf, names.stream().map(name -> "").toList());
  }

  /**
   * Writes the variables' values as they are now: beside the folder first, then renamed, so that
   * the folder is there whole or not at all.
   *
   * @param folder the folder to make; there is none such yet, but the one that it will lie in
   * @param texts what else a resumed training wants to know
   * @throws IOException if it cannot be written
   */
  public void save(Path folder, Map<String, String> texts) throws IOException {
    Path unfinished = folder.resolveSibling(folder.getFileName() + Folders.UNFINISHED);
    Folders.delete(unfinished);
    Files.createDirectory(unfinished);
    try (var path = prefixOf(unfinished);
        var values = vector(texts(texts))) {
      session.runner().feed(prefix, path).feed(properties, values).addTarget(save).run().close();
      Files.move(unfinished, folder, StandardCopyOption.ATOMIC_MOVE);
    } catch (TensorFlowException e) {
      throw new IOException(folder + ": cannot be written: " + Folders.firstLine(e), e);
    } finally {
      Folders.delete(unfinished);
    }
  }

  /**
   * Reads the texts of a checkpoint.
   *
   * @param folder the folder of the checkpoint
   * @return the texts that it was saved with
   * @throws IOException if there is no checkpoint, or it is damaged
   */
  public Map<String, String> properties(Path folder) throws IOException {
    return read(folder, restoredProperties);
  }

  private Map<String, String> read(Path folder, Output<?> texts) throws IOException {
    try (var path = prefixOf(folder);
        Result result = session.runner().feed(prefix, path).fetch(texts).run()) {
      return map((TString) result.get(0));
    } catch (TensorFlowException e) {
      throw damaged(folder, e);
    }
  }

  /**
   * Gives the variables the values that were saved. Nothing changes unless all can be read.
   *
   * @param folder the folder of the checkpoint
   * @throws IOException if there is no checkpoint, or it is damaged
   * @throws IllegalArgumentException if it is of other variables; it names the first that differs
   */
  public void restore(Path folder) throws IOException {
    checkSameVariables(folder, read(folder, restoredVariables));
    try (var path = prefixOf(folder)) {
      Session.Runner runner = session.runner().feed(prefix, path);
      assigns.forEach(runner::addTarget);
      runner.run().close();
    } catch (TensorFlowException e) {
      throw damaged(folder, e);
    }
  }

  private void checkSameVariables(Path folder, Map<String, String> saved) {
    Stream.concat(descriptions.keySet().stream(), saved.keySet().stream())
        .filter(name -> !saved.getOrDefault(name, "none").equals(descriptions.get(name)))
        .findFirst()
        .ifPresent(
            name -> {
              throw new IllegalArgumentException(
                  String.format(
                      "%s: is of another graph: the variable '%s' is %s there, and %s here. Take the"
                          + " model and the options that it was saved with.",
                      folder,
                      name,
                      saved.getOrDefault(name, "none"),
                      descriptions.getOrDefault(name, "none")));
            });
  }

  private static IOException damaged(Path folder, TensorFlowException e) {
    return new IOException(
        folder + ": no checkpoint, or a damaged one: " + Folders.firstLine(e), e);
  }

  private static TString prefixOf(Path folder) {
    return TString.scalarOf(folder.resolve(PREFIX).toString());
  }

  /** Unlike {@code TString.vectorOf}, also of no strings. */
  private static TString vector(String[] strings) {
    return TString.tensorOf(Shape.of(strings.length), DataBuffers.ofObjects(strings));
  }

  private static String[] texts(Map<String, String> map) {
    return map.entrySet().stream()
        .flatMap(entry -> Stream.of(entry.getKey(), entry.getValue()))
        .toArray(String[]::new);
  }

  private static Map<String, String> map(TString texts) {
    Map<String, String> map = new LinkedHashMap<>();
    for (long i = 0; i + 1 < texts.size(); i += 2) {
      map.put(texts.getObject(i), texts.getObject(i + 1));
    }
    return map;
  }
}
