package io.github.tfwsam.sharpness;

import static io.github.tfwsam.sharpness.Vectors.castLike;
import static io.github.tfwsam.sharpness.Vectors.wide;

import io.github.tfwsam.sharpness.Landscape.Point;
import io.github.tfwsam.update.StockUpdateOps;
import io.github.tfwsam.update.UpdateOps;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.family.TNumber;

/**
 * Climbs in a ball around the variables. It moves u, with e = u, or e = |w| u in the adaptive form,
 * so that in both forms the ball is |u| &lt;= rho and the direction is the gradient with respect to
 * u.
 */
final class Ascent {
  private final Landscape landscape;
  private final Ops tf;
  private final List<Output<?>> w;
  private final double rho;
  private final boolean adaptive;
  private final UpdateOps update = new StockUpdateOps();

  Ascent(Landscape landscape, double rho, boolean adaptive) {
    this.landscape = landscape;
    this.tf = landscape.tf();
    this.w = landscape.w();
    this.rho = rho;
    this.adaptive = adaptive;
  }

  /** The largest loss that is found in that many steps. */
  Operand<TNumber> climb(int steps) {
    Point point = landscape.here();
    List<Operand<TNumber>> u = List.of();
    Operand<TNumber> largest = null;
    for (int step = 0; step < steps; step++) {
      List<Operand<TNumber>> moves = moves(point.gradients(tf, "gradients"));
      u = u.isEmpty() ? moves : projected(sums(u, moves));
      point = landscape.at(values(u), "ascended");
      Operand<TNumber> loss = Vectors.typed(point.loss());
      largest = largest == null ? loss : tf.math.maximum(largest, loss);
    }
    return largest;
  }

  /** A step of length rho uphill. */
  private List<Operand<TNumber>> moves(List<Output<?>> gradients) {
    List<Operand<TNumber>> directions = new ArrayList<>();
    for (int i = 0; i < w.size(); i++) {
      Operand<TNumber> gradient = wide(tf, gradients.get(i));
      directions.add(adaptive ? tf.math.mul(size(i), gradient) : gradient);
    }
    Operand<TNumber> norm = norm(directions);
    Operand<TNumber> epsilon = castLike(tf, tf.constant(UpdateOps.EPSILON), norm);
    return scaled(directions, tf.math.div(radius(norm), tf.math.add(norm, epsilon)));
  }

  private List<Operand<TNumber>> projected(List<Operand<TNumber>> u) {
    Operand<TNumber> norm = norm(u);
    Operand<TNumber> radius = radius(norm);
    return scaled(u, tf.math.divNoNan(radius, tf.math.maximum(norm, radius)));
  }

  private List<Operand<TNumber>> values(List<Operand<TNumber>> u) {
    List<Operand<TNumber>> values = new ArrayList<>();
    for (int i = 0; i < w.size(); i++) {
      Operand<TNumber> e = adaptive ? tf.math.mul(size(i), u.get(i)) : u.get(i);
      values.add(tf.math.add(wide(tf, w.get(i)), e));
    }
    return values;
  }

  private Operand<TNumber> size(int variable) {
    return tf.math.abs(wide(tf, w.get(variable)));
  }

  private Operand<TNumber> radius(Operand<TNumber> like) {
    Operand<TFloat64> radius = tf.constant(rho);
    return castLike(tf, radius, like);
  }

  private Operand<TNumber> norm(List<Operand<TNumber>> tensors) {
    List<Output<?>> outputs = tensors.stream().<Output<?>>map(Operand::asOutput).toList();
    return Vectors.typed(update.globalNorm(tf, outputs));
  }

  private List<Operand<TNumber>> scaled(List<Operand<TNumber>> tensors, Operand<TNumber> factor) {
    return tensors.stream()
        .<Operand<TNumber>>map(t -> tf.math.mul(t, castLike(tf, factor, t)))
        .toList();
  }

  private List<Operand<TNumber>> sums(List<Operand<TNumber>> a, List<Operand<TNumber>> b) {
    List<Operand<TNumber>> sums = new ArrayList<>();
    for (int i = 0; i < a.size(); i++) {
      sums.add(tf.math.add(a.get(i), b.get(i)));
    }
    return sums;
  }
}
