package io.github.tfwsam.examples.reference;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.tensorflow.ndarray.DoubleNdArray;
import org.tensorflow.ndarray.Shape;

/**
 * Reads a file of cases, and checks all of it: what is wrong is said by the number of the case,
 * from 1, and the key, before anything is built of it.
 */
final class CaseReader {
  private static final List<String> KEYS =
      List.of(
          "base",
          "decouple",
          "adaptive",
          "rho",
          "gamma",
          "max_norm",
          "hyper",
          "init",
          "x",
          "y",
          "order",
          "losses",
          "weights");

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .build();

  private CaseReader() {}

  /**
   * Reads a file.
   *
   * @throws IllegalArgumentException if it is not there, no JSON, or not a list of cases
   */
  static List<ReferenceCase> read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException(
          file
              + ": there is no such file; tf-wsam-examples/src/main/python/reference/README.md says how"
              + " to make one");
    }
    JsonNode root = parse(file);
    if (!root.isArray() || root.isEmpty()) {
      throw new IllegalArgumentException(
          file + ": must be a list of cases, at least one, but is " + root.getNodeType());
    }
    List<ReferenceCase> cases = new ArrayList<>();
    for (JsonNode node : root) {
      cases.add(readCase(new Field(node, file + ": case " + (cases.size() + 1))));
    }
    return cases;
  }

  private static JsonNode parse(Path file) throws IOException {
    try {
      return JSON.readTree(file.toFile());
    } catch (JsonProcessingException e) {
      String where =
          e.getLocation() == null
              ? ""
              : " at line "
                  + e.getLocation().getLineNr()
                  + ", column "
                  + e.getLocation().getColumnNr();
      throw new IllegalArgumentException(
          file + ": is not JSON" + where + ": " + e.getOriginalMessage(), e);
    }
  }

  private static ReferenceCase readCase(Field field) {
    field.allowOnly(KEYS);
    Base base = readBase(field.get("base"));
    List<Field> init = field.get("init").elements(OptionalInt.of(4));
    int features = init.get(0).elements(OptionalInt.empty()).size();
    int hidden = init.get(1).elements(OptionalInt.empty()).size();
    int classes = init.get(3).elements(OptionalInt.empty()).size();
    List<Shape> shapes =
        List.of(
            Shape.of(features, hidden),
            Shape.of(hidden),
            Shape.of(hidden, classes),
            Shape.of(classes));
    List<Field> y = field.get("y").elements(OptionalInt.empty());
    List<Field> order = field.get("order").elements(OptionalInt.empty());
    Field losses = field.get("losses");
    return new ReferenceCase(
        base,
        field.get("decouple").bool(),
        field.get("adaptive").bool(),
        field.get("rho").number("a number >= 0", rho -> rho >= 0),
        field.get("gamma").number("a number >= 0 and < 1", gamma -> gamma >= 0 && gamma < 1),
        readMaxNorm(field.get("max_norm")),
        readHyper(field.get("hyper"), base),
        readWeights(field.get("init"), shapes),
        field.get("x").array(Shape.of(y.size(), features)),
        y.stream().map(label -> label.index(classes)).toList(),
        order.stream().map(batch -> readBatch(batch, y.size())).toList(),
        losses.elements(OptionalInt.of(order.size())).stream().map(Field::number).toList(),
        readRecords(field.get("weights"), shapes, order.size()));
  }

  private static Base readBase(Field field) {
    String name = field.text();
    return Stream.of(Base.values())
        .filter(base -> base.toString().equals(name))
        .findFirst()
        .orElseThrow(() -> field.wrong("one of " + List.of(Base.values())));
  }

  private static OptionalDouble readMaxNorm(Field field) {
    return field.isNull()
        ? OptionalDouble.empty()
        : OptionalDouble.of(field.number("null or a number > 0", norm -> norm > 0));
  }

  private static Map<String, Double> readHyper(Field field, Base base) {
    field.allowOnly(base.hyperParameters());
    field.get("lr");
    Map<String, Double> hyper = new LinkedHashMap<>();
    for (String name : field.keys()) {
      Field value = field.get(name);
      hyper.put(
          name,
          name.startsWith("beta")
              ? value.number("a number >= 0 and < 1", beta -> beta >= 0 && beta < 1)
              : value.number("a number >= 0", number -> number >= 0));
    }
    if (base == Base.NESTEROV && hyper.getOrDefault("momentum", 0.0) == 0) {
      field.get("momentum").number("a number > 0, as it is Nesterov's", momentum -> momentum > 0);
    }
    return hyper;
  }

  private static List<Integer> readBatch(Field field, int rows) {
    return field.elements(OptionalInt.empty()).stream().map(row -> row.index(rows)).toList();
  }

  private static List<DoubleNdArray> readWeights(Field field, List<Shape> shapes) {
    List<Field> elements = field.elements(OptionalInt.of(shapes.size()));
    List<DoubleNdArray> weights = new ArrayList<>();
    for (int i = 0; i < shapes.size(); i++) {
      weights.add(elements.get(i).array(shapes.get(i)));
    }
    return weights;
  }

  private static SortedMap<Integer, List<DoubleNdArray>> readRecords(
      Field field, List<Shape> shapes, int steps) {
    SortedMap<Integer, List<DoubleNdArray>> records = new TreeMap<>();
    for (String key : field.keys()) {
      if (!key.matches("[1-9][0-9]{0,8}") || Integer.parseInt(key) > steps) {
        throw field.wrong(
            "by step, from 1 to " + steps + " (the length of 'order'), not '" + key + "'");
      }
      records.put(Integer.valueOf(key), readWeights(field.get(key), shapes));
    }
    if (records.isEmpty()) {
      throw field.wrong("the weights after one step at least");
    }
    return records;
  }
}
