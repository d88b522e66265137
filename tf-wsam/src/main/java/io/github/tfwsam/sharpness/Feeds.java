package io.github.tfwsam.sharpness;

import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.Tensor;

/** What one run is fed with: the tensors are closed after it. */
public final class Feeds implements AutoCloseable {
  private final Session.Runner runner;
  private final List<Tensor> tensors = new ArrayList<>();

  Feeds(Session.Runner runner) {
    this.runner = runner;
  }

  /**
   * Feeds a tensor, and takes it over.
   *
   * @param operand what is fed, mostly a placeholder
   * @param tensor its value in this run; it is closed after the run
   */
  public void add(Operand<?> operand, Tensor tensor) {
    tensors.add(tensor);
    runner.feed(operand, tensor);
  }

  /** Closes the tensors. */
  @Override
  public void close() {
    tensors.forEach(Tensor::close);
  }
}
