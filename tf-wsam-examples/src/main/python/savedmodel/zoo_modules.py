"""Models that are tf.Modules, without Keras."""

from typing import Any, Callable, Dict

import numpy as np
import tensorflow as tf

from zoo_case import ROWS, Case, classes, floats, tokens


def cross_entropy(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """The cross entropy of each row."""
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)


def _weights(seed: int, *shape: int, name: str) -> tf.Variable:
    values = np.random.default_rng(seed).normal(size=shape) / np.sqrt(np.prod(shape[:-1]))
    return tf.Variable(values.astype(np.float32), name=name)


class Dense(tf.Module):
    """An affine layer."""

    def __init__(self, seed: int, width: int, units: int, name: str) -> None:
        super().__init__(name)
        with self.name_scope:
            self.w = _weights(seed, width, units, name="w")
            self.b = tf.Variable(tf.zeros([units]), name="b")

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        return x @ self.w + self.b


class Mlp(tf.Module):
    """Two layers, the second in a tf.function of its own."""

    def __init__(self) -> None:
        super().__init__("mlp")
        self.hidden, self.head = Dense(1, 4, 8, "hidden"), Dense(2, 8, 3, "head")

    @tf.function
    def logits(self, h: tf.Tensor) -> tf.Tensor:
        return self.head(h)

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        return self.logits(tf.nn.relu(self.hidden(x)))


