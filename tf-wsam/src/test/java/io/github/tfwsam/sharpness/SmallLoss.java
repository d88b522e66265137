package io.github.tfwsam.sharpness;

import io.github.tfwsam.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.VarHandleOp;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.family.TNumber;

/** A graph with variables that can be set as one vector, and a session on it. */
final class SmallLoss implements AutoCloseable {
  enum Kind {
    REFERENCE,
    RESOURCE,
    MIXED
  }

  final Graph graph = new Graph();
  final Ops tf = Ops.create(graph);
  private final Kind kind;
  private final List<Operand<?>> reads = new ArrayList<>();
  private final List<Integer> sizes = new ArrayList<>();
  private final List<Placeholder<TFloat64>> values = new ArrayList<>();
  private final List<Op> writes = new ArrayList<>();
  private Session session;

  SmallLoss(Kind kind) {
    this.kind = kind;
  }

  Operand<TFloat64> variable(String name, long... shape) {
    return variable(TFloat64.class, name, shape);
  }

  /** What carries its value into a loss. */
  <T extends TNumber> Operand<T> variable(Class<T> type, String name, long... sizesOfAxes) {
    Shape shape = Shape.of(sizesOfAxes);
    boolean isResource = kind == Kind.RESOURCE || (kind == Kind.MIXED && reads.size() % 2 == 1);
    Placeholder<TFloat64> value = tf.placeholder(TFloat64.class, Placeholder.shape(Shape.of(-1)));
    Operand<T> shaped = tf.dtypes.cast(tf.reshape(value, tf.constant(shape.asArray())), type);
    Operand<T> read;
    if (isResource) {
      var handle = tf.withName(name).varHandleOp(type, shape, VarHandleOp.sharedName(name));
      writes.add(tf.assignVariableOp(handle, shaped));
      read = tf.readVariableOp(handle, type);
    } else {
      read = tf.withName(name).variable(shape, type);
      writes.add(tf.assign(read, shaped));
    }
    reads.add(read);
    sizes.add((int) shape.size());
    values.add(value);
    return read;
  }

  /** Half of (w - center)' matrix (w - center) over variables of unlike shapes. */
  static SmallLoss quadratic(Kind kind, double[][] matrix, double[] center) {
    var small = new SmallLoss(kind);
    int n = matrix.length;
    small.variable("a", 2, 3);
    small.variable("b");
    small.variable("c", n - 7);
    return small;
  }

  /** The loss of {@link #quadratic}. */
  Operand<TFloat64> quadraticLoss(double[][] matrix, double[] center) {
    List<Operand<TFloat64>> flat = new ArrayList<>();
    for (Operand<?> read : reads) {
      flat.add(tf.reshape(typed(read), tf.constant(new int[] {-1, 1})));
    }
    Operand<TFloat64> w = tf.concat(flat, tf.constant(0));
    Operand<TFloat64> d =
        tf.math.sub(w, tf.reshape(tf.constant(center), tf.constant(new int[] {-1, 1})));
    Operand<TFloat64> products = tf.math.mul(d, tf.linalg.matMul(tf.constant(matrix), d));
    return tf.math.mul(tf.constant(0.5), tf.reduceSum(products, tf.constant(new int[] {0, 1})));
  }

  @SuppressWarnings("unchecked") // The caller knows the type.
  private static Operand<TFloat64> typed(Operand<?> operand) {
    return (Operand<TFloat64>) operand;
  }

  /** Sets all variables, one after the other. */
  void set(double... w) {
    Session.Runner runner = session().runner();
    try (var feeds = new Feeds(runner)) {
      int next = 0;
      for (int i = 0; i < values.size(); i++) {
        double[] part = Arrays.copyOfRange(w, next, next += sizes.get(i));
        feeds.add(values.get(i), TFloat64.vectorOf(part));
        runner.addTarget(writes.get(i));
      }
      runner.run().close();
    }
  }

  int size() {
    return sizes.stream().mapToInt(Integer::intValue).sum();
  }

  double[] setAtRandom(long seed) {
    double[] w = new Random(seed).doubles(size()).map(x -> 2 * x - 1).toArray();
    set(w);
    return w;
  }

  /** The values of all variables, one after the other. */
  double[] get() {
    return fetch(reads);
  }

  /** TensorFlow's own gradients, to fetch. */
  List<Operand<?>> gradients(Operand<?> loss) {
    Output<?>[] x = reads.stream().map(Operand::asOutput).toArray(Output<?>[]::new);
    return List.of(graph.addGradients(loss.asOutput(), x));
  }

  double[] fetch(List<? extends Operand<?>> operands) {
    Session.Runner runner = session().runner();
    operands.forEach(runner::fetch);
    try (Result result = runner.run()) {
      List<double[]> parts = new ArrayList<>();
      for (var entry : result) {
        Tensor tensor = entry.getValue();
        parts.add(Tensors.toDoubles(tensor));
      }
      return parts.stream().flatMapToDouble(Arrays::stream).toArray();
    }
  }

  double fetch(Operand<?> scalar) {
    return fetch(List.of(scalar))[0];
  }

  /** The Hessian at w, column by column: differences of TensorFlow's gradients. */
  double[][] numericHessian(Operand<?> loss, double[] w) {
    List<Operand<?>> gradients = gradients(loss);
    double h = 1e-5;
    double[][] columns = new double[w.length][w.length];
    for (int j = 0; j < w.length; j++) {
      double[] moved = w.clone();
      moved[j] = w[j] + h;
      set(moved);
      double[] ahead = fetch(gradients);
      moved[j] = w[j] - h;
      set(moved);
      double[] behind = fetch(gradients);
      for (int i = 0; i < w.length; i++) {
        columns[j][i] = (ahead[i] - behind[i]) / (2 * h);
      }
    }
    set(w);
    return columns;
  }

  Session session() {
    if (session == null) {
      session = new Session(graph);
    }
    return session;
  }

  @Override
  public void close() {
    if (session != null) {
      session.close();
    }
    graph.close();
  }

  /** A symmetric matrix with these eigenvalues, in a random basis. */
  static double[][] withSpectrum(double[] eigenvalues, long seed) {
    int n = eigenvalues.length;
    var random = new Random(seed);
    double[][] basis = new double[n][];
    for (int i = 0; i < n; i++) {
      double[] q = random.doubles(n).map(x -> x - 0.5).toArray();
      for (int pass = 0; pass < 2; pass++) {
        for (int j = 0; j < i; j++) {
          double component = Lanczos.dot(basis[j], q);
          for (int l = 0; l < n; l++) {
            q[l] -= component * basis[j][l];
          }
        }
      }
      double norm = Math.sqrt(Lanczos.dot(q, q));
      basis[i] = Arrays.stream(q).map(x -> x / norm).toArray();
    }
    double[][] matrix = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        for (int l = 0; l < n; l++) {
          matrix[i][j] += eigenvalues[l] * basis[l][i] * basis[l][j];
        }
      }
    }
    return matrix;
  }

  static double[] times(double[][] matrix, double[] vector) {
    return Arrays.stream(matrix).mapToDouble(row -> Lanczos.dot(row, vector)).toArray();
  }
}
