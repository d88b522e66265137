package io.github.tfwsam.nativeops;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_GetRegisteredKernelsForOp;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URL;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.PointerScope;
import org.tensorflow.DeviceSpec.DeviceType;
import org.tensorflow.TensorFlow;
import org.tensorflow.internal.c_api.TF_Buffer;
import org.tensorflow.internal.c_api.TF_Status;
import org.tensorflow.proto.KernelList;

/**
 * Loads the native library, whose ops {@link FusedOps} builds.
 *
 * <p>It cannot be had everywhere: it is made for one version of TensorFlow, and a jar that was
 * built without a C++ compiler has none. Where it does not load, that is logged once, and {@link
 * #failure()} says why; TensorFlow's own ops can do the same work.
 *
 * <p>The system property {@code tf.wsam.native=false} keeps it from being loaded. {@code
 * tf.wsam.cuda=true} has the ops run on GPUs as well: no one has seen that yet, so it must be asked
 * for.
 */
public final class NativeOps {
  private static final Logger LOGGER = System.getLogger(NativeOps.class.getName());

  /**
   * The versions whose C ABI, and whose layout of the few C++ classes that lead to TensorFlow's
   * threads, the library was made for and tested with.
   */
  private static final Set<String> TENSORFLOW_VERSIONS = Set.of("2.16.2");

  /** What went wrong, empty if nothing did; null before the first attempt. */
  private static String failure;

  private NativeOps() {}

  /**
   * Loads the library, after TensorFlow, if that was not tried before.
   *
   * @return whether the ops can be used
   */
  public static synchronized boolean load() {
    if (failure == null) {
      failure = tryToLoad();
      if (!failure.isEmpty()) {
        LOGGER.log(
            Level.WARNING,
            "Native ops are not loaded: " + failure + ". TensorFlow's own ops do their work.");
      }
    }
    return failure.isEmpty();
  }

  /**
   * Why the ops cannot be used.
   *
   * @return the reason, half a sentence; empty if they can be
   */
  public static synchronized Optional<String> failure() {
    return load() ? Optional.empty() : Optional.of(failure);
  }

  /**
   * Whether the ops run on a device: an op that does not would pull its tensors elsewhere.
   *
   * @param device the device that a tensor's operation asks for; null if it asks for none, which
   *     TensorFlow takes for a GPU where it can
   * @return true if the ops are loaded, and have kernels for the device
   */
  public static synchronized boolean runOn(DeviceType device) {
    if (!load()) {
      return false;
    }
    boolean onGpu = hasKernel(FusedOps.GLOBAL_NORM, DeviceType.GPU);
    return device == null
        ? onGpu || !hasKernel("VariableV2", DeviceType.GPU)
        : device == DeviceType.CPU || (device == DeviceType.GPU && onGpu);
  }

  // Whoever loads this class from another class loader has the same TensorFlow, if any.
  @SuppressWarnings("LockOnNonEnclosingClassLiteral")
  private static String tryToLoad() {
    if (!Boolean.parseBoolean(System.getProperty("tf.wsam.native", "true"))) {
      return "the system property tf.wsam.native is false";
    }
    try {
      String misfit = misfit(TensorFlow.version());
      if (!misfit.isEmpty()) {
        return misfit;
      }
      synchronized (TensorFlow.class) {
        // To register an op twice aborts the process.
        return hasKernel(FusedOps.GLOBAL_NORM, DeviceType.CPU) ? "" : loadLibrary();
      }
    } catch (IOException | LinkageError | RuntimeException e) {
      return e.toString();
    }
  }

  /** Why the library is not for a version of TensorFlow; empty if it is. */
  static String misfit(String version) {
    return TENSORFLOW_VERSIONS.contains(version)
        ? ""
        : "they are made for TensorFlow " + TENSORFLOW_VERSIONS + ", and this is " + version;
  }

  private static boolean hasKernel(String op, DeviceType device) {
    try (var scope = new PointerScope()) {
      TF_Status status = TF_Status.newStatus();
      TF_Buffer kernels = TF_GetRegisteredKernelsForOp(op, status);
      status.throwExceptionIfNotOK();
      return kernels.length() > 0
          && KernelList.parseFrom(kernels.dataAsByteBuffer()).getKernelList().stream()
              .anyMatch(kernel -> kernel.getDeviceType().equals(device.name()));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("TensorFlow wrote a KernelList that cannot be parsed", e);
    }
  }

  /**
   * Loads it from here, not by {@link Loader#load}: its functions are found from the class loader
   * of whoever calls {@link System#load}. It stays when that goes, since it is linked with
   * nodelete.
   */
  private static String loadLibrary() throws IOException {
    String platform = Loader.getPlatform();
    URL library =
        NativeLibrary.class.getResource(platform + "/" + System.mapLibraryName("jniwsam"));
    if (library == null) {
      return "the jar of tf-wsam-native holds no library for "
          + platform
          + " (is it built with g++?)";
    }
    System.load(Loader.cacheResource(library).getAbsolutePath());
    return NativeLibrary.registerOps(true, Boolean.getBoolean("tf.wsam.cuda"));
  }
}
