package io.github.tfwsam.examples.experiment;

import java.io.IOException;
import java.nio.file.Path;
import org.tensorflow.proto.ConfigProto;

/** Runs a run. Several threads use one at the same time. */
@FunctionalInterface
interface Runner {
  /**
   * Held while a graph is built: TensorFlow's registry of gradients in Java is one of the process.
   */
  Object GRAPHS = new Object();

  /** A session with one thread of its own gives the same bits, whatever runs beside it. */
  ConfigProto ONE_THREAD =
      ConfigProto.newBuilder()
          .setUsePerSessionThreads(true)
          .setIntraOpParallelismThreads(1)
          .setInterOpParallelismThreads(1)
          .build();

  /** The part of a run's folder that is deleted when the run has ended. */
  String CHECKPOINTS = "checkpoints";

  /**
   * Runs a run, or goes on with one that was stopped.
   *
   * @param setting what with
   * @param seed what everything random is drawn by
   * @param folder the run's own; it may hold what a stopped run left
   * @return how it ended
   * @throws IOException if a file cannot be read or written
   */
  Run run(Setting setting, long seed, Path folder) throws IOException;
}
