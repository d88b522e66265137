"""Models of Keras on tokens, text and other sequences."""

from typing import Any

import numpy as np

from zoo_case import Case, Keras, classes, classifier, floats, stack, tokens


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
    return classifier(keras, _transformer(keras, x, 0, mask=False), x)


def transformer_mask(keras: Keras) -> Case:
    """A transformer encoder that does not see the padding."""
    x = tokens(6, 6, 20)
    return classifier(keras, _transformer(keras, x, 0, mask=True), x)


def transformer_dropout(keras: Keras) -> Case:
    """A transformer encoder with dropout, also of attention."""
    x = tokens(6, 6, 20)
    return classifier(keras, _transformer(keras, x, 0.1, mask=False), x, deterministic=False)


def causal(keras: Keras) -> Case:
    """Attention to what came before, in two heads; a label for each position."""
    x, layers = floats(26, 6, 8), keras.layers
    first = keras.Input(x.shape[1:], name="x")
    attended = layers.MultiHeadAttention(2, 4)(first, first, use_causal_mask=True)
    tensor = layers.LayerNormalization()(layers.add([first, attended]))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    labels = np.argmax(x[:, :, :3], axis=2).astype(np.int32)
    return Case(keras.Model(first, layers.Dense(3)(tensor)), {"x": x}, {"y": labels}, loss)


def text(keras: Keras) -> Case:
    """Embeddings, averaged without the padding; two classes."""
    x, layers = tokens(7, 6, 20), keras.layers
    model = stack(
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


def lstm_unrolled(keras: Keras) -> Case:
    """LSTM, unrolled."""
    x, layers = floats(8, 5, 3), keras.layers
    return classifier(keras, stack(keras, x, layers.LSTM(6, unroll=True), layers.Dense(3)), x)


def lstm_masked(keras: Keras) -> Case:
    """LSTM, unrolled, that skips the padding of tokens."""
    x, layers = tokens(25, 5, 20), keras.layers
    model = stack(
        keras, x, layers.Embedding(20, 4, mask_zero=True), layers.LSTM(5, unroll=True), layers.Dense(3)
    )
    return classifier(keras, model, x)


def gru_unrolled(keras: Keras) -> Case:
    """GRU in both directions, unrolled, on tokens."""
    x, layers = tokens(9, 5, 20), keras.layers
    gru = layers.Bidirectional(layers.GRU(4, unroll=True))
    return classifier(keras, stack(keras, x, layers.Embedding(20, 4), gru, layers.Dense(3)), x)


def rnn_unrolled(keras: Keras) -> Case:
    """Two simple recurrent layers, unrolled."""
    x, layers = floats(10, 4, 3), keras.layers
    first = layers.SimpleRNN(5, unroll=True, return_sequences=True)
    return classifier(keras, stack(keras, x, first, layers.SimpleRNN(4, unroll=True), layers.Dense(3)), x)


def lstm_loop(keras: Keras) -> Case:
    """LSTM in a loop: refused."""
    x, layers = floats(8, 5, 3), keras.layers
    model = stack(keras, x, layers.LSTM(6), layers.Dense(3))
    return classifier(keras, model, x, refused="unroll=True")


def conv1d(keras: Keras) -> Case:
    """Causal, dilated and strided convolutions of sequences."""
    x, layers = floats(17, 12, 3), keras.layers
    model = stack(
        keras,
        x,
        layers.Conv1D(4, 3, padding="causal", dilation_rate=2, activation="relu"),
        layers.Conv1D(4, 3, strides=2, activation="relu"),
        layers.MaxPooling1D(2),
        layers.GlobalMaxPooling1D(),
        layers.Dense(3),
    )
    return classifier(keras, model, x)