class Gathered(tf.Module):
    """Rows gathered from a variable, in a loop that Python unrolls."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.head = _weights(3, 20, 6, name="table"), Dense(4, 6, 3, "head")

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        total = tf.add_n([tf.gather(self.table, x[:, i]) for i in range(x.shape[1])])
        return self.head(tf.nn.silu(total) + tf.reduce_mean(tf.nn.embedding_lookup(self.table, x), axis=1))


class BatchNorm(tf.Module):
    """Batch norm by hand, and dropout."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate
        self.dense, self.head = Dense(5, 4, 8, "dense"), Dense(6, 8, 3, "head")
        self.scale = tf.Variable(tf.ones([8]), name="scale")
        self.mean = tf.Variable(tf.zeros([8]), trainable=False, name="mean")

    def __call__(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        h = self.dense(x)
        if training:
            mean = tf.reduce_mean(h, axis=0)
            self.mean.assign(0.9 * self.mean + 0.1 * mean)
        else:
            mean = tf.identity(self.mean)
        h = tf.nn.relu((h - mean) * self.scale)
        return self.head(tf.nn.dropout(h, self.rate) if training and self.rate else h)


class Branches(tf.Module):
    """tf.cond, on a constant or on the data."""

    def __init__(self, constant: bool) -> None:
        super().__init__()
        self.constant, self.dense = constant, Dense(7, 4, 3, "dense")

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        predicate = tf.constant(True) if self.constant else tf.reduce_sum(x) > 0
        return tf.cond(predicate, lambda: self.dense(x), lambda: -self.dense(x))


class Loop(tf.Module):
    """tf.while_loop, on what is trained or on the data alone."""

    def __init__(self, trained: bool) -> None:
        super().__init__()
        self.trained, self.dense, self.head = trained, Dense(8, 4, 4, "dense"), Dense(9, 4, 3, "head")

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        step = (lambda h: tf.tanh(self.dense(h))) if self.trained else (lambda h: h * 0.5 + 0.1)
        h = tf.while_loop(lambda i, h: i < 3, lambda i, h: (i + 1, step(h)), (tf.constant(0), x))[1]
        return self.head(h)


@tf.custom_gradient
def reversed_gradient(x: tf.Tensor) -> Any:
    """The identity, with the gradient of the opposite sign."""
    return tf.identity(x), lambda gradient: -gradient


@tf.custom_gradient
def clipped_gradient(x: tf.Tensor) -> Any:
    """The identity, with gradients clipped to a small norm."""
    return tf.identity(x), lambda gradient: tf.clip_by_norm(gradient, 1e-2)


class CustomGradient(tf.Module):
    """A gradient that is not that of the operations."""

    def __init__(self, function: Callable) -> None:
        super().__init__()
        self.function, self.dense, self.head = function, Dense(13, 4, 5, "dense"), Dense(14, 5, 3, "head")

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        return self.head(tf.nn.relu(self.function(self.dense(x))))


class Ragged(tf.Module):
    """Rows of different lengths inside of the model."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.head = _weights(15, 20, 4, name="table"), Dense(16, 4, 3, "head")

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        rows = tf.RaggedTensor.from_tensor(x, padding=0)
        return self.head(tf.reduce_mean(tf.gather(self.table, rows), axis=1))


class Strings(tf.Module):
    """Words, looked up in a table."""

    def __init__(self) -> None:
        super().__init__()
        keys = tf.constant(["red", "green", "blue"])
        values = tf.range(1, 4, dtype=tf.int64)
        self.words = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, values), 0)
        self.table, self.head = _weights(10, 4, 5, name="table"), Dense(11, 5, 3, "head")

    def __call__(self, word: tf.Tensor) -> tf.Tensor:
        return self.head(tf.gather(self.table, self.words.lookup(word)))


class Sparse(tf.Module):
    """A sparse matrix times a variable."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = Dense(12, 4, 3, "dense")

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        return tf.sparse.sparse_dense_matmul(tf.sparse.from_dense(x), self.dense.w) + self.dense.b


def _classifier(module: tf.Module, x: np.ndarray, refused: str = "", deterministic: bool = True) -> Case:
    return Case(module, {"x": x}, {"y": classes(x, 3)}, cross_entropy, deterministic, refused)


def mlp() -> Case:
    """Two affine layers."""
    return _classifier(Mlp(), floats(31, 4))


def gathered() -> Case:
    """Token embeddings by tf.gather."""
    return _classifier(Gathered(), tokens(32, 5, 20))


def batch_norm() -> Case:
    """Batch norm by hand."""
    return _classifier(BatchNorm(0), floats(33, 4))


def dropout() -> Case:
    """Batch norm by hand, and dropout."""
    return _classifier(BatchNorm(0.3), floats(33, 4), deterministic=False)


def cond_constant() -> Case:
    """A branch that is known."""
    return _classifier(Branches(True), floats(34, 4))


def cond_data() -> Case:
    """A branch that the data decides: refused."""
    return _classifier(Branches(False), floats(34, 4), "If")


def while_trained() -> Case:
    """A loop over what is trained: refused."""
    return _classifier(Loop(True), floats(35, 4), "While")


def while_data() -> Case:
    """A loop that prepares data."""
    return _classifier(Loop(False), floats(35, 4))


def strings() -> Case:
    """A string input and a table."""
    words = np.random.default_rng(36).choice(["red", "green", "blue"], size=ROWS)
    labels = np.array([{"red": 0, "green": 1, "blue": 2}[word] for word in words], np.int32)
    return Case(Strings(), {"word": words}, {"y": labels}, cross_entropy)


def reversal() -> Case:
    """Gradient reversal: refused."""
    return _classifier(CustomGradient(reversed_gradient), floats(38, 4), "custom_gradient")


def clipped() -> Case:
    """Gradients clipped on their way back: refused."""
    return _classifier(CustomGradient(clipped_gradient), floats(38, 4), "custom_gradient")


def ragged() -> Case:
    """Token embeddings, averaged over rows of different lengths."""
    return _classifier(Ragged(), tokens(39, 5, 20))


def sparse() -> Case:
    """A sparse product."""
    return _classifier(Sparse(), floats(37, 4))


CASES: Dict[str, Callable[[], Case]] = {
    build.__name__: build
    for build in (
        mlp, gathered, batch_norm, dropout, cond_constant, cond_data, while_trained, while_data, strings, sparse,
        reversal, clipped, ragged,
    )
}  # fmt: skip
"""The models by name."""
