package io.github.tfwsam;

import io.github.tfwsam.nativeops.NativeOps;
import io.github.tfwsam.update.FusedUpdateOps;
import io.github.tfwsam.update.StockUpdateOps;
import io.github.tfwsam.update.UpdateOps;

/** Whether native ops do the optimizer's own work. */
public enum Fused {
  /** Native ops where they load and have kernels for the device, else TensorFlow's own ops. */
  AUTO,

  /** Native ops; where they do not load, the constructor of {@link Wsam} says why and fails. */
  ON,

  /** TensorFlow's own ops. */
  OFF;

  UpdateOps updateOps() {
    if (this == OFF) {
      return new StockUpdateOps();
    }
    if (NativeOps.load()) {
      return new FusedUpdateOps();
    }
    if (this == ON) {
      throw new IllegalStateException(
          "Native ops cannot be used: "
              + NativeOps.failure().orElseThrow()
              + ". Use Wsam.fused(Fused.AUTO) to do without.");
    }
    return new StockUpdateOps();
  }
}
