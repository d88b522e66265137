"""Models of Keras, built with whichever Keras is passed: 2 (tf_keras) or 3."""

from typing import Any, Callable, Dict

import numpy as np

from zoo_case import Case, classes, floats, tokens

Keras = Any


def _classifier(keras: Keras, model: Any, x: np.ndarray, count: int = 3, **options: Any) -> Case:
    """A model that gives logits of `count` classes."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return Case(model, {"x": x}, {"y": classes(x, count)}, loss, **options)


def _sequential(keras: Keras, x: np.ndarray, *layers: Any) -> Any:
    """Layers one after the other, on an input of the name x."""
    first = tensor = keras.Input(x.shape[1:], dtype=x.dtype.name, name="x")
    for layer in layers:
        tensor = layer(tensor)
    return keras.Model(first, tensor)


def mlp(keras: Keras) -> Case:
    """Two dense layers."""
    x, layers = floats(1, 4), keras.layers
    return _classifier(keras, _sequential(keras, x, layers.Dense(8, activation="tanh"), layers.Dense(3)), x)


def sequential(keras: Keras) -> Case:
    """keras.Sequential, ending in probabilities, with one-hot labels."""
    x = floats(2, 6)
    model = keras.Sequential(
        [
            keras.Input((6,), name="x"),
            keras.layers.Dense(8, activation="elu"),
            keras.layers.Dense(8, activation="selu"),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    labels = {"y": np.eye(3, dtype=np.float32)[classes(x, 3)]}
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
    return Case(model, {"x": x}, labels, loss, on_top="categorical_crossentropy", activation="softmax")


def _convolutions(keras: Keras, x: np.ndarray, rate: float) -> Any:
    layers = keras.layers
    return _sequential(
        keras,
        x,
        layers.Conv2D(4, 3, padding="same", use_bias=False),
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
        layers.MaxPooling2D(),
        layers.Conv2D(6, 3),
        layers.BatchNormalization(momentum=0.9, scale=False),
        layers.LeakyReLU(),
        *([layers.Dropout(rate)] if rate else []),
        layers.Flatten(),
        layers.Dense(3),
    )


def cnn(keras: Keras) -> Case:
    """Convolutions with batch norm."""
    x = floats(3, 8, 8, 3)
    return _classifier(keras, _convolutions(keras, x, 0), x)


def cnn_dropout(keras: Keras) -> Case:
    """Convolutions with batch norm and dropout."""
    x = floats(3, 8, 8, 3)
    return _classifier(keras, _convolutions(keras, x, 0.3), x, deterministic=False)


def _tiny(keras: Keras, x: np.ndarray, rate: float) -> Any:
    layers = keras.layers
    return _sequential(
        keras,
        x,
        layers.Conv2D(2, 3, use_bias=False),
        layers.BatchNormalization(momentum=0.9),
        layers.Flatten(),
        *([layers.Dropout(rate)] if rate else []),
        layers.Dense(3),
    )


def tiny(keras: Keras) -> Case:
    """The least network with batch norm."""
    x = floats(24, 4, 4, 1)
    return _classifier(keras, _tiny(keras, x, 0), x)


def tiny_dropout(keras: Keras) -> Case:
    """The least network with batch norm and dropout."""
    x = floats(24, 4, 4, 1)
    return _classifier(keras, _tiny(keras, x, 0.3), x, deterministic=False)


def depthwise(keras: Keras) -> Case:
    """A MobileNet of two depthwise blocks."""
    x, layers = floats(4, 8, 8, 3), keras.layers

    def block(filters: int, stride: int) -> list:
        return [
            layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(6.0),
            layers.Conv2D(filters, 1, use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(6.0),
        ]

    stem = [layers.ZeroPadding2D(((0, 1), (0, 1))), layers.Conv2D(4, 3, strides=2, use_bias=False)]
    head = [layers.GlobalAveragePooling2D(), layers.Dense(3)]
    return _classifier(keras, _sequential(keras, x, *stem, *block(6, 1), *block(8, 2), *head), x)


def resnet(keras: Keras) -> Case:
    """A residual network of three stages of one block."""
    x, layers = floats(5, 8, 8, 3), keras.layers

    def convolution(tensor: Any, filters: int, size: int, stride: int) -> Any:
        tensor = layers.Conv2D(filters, size, strides=stride, padding="same", use_bias=False)(tensor)
        return layers.BatchNormalization()(tensor)

    first = keras.Input(x.shape[1:], name="x")
    tensor = layers.ReLU()(convolution(first, 4, 3, 1))
    for filters, stride in ((4, 1), (8, 2), (16, 2)):
        inner = layers.ReLU()(convolution(tensor, filters, 3, stride))
        shortcut = tensor if stride == 1 else convolution(tensor, filters, 1, stride)
        tensor = layers.ReLU()(layers.add([shortcut, convolution(inner, filters, 3, 1)]))
    logits = layers.Dense(3)(layers.GlobalAveragePooling2D()(tensor))
    return _classifier(keras, keras.Model(first, logits), x)


def _transformer(keras: Keras, x: np.ndarray, rate: float, mask: bool) -> Any:
    layers, width, length = keras.layers, 8, x.shape[1]

    class Positions(layers.Layer):
        """Adds an embedding of the position."""

        def build(self, input_shape: Any) -> None:
            self.table = self.add_weight(shape=(length, width), initializer="uniform", name="table")
            super().build(input_shape)

        def call(self, inputs: Any) -> Any:
            return inputs + self.table

    Positions.supports_masking = True
    first = keras.Input((length,), dtype="int32", name="x")
    embedded = layers.Embedding(20, width, mask_zero=mask)(first)
    tensor = Positions()(embedded)
    attended = layers.MultiHeadAttention(2, 4, dropout=rate)(tensor, tensor)
    tensor = layers.LayerNormalization()(layers.add([tensor, attended]))
    inner = layers.Dense(16, activation="gelu")(tensor)
    inner = layers.Dense(width)(layers.Dropout(rate)(inner) if rate else inner)
    tensor = layers.LayerNormalization(epsilon=1e-6)(layers.add([tensor, inner]))
    return keras.Model(first, layers.Dense(3)(layers.GlobalAveragePooling1D()(tensor)))


def transformer(keras: Keras) -> Case:
    """A transformer encoder on tokens."""
    x = tokens(6, 6, 20)
    return _classifier(keras, _transformer(keras, x, 0, mask=False), x)


def transformer_mask(keras: Keras) -> Case:
    """A transformer encoder that does not see the padding."""
    x = tokens(6, 6, 20)
    return _classifier(keras, _transformer(keras, x, 0, mask=True), x)


def transformer_dropout(keras: Keras) -> Case:
    """A transformer encoder with dropout, also of attention."""
    x = tokens(6, 6, 20)
    return _classifier(keras, _transformer(keras, x, 0.1, mask=False), x, deterministic=False)


def text(keras: Keras) -> Case:
    """Embeddings, averaged without the padding; two classes."""
    x, layers = tokens(7, 6, 20), keras.layers
    model = _sequential(
        keras,
        x,
        layers.Embedding(20, 8, mask_zero=True),
        layers.GlobalAveragePooling1D(),
        layers.Dense(4, activation="swish"),
        layers.Dense(1, activation="sigmoid"),
    )
    labels = {"y": classes(x, 2).astype(np.float32)[:, None]}
    loss = keras.losses.BinaryCrossentropy()
    return Case(model, {"x": x}, labels, loss, on_top="binary_crossentropy", activation="sigmoid")


def lstm_unrolled(keras: Keras) -> Case:
    """LSTM, unrolled."""
    x, layers = floats(8, 5, 3), keras.layers
    return _classifier(keras, _sequential(keras, x, layers.LSTM(6, unroll=True), layers.Dense(3)), x)


def gru_unrolled(keras: Keras) -> Case:
    """GRU in both directions, unrolled, on tokens."""
    x, layers = tokens(9, 5, 20), keras.layers
    gru = layers.Bidirectional(layers.GRU(4, unroll=True))
    return _classifier(keras, _sequential(keras, x, layers.Embedding(20, 4), gru, layers.Dense(3)), x)


def rnn_unrolled(keras: Keras) -> Case:
    """Two simple recurrent layers, unrolled."""
    x, layers = floats(10, 4, 3), keras.layers
    first = layers.SimpleRNN(5, unroll=True, return_sequences=True)
    return _classifier(keras, _sequential(keras, x, first, layers.SimpleRNN(4, unroll=True), layers.Dense(3)), x)


def lstm_loop(keras: Keras) -> Case:
    """LSTM in a loop: refused."""
    x, layers = floats(8, 5, 3), keras.layers
    model = _sequential(keras, x, layers.LSTM(6), layers.Dense(3))
    return _classifier(keras, model, x, refused="unroll=True")


def lstm_masked(keras: Keras) -> Case:
    """LSTM, unrolled, that skips the padding of tokens."""
    x, layers = tokens(25, 5, 20), keras.layers
    model = _sequential(
        keras, x, layers.Embedding(20, 4, mask_zero=True), layers.LSTM(5, unroll=True), layers.Dense(3)
    )
    return _classifier(keras, model, x)


def causal(keras: Keras) -> Case:
    """Attention to what came before, in two heads; a label for each position."""
    x, layers = floats(26, 6, 8), keras.layers
    first = keras.Input(x.shape[1:], name="x")
    attended = layers.MultiHeadAttention(2, 4)(first, first, use_causal_mask=True)
    tensor = layers.LayerNormalization()(layers.add([first, attended]))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    labels = np.argmax(x[:, :, :3], axis=2).astype(np.int32)
    return Case(keras.Model(first, layers.Dense(3)(tensor)), {"x": x}, {"y": labels}, loss)


def augmented(keras: Keras) -> Case:
    """Images as bytes, flipped and moved at random when training."""
    layers = keras.layers
    x = np.random.default_rng(27).integers(0, 256, size=(40, 8, 8, 3)).astype(np.uint8)
    model = _sequential(
        keras,
        x,
        layers.Rescaling(1 / 255),
        layers.RandomFlip("horizontal"),
        layers.RandomTranslation(0.1, 0.1),
        layers.Conv2D(4, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(3),
    )
    return _classifier(keras, model, x, deterministic=False)


def words(keras: Keras) -> Case:
    """Text as strings, split and looked up in a vocabulary."""
    layers = keras.layers
    text = np.random.default_rng(28).choice(["a red car", "green grass", "the blue sky"], size=(40, 1))
    vectorize = layers.TextVectorization(output_sequence_length=4)
    vectorize.adapt(["a red car", "green grass", "the blue sky"])
    first = keras.Input((1,), dtype="string", name="x")
    tensor = layers.GlobalAveragePooling1D()(layers.Embedding(20, 4)(vectorize(first)))
    model = keras.Model(first, layers.Dense(3)(tensor))
    labels = {"y": np.unique(text, return_inverse=True)[1].reshape(-1).astype(np.int32)}
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return Case(model, {"x": text}, labels, loss)


def regression(keras: Keras) -> Case:
    """Regression on standardized features; a name of the input that is not x."""
    features, layers = floats(11, 5) * 3 + 1, keras.layers
    normalization = layers.Normalization()
    normalization.adapt(features)
    first = keras.Input((5,), name="features")
    tensor = layers.Dense(8, activation="softplus")(normalization(first))
    model = keras.Model(first, layers.Dense(1)(tensor))
    target = (features[:, :1] * features[:, 1:2] / 10).astype(np.float32)
    return Case(model, {"features": features}, {"target": target}, keras.losses.MeanSquaredError(), on_top="mse")


def several(keras: Keras) -> Case:
    """Two inputs, two outputs, two labels."""
    layers, image, row = keras.layers, floats(12, 6, 6, 1), floats(13, 3)
    inputs = {"image": keras.Input((6, 6, 1), name="image"), "row": keras.Input((3,), name="row")}
    seen = layers.Flatten()(layers.Conv2D(3, 3, activation="relu")(inputs["image"]))
    tensor = layers.concatenate([seen, layers.Dense(4, activation="relu")(inputs["row"])])
    outputs = {"kind": layers.Dense(3, name="kind")(tensor), "size": layers.Dense(1, name="size")(tensor)}
    kind_loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    size_loss = keras.losses.Huber()

    def loss(labels: Dict[str, Any], predictions: Dict[str, Any]) -> Any:
        kinds = kind_loss(labels["kind_label"], predictions["kind"])
        return kinds + 0.5 * size_loss(labels["size_label"], predictions["size"])

    labels = {"kind_label": classes(image, 3), "size_label": row.sum(axis=1, keepdims=True)}
    return Case(keras.Model(inputs, outputs), {"image": image, "row": row}, labels, loss)


def frozen(keras: Keras) -> Case:
    """A backbone that is not to be trained under a head that is."""
    x, layers = floats(14, 8, 8, 3), keras.layers
    backbone = _sequential(
        keras, x, layers.Conv2D(4, 3, name="stem"), layers.BatchNormalization(), layers.ReLU(), layers.Flatten()
    )
    backbone.trainable = False
    first = keras.Input(x.shape[1:], name="x")
    model = keras.Model(first, layers.Dense(3, name="head")(backbone(first)))
    return _classifier(keras, model, x)


def regularized(keras: Keras) -> Case:
    """Penalties on weights and on activations are part of the loss."""
    x, layers = floats(15, 5), keras.layers
    hidden = layers.Dense(6, activation="relu", kernel_regularizer="l2", activity_regularizer="l1")
    last = layers.Dense(3, kernel_regularizer=keras.regularizers.L1L2(0.01, 0.02), bias_regularizer="l2")
    return _classifier(keras, _sequential(keras, x, hidden, last), x)


def normalizations(keras: Keras) -> Case:
    """Group normalization, layer normalization and unit normalization; PReLU."""
    x, layers = floats(16, 6, 6, 2), keras.layers
    model = _sequential(
        keras,
        x,
        layers.Conv2D(4, 3),
        layers.GroupNormalization(groups=2),
        layers.PReLU(shared_axes=[1, 2]),
        layers.AveragePooling2D(2),
        layers.LayerNormalization(),
        layers.Flatten(),
        layers.UnitNormalization(),
        layers.Dense(3),
    )
    return _classifier(keras, model, x)


def conv1d(keras: Keras) -> Case:
    """Causal, dilated and strided convolutions of sequences."""
    x, layers = floats(17, 12, 3), keras.layers
    model = _sequential(
        keras,
        x,
        layers.Conv1D(4, 3, padding="causal", dilation_rate=2, activation="relu"),
        layers.Conv1D(4, 3, strides=2, activation="relu"),
        layers.MaxPooling1D(2),
        layers.GlobalMaxPooling1D(),
        layers.Dense(3),
    )
    return _classifier(keras, model, x)


def conv3d(keras: Keras) -> Case:
    """Convolutions of volumes."""
    x, layers = floats(18, 4, 6, 6, 1), keras.layers
    model = _sequential(
        keras,
        x,
        layers.Conv3D(3, 2, activation="relu"),
        layers.MaxPooling3D(2, padding="same"),
        layers.GlobalAveragePooling3D(),
        layers.Dense(3),
    )
    return _classifier(keras, model, x)


def autoencoder(keras: Keras) -> Case:
    """Transposed convolutions and resizing; the label is an image."""
    x, layers = floats(19, 8, 8, 1), keras.layers
    model = _sequential(
        keras,
        x,
        layers.Conv2D(3, 3, strides=2, padding="same", activation="relu"),
        layers.Conv2DTranspose(3, 3, strides=2, padding="same", activation="relu"),
        layers.AveragePooling2D(2),
        layers.UpSampling2D(),
        layers.Conv2D(1, 3, padding="same"),
    )
    return Case(model, {"x": x}, {"y": x[:, ::-1].copy()}, keras.losses.MeanSquaredError())


def dilated(keras: Keras) -> Case:
    """Dilated, grouped and separable convolutions."""
    x, layers = floats(20, 9, 9, 4), keras.layers
    model = _sequential(
        keras,
        x,
        layers.Conv2D(4, 3, dilation_rate=2, padding="same", activation="relu"),
        layers.Conv2D(6, 3, groups=2, activation="relu"),
        layers.SeparableConv2D(4, 3, activation="relu"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(3),
    )
    return _classifier(keras, model, x)


def float64(keras: Keras) -> Case:
    """Everything in double precision."""
    x, layers = floats(21, 5).astype(np.float64), keras.layers
    model = _sequential(
        keras, x, layers.Dense(6, activation="tanh", dtype="float64"), layers.Dense(3, dtype="float64")
    )
    return _classifier(keras, model, x)


def mixed_float16(keras: Keras) -> Case:
    """The policy mixed_float16: float32 variables, float16 arithmetic."""
    x, layers = floats(22, 5), keras.layers
    model = _sequential(
        keras,
        x,
        layers.Dense(6, activation="relu", dtype="mixed_float16"),
        layers.Dense(3, dtype="mixed_float16"),
        layers.Activation("linear", dtype="float32"),
    )
    return _classifier(keras, model, x)


def mobilenet(keras: Keras) -> Case:
    """keras.applications.MobileNetV2: 154 layers, random weights, batch norm frozen.

    Deep networks of random weights are chaotic while batch norm trains: rounding alone leads elsewhere in a few steps.
    """
    x = floats(23, 32, 32, 3)
    first = keras.Input(x.shape[1:], name="x")
    model = keras.applications.MobileNetV2(
        alpha=0.35, weights=None, classes=3, input_tensor=first, classifier_activation=None
    )
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
            layer.gamma.assign(2.5 * layer.gamma)  # else the signal fades away from layer to layer
    return _classifier(keras, model, x, lr=0.0001)


def efficientnet(keras: Keras) -> Case:
    """keras.applications.EfficientNetB0: 238 layers with swish, squeeze and excitation, and stochastic depth."""
    x = np.abs(floats(29, 32, 32, 3)) * 50
    first = keras.Input(x.shape[1:], name="x")
    model = keras.applications.EfficientNetB0(
        weights=None, classes=3, input_tensor=first, classifier_activation=None
    )
    return _classifier(keras, model, x, deterministic=False)


CASES: Dict[str, Callable[[Keras], Case]] = {
    build.__name__: build
    for build in (
        mlp, sequential, tiny, tiny_dropout, cnn, cnn_dropout, depthwise, resnet,
        transformer, transformer_mask, transformer_dropout, causal, text, words,
        lstm_unrolled, lstm_masked, gru_unrolled, rnn_unrolled, lstm_loop,
        regression, several, frozen, regularized, augmented, normalizations,
        conv1d, conv3d, autoencoder, dilated, float64, mixed_float16, mobilenet, efficientnet,
    )
}  # fmt: skip
"""The models by name."""
