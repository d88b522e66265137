package io.github.tfwsam.gradients;

import java.util.List;
import java.util.Map;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.OperationBuilder;
import org.tensorflow.types.family.TNumber;

/** Batch normalization in its older versions, and fake quantization. */
final class Normalizations {
  static final Map<String, Gradient> GRADIENTS =
      Map.of(
          "FakeQuantWithMinMaxArgs", Normalizations::fakeQuantArgs,
          "FakeQuantWithMinMaxVars", Normalizations::fakeQuantVars,
          "FakeQuantWithMinMaxVarsPerChannel", Normalizations::fakeQuantVars,
          "FusedBatchNorm", Normalizations::batchNorm,
          "FusedBatchNormV2", Normalizations::batchNorm);

  private Normalizations() {}

  /**
   * y of (x, scale, offset, mean, variance): dx, dscale and doffset by the op that is made for it.
   * It takes the statistics of the batch, which the forward op keeps, or those that the forward op
   * was given; in the latter case it knows channels last alone.
   */
  private static <T extends TNumber> List<Operand<?>> batchNorm(Backprop<T> b) {
    boolean training = b.flag("is_training");
    boolean transposed = !training && b.text("data_format").equals("NCHW");
    Operand<T> dy = transposed ? permute(b, b.dy(0), 0, 2, 3, 1) : b.dy(0);
    Operand<T> x = transposed ? permute(b, b.x(0), 0, 2, 3, 1) : b.x(0);
    Operand<?> mean = training ? b.output(3) : b.input(3);
    Operand<?> variance = training ? b.output(4) : b.input(4);
    String type = b.type().replace("FusedBatchNorm", "FusedBatchNormGrad");
    OperationBuilder builder =
        b.copyAttributes(b.op(type, dy, x, b.input(1), mean, variance), "epsilon", "is_training");
    builder.setAttr("data_format", transposed ? "NHWC" : b.text("data_format"));
    GraphOperation backprop = (GraphOperation) builder.build();
    Operand<T> dx = b.typed(backprop.output(0));
    return b.gradients(
        transposed ? permute(b, dx, 0, 3, 1, 2) : dx, backprop.output(1), backprop.output(2));
  }

  private static <T extends TNumber> Operand<T> permute(
      Backprop<T> b, Operand<T> x, int... permutation) {
    return b.tf().linalg.transpose(x, b.tf().constant(permutation));
  }

  /** dx = dy within the range, else 0. */
  private static <T extends TNumber> List<Operand<?>> fakeQuantArgs(Backprop<T> b) {
    String[] attributes = {"min", "max", "num_bits", "narrow_range"};
    return b.gradients(b.like("FakeQuantWithMinMaxArgsGradient", attributes, b.dy(0), b.x(0)));
  }

  /** dx = dy within the range; outside of it, dmin and dmax have what dx has not. */
  private static <T extends TNumber> List<Operand<?>> fakeQuantVars(Backprop<T> b) {
    var backprop =
        b.copyAttributes(
                b.op(b.type() + "Gradient", b.dy(0), b.x(0), b.x(1), b.x(2)),
                "num_bits",
                "narrow_range")
            .build();
    return b.gradients(backprop.output(0), backprop.output(1), backprop.output(2));
  }
}
