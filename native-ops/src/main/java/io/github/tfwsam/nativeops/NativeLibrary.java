package io.github.tfwsam.nativeops;

import org.bytedeco.javacpp.annotation.Name;
import org.bytedeco.javacpp.annotation.Platform;

/** The native library; JavaCPP writes the glue to {@code library.h}. */
@Platform(include = "library.h", library = "jniwsam")
final class NativeLibrary {
  private NativeLibrary() {}

  /**
   * Registers the ops with TensorFlow.
   *
   * @param tensorflowThreads whether TensorFlow is of a version whose threads may be used
   * @param cuda whether kernels on GPUs are registered as well
   * @return what went wrong; empty if nothing did
   */
  @Name("wsam_register_ops")
  static native String registerOps(boolean tensorflowThreads, boolean cuda);
}
