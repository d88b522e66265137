"""The models in TensorFlow, of Keras 2: the version that has SharpnessAwareMinimization."""

import tensorflow as tf
import tf_keras
from tf_keras import layers

from step import CLASSES, LENGTH, VOCABULARY


def build(name: str) -> tf_keras.Model:
    """Builds a model by its name."""
    if name == "transformer":
        tokens = tf_keras.Input([LENGTH], dtype=tf.int32)
        return tf_keras.Model(tokens, _transformer(tokens))
    if name == "mlp":
        vectors = tf_keras.Input([784])
        hidden = layers.Dense(256, "relu")(layers.Dense(256, "relu")(vectors))
        return tf_keras.Model(vectors, layers.Dense(CLASSES)(hidden))
    images = tf_keras.Input([32, 32, 3])
    outputs = _resnet(images, [16, 32, 64], 3) if name == "resnet20" else _resnet(images, [64, 128, 256, 512], 2)
    return tf_keras.Model(images, outputs)


class BatchNorm(layers.Layer):
    """Normalizes by the batch's statistics, always, in one kernel.

    Keras's own layer does so only where it is told that it trains, and SharpnessAwareMinimization does not tell.
    It cannot be kept from updating the running averages either; this one is by `updates_averages`.
    """

    def build(self, shape: tf.TensorShape) -> None:
        width = shape[-1:]
        self.updates_averages = True
        self.scale = self.add_weight("scale", width, initializer="ones")
        self.shift = self.add_weight("shift", width)
        self.mean = self.add_weight("mean", width, initializer="zeros", trainable=False)
        self.variance = self.add_weight("variance", width, initializer="ones", trainable=False)

    def call(self, x: tf.Tensor) -> tf.Tensor:
        y, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            x, self.scale, self.shift, self.mean, self.variance, epsilon=1e-5, exponential_avg_factor=0.1
        )
        if self.updates_averages:
            self.mean.assign(mean)
            self.variance.assign(variance)
        return y


def _resnet(x: tf.Tensor, widths: list[int], blocks: int) -> tf.Tensor:
    x = layers.ReLU()(_convolution(x, widths[0], 3, 1))
    for stage, width in enumerate(widths):
        for block in range(blocks):
            x = _block(x, width, 2 if stage > 0 and block == 0 else 1)
    return layers.Dense(CLASSES)(layers.GlobalAveragePooling2D()(x))


def _block(x: tf.Tensor, width: int, stride: int) -> tf.Tensor:
    y = layers.ReLU()(_convolution(x, width, 3, stride))
    y = _convolution(y, width, 3, 1)
    same = stride == 1 and x.shape[-1] == width
    return layers.ReLU()(y + (x if same else _convolution(x, width, 1, stride)))


def _convolution(x: tf.Tensor, width: int, size: int, stride: int) -> tf.Tensor:
    return BatchNorm()(layers.Conv2D(width, size, stride, "same", use_bias=False)(x))


class LayerNorm(layers.Layer):
    """Normalizes each vector; Keras's own layer with this epsilon is the same ops, spread further."""

    def build(self, shape: tf.TensorShape) -> None:
        self.scale = self.add_weight("scale", shape[-1:], initializer="ones")
        self.shift = self.add_weight("shift", shape[-1:])

    def call(self, x: tf.Tensor) -> tf.Tensor:
        mean, variance = tf.nn.moments(x, -1, keepdims=True)
        return tf.nn.batch_normalization(x, mean, variance, self.shift, self.scale, 1e-5)


class Embedding(layers.Layer):
    """The vectors of tokens and of their positions, added."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.tokens = self.add_weight("tokens", (VOCABULARY, width))
        self.positions = self.add_weight("positions", (LENGTH, width))

    def call(self, tokens: tf.Tensor) -> tf.Tensor:
        return _gather(self.tokens, tokens) + self.positions


@tf.custom_gradient
def _gather(table: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
    # Momentum moves every row, and a perturbation is a tensor: the gradient is made one here, once.
    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, None]:
        width = table.shape[-1]
        return tf.math.unsorted_segment_sum(tf.reshape(upstream, [-1, width]), tf.reshape(rows, [-1]), table.shape[0]), None

    return tf.gather(table, rows), gradient


class Attention(layers.Layer):
    """Self-attention of several heads."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.result = (layers.Dense(width) for _ in range(4))

    def call(self, x: tf.Tensor) -> tf.Tensor:
        length, width = x.shape[1:]
        q, k, v = (
            tf.transpose(tf.reshape(dense(x), [-1, length, self.heads, width // self.heads]), [0, 2, 1, 3])
            for dense in (self.query, self.key, self.value)
        )
        scores = tf.matmul(q, k, transpose_b=True) * (width // self.heads) ** -0.5
        attended = tf.transpose(tf.matmul(tf.nn.softmax(scores), v), [0, 2, 1, 3])
        return self.result(tf.reshape(attended, [-1, length, width]))


def _transformer(tokens: tf.Tensor, width: int = 256, depth: int = 4) -> tf.Tensor:
    x = Embedding(width)(tokens)
    for _ in range(depth):
        x = x + Attention(width, 4)(LayerNorm()(x))
        x = x + layers.Dense(width)(layers.Dense(4 * width, "relu")(LayerNorm()(x)))
    return layers.Dense(CLASSES)(tf.reduce_mean(LayerNorm()(x), 1))
