package io.github.tfwsam.savedmodel;

import static com.google.common.truth.Truth.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Session;
import org.tensorflow.SessionFunction;
import org.tensorflow.Signature;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TFloat32;

/** Models as TensorFlow 1 and TensorFlow-Java write them: without an object graph. */
class ModelsWithoutObjectsTest {
  @TempDir Path temporary;

  @Test
  void usesTheSaverThatTheModelBringsAlong() throws Exception {
    Path source = temporary.resolve("source");
    Path target = temporary.resolve("target");
    try (var graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Placeholder<TFloat32> x = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.scalar()));
      Variable<TFloat32> w = tf.withName("w").variable(Shape.scalar(), TFloat32.class);
      Operand<TFloat32> y = tf.math.mul(x, w);
      var assign = tf.assign(w, tf.constant(3f));
      try (var session = new Session(graph)) {
        session.run(assign);
        export(source, session, x, y);
      }
    }
    try (var model = TrainableSavedModel.load(source, 1)) {
      assertThat(model.trainableVariables()).containsExactly("w");
      assertThat(call(model)).isEqualTo(6f);
      Ops tf = Ops.create(model.graph());
      @SuppressWarnings("unchecked") // It was made as a float32 above.
      var w = (Operand<TFloat32>) model.graph().outputOrThrow("w:0");
      model.session().run(tf.assign(w, tf.constant(5f)));
      model.save(target);
    }
    try (var model = TrainableSavedModel.load(target, 1)) {
      assertThat(call(model)).isEqualTo(10f);
    }
  }

  private static void export(
      Path directory, Session session, Operand<TFloat32> x, Operand<TFloat32> y) throws Exception {
    Signature signature = Signature.builder("serving_default").input("x", x).output("y", y).build();
    SavedModelBundle.exporter(directory.toString())
        .withFunction(SessionFunction.create(signature, session))
        .export();
  }

  private static float call(TrainableSavedModel model) {
    var signature = model.training();
    try (TFloat32 two = TFloat32.scalarOf(2f);
        var result =
            model
                .session()
                .runner()
                .feed(signature.inputs().get("x"), two)
                .fetch(List.copyOf(signature.outputs().values()).get(0))
                .run()) {
      return ((TFloat32) result.get(0)).getFloat();
    }
  }
}
