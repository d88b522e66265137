package io.github.tfwsam.examples.reference;

import java.util.Locale;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.VarHandleOp;
import org.tensorflow.types.family.TType;

/** The kind of variables to train. */
enum Variables {
  REF("reference"),
  RESOURCE("resource");

  private final String description;

  Variables(String description) {
    this.description = description;
  }

  /** The word for such variables. */
  String description() {
    return description;
  }

  /** The value of a new variable. */
  <T extends TType> Operand<T> create(Ops tf, String name, Operand<T> initial) {
    if (this == REF) {
      return tf.withName(name).variable(initial);
    }
    VarHandleOp handle =
        tf.withName(name)
            .varHandleOp(initial.type(), initial.shape(), VarHandleOp.sharedName(name));
    tf.withInitScope().assignVariableOp(handle, initial);
    return tf.readVariableOp(handle, initial.type());
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
