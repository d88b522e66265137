package io.github.tfwsam.savedmodel;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Changes a message in one place, as no program would write it. */
final class ProtoMutator {
  private static final long[] ODD_NUMBERS = {
    -1, 0, 1, 2, 3, 7, 100, 1L << 20, Integer.MAX_VALUE, Long.MAX_VALUE, Long.MIN_VALUE
  };

  private final Random random;
  private final List<String> strings = new ArrayList<>();

  /** A mutator that takes the strings that it puts in from a message. */
  ProtoMutator(Random random, Message source) {
    this.random = random;
    collectStrings(source);
  }

  private void collectStrings(Message message) {
    for (Object field : message.getAllFields().values()) {
      for (Object value : field instanceof List<?> list ? list : List.of(field)) {
        if (value instanceof String string) {
          strings.add(string);
        } else if (value instanceof Message nested) {
          collectStrings(nested);
        }
      }
    }
  }

  Message mutate(Message message) {
    List<FieldDescriptor> fields = new ArrayList<>(message.getAllFields().keySet());
    if (fields.isEmpty()) {
      return message;
    }
    FieldDescriptor field = fields.get(random.nextInt(fields.size()));
    Message.Builder result = message.toBuilder();
    if (field.isRepeated()) {
      return result.setField(field, mutate(field, (List<?>) message.getField(field))).build();
    }
    Object value = message.getField(field);
    if (value instanceof Message nested && random.nextInt(10) > 0) {
      return result.setField(field, mutate(nested)).build();
    }
    return random.nextInt(3) == 0
        ? result.clearField(field).build()
        : result.setField(field, other(field, value)).build();
  }

  private List<Object> mutate(FieldDescriptor field, List<?> values) {
    List<Object> result = new ArrayList<>(values);
    int i = random.nextInt(values.size());
    if (values.get(i) instanceof Message nested && random.nextInt(8) > 0) {
      result.set(i, mutate(nested));
      return result;
    }
    switch (random.nextInt(4)) {
      case 0 -> result.remove(i);
      case 1 -> result.add(values.get(i));
      case 2 -> Collections.swap(result, i, random.nextInt(values.size()));
      default -> result.set(i, other(field, values.get(i)));
    }
    return result;
  }

  private Object other(FieldDescriptor field, Object value) {
    return switch (field.getJavaType()) {
      case STRING -> string();
      case BYTE_STRING -> ByteString.copyFromUtf8(string());
      case INT -> (int) oddNumber();
      case LONG -> oddNumber();
      case BOOLEAN -> !(Boolean) value;
      case FLOAT -> random.nextFloat();
      case DOUBLE -> random.nextDouble();
      case ENUM -> {
        var values = field.getEnumType().getValues();
        yield values.get(random.nextInt(values.size()));
      }
      case MESSAGE -> value;
    };
  }

  private String string() {
    return strings.get(random.nextInt(strings.size()));
  }

  private long oddNumber() {
    return ODD_NUMBERS[random.nextInt(ODD_NUMBERS.length)];
  }
}
