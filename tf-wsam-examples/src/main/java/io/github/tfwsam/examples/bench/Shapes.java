package io.github.tfwsam.examples.bench;

import java.util.ArrayList;
import java.util.List;
import org.tensorflow.ndarray.Shape;

/** The shapes of the tensors that are updated. */
final class Shapes {
  /** How many numbers are trained in ResNet-50. */
  static final int RESNET50_PARAMETERS = 25_557_032;

  /** In so many tensors. */
  static final int RESNET50_TENSORS = 161;

  private Shapes() {}

  /** So many numbers in so many tensors: as ResNet-50 has them, if it has, else in equal parts. */
  static List<Shape> of(int parameters, int tensors) {
    if (parameters == RESNET50_PARAMETERS && tensors == RESNET50_TENSORS) {
      return resnet50();
    }
    List<Shape> shapes = new ArrayList<>();
    for (long i = 0; i < tensors; i++) {
      shapes.add(Shape.of((i + 1) * parameters / tensors - i * parameters / tensors));
    }
    return shapes;
  }

  /**
   * Convolutions and a dense layer as TensorFlow lays them out, scales and shifts of batch norms.
   */
  static List<Shape> resnet50() {
    List<Shape> shapes = new ArrayList<>();
    addConvolution(shapes, 7, 3, 64);
    int in = 64;
    int[] blocks = {3, 4, 6, 3};
    for (int stage = 0; stage < blocks.length; stage++) {
      int width = 64 << stage;
      int out = 4 * width;
      for (int block = 0; block < blocks[stage]; block++) {
        addConvolution(shapes, 1, in, width);
        addConvolution(shapes, 3, width, width);
        addConvolution(shapes, 1, width, out);
        if (block == 0) {
          addConvolution(shapes, 1, in, out); // the shortcut
        }
        in = out;
      }
    }
    shapes.add(Shape.of(in, 1000));
    shapes.add(Shape.of(1000));
    return shapes;
  }

  private static void addConvolution(List<Shape> shapes, int side, int in, int out) {
    shapes.add(Shape.of(side, side, in, out));
    shapes.add(Shape.of(out));
    shapes.add(Shape.of(out));
  }

  static long elements(List<Shape> shapes) {
    return shapes.stream().mapToLong(Shape::size).sum();
  }
}
