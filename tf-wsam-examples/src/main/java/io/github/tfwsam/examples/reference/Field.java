package io.github.tfwsam.examples.reference;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.DoublePredicate;
import org.tensorflow.ndarray.DoubleNdArray;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.ndarray.Shape;

/** A value in a JSON file that knows where it stands, and says so where it is not as expected. */
final class Field {
  private final JsonNode node;
  private final String place;

  Field(JsonNode node, String place) {
    this.node = node;
    this.place = place;
  }

  IllegalArgumentException wrong(String expected) {
    String json = node.toString();
    String shown = json.length() <= 60 ? json : json.substring(0, 57) + "...";
    return new IllegalArgumentException(place + ": must be " + expected + ", but is " + shown);
  }

  /** Requires an object without other keys than these. */
  void allowOnly(Collection<String> keys) {
    if (!node.isObject()) {
      throw wrong("an object with the keys " + keys);
    }
    for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!keys.contains(name)) {
        throw new IllegalArgumentException(
            place + ": unknown key '" + name + "'; the keys here are " + keys);
      }
    }
  }

  Field get(String key) {
    return find(key)
        .orElseThrow(
            () -> new IllegalArgumentException(place + ": the key '" + key + "' is missing"));
  }

  Optional<Field> find(String key) {
    return Optional.ofNullable(node.get(key))
        .map(value -> new Field(value, place + ", key '" + key + "'"));
  }

  /** The keys of an object. */
  List<String> keys() {
    if (!node.isObject()) {
      throw wrong("an object");
    }
    List<String> keys = new ArrayList<>();
    node.fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  /** The elements of a list that is not empty; its length is given, or any. */
  List<Field> elements(OptionalInt length) {
    if (!node.isArray()
        || node.isEmpty()
        || (length.isPresent() && node.size() != length.getAsInt())) {
      throw wrong(
          length.isPresent() ? "a list of length " + length.getAsInt() : "a list, and not empty");
    }
    List<Field> elements = new ArrayList<>();
    for (int i = 0; i < node.size(); i++) {
      elements.add(new Field(node.get(i), place + "[" + i + "]"));
    }
    return elements;
  }

  boolean isNull() {
    return node.isNull();
  }

  boolean bool() {
    if (!node.isBoolean()) {
      throw wrong("true or false");
    }
    return node.booleanValue();
  }

  String text() {
    if (!node.isTextual()) {
      throw wrong("a string");
    }
    return node.textValue();
  }

  double number() {
    return number("a finite number", value -> true);
  }

  /** A finite number within a range. */
  double number(String expected, DoublePredicate range) {
    if (!node.isNumber()
        || !Double.isFinite(node.doubleValue())
        || !range.test(node.doubleValue())) {
      throw wrong(expected);
    }
    return node.doubleValue();
  }

  /** A whole number from 0 on. */
  int index(int limit) {
    if (!node.isIntegralNumber()
        || !node.canConvertToInt()
        || node.intValue() < 0
        || node.intValue() >= limit) {
      throw wrong("a whole number from 0 to " + (limit - 1));
    }
    return node.intValue();
  }

  /** Numbers in nested lists of this shape. */
  DoubleNdArray array(Shape shape) {
    DoubleNdArray array = NdArrays.ofDoubles(shape);
    fill(array);
    return array;
  }

  private void fill(DoubleNdArray array) {
    if (array.rank() == 0) {
      array.setDouble(number());
      return;
    }
    List<Field> elements = elements(OptionalInt.of(Math.toIntExact(array.shape().get(0))));
    for (int i = 0; i < elements.size(); i++) {
      elements.get(i).fill(array.get(i));
    }
  }
}
