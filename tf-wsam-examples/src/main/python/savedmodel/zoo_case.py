"""What the models of the zoo have in common: a model, data for it and how it is trained."""

import dataclasses
from typing import Any, Callable, Dict, Optional

import numpy as np

Arrays = Dict[str, np.ndarray]
Keras = Any
ROWS = 40


@dataclasses.dataclass
class Case:
    """A model with its data."""

    model: Any
    inputs: Arrays
    labels: Arrays
    loss: Callable[[Any, Any], Any]
    deterministic: bool = True
    refused: str = ""
    """What the message says where the model cannot be trained; empty where it can."""
    on_top: str = "sparse_categorical_crossentropy"
    """The loss that `wsam finetune` puts on top of the first output, of the first label, where the export has none."""
    activation: Optional[str] = None
    """What makes the output of logits, if anything: softmax or sigmoid."""
    lr: float = 0.01


def floats(seed: int, *shape: int) -> np.ndarray:
    """Rows of normally distributed float32."""
    return np.random.default_rng(seed).normal(size=(ROWS, *shape)).astype(np.float32)


def tokens(seed: int, length: int, count: int) -> np.ndarray:
    """Rows of token numbers below `count`, with 0, the padding, at their ends."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(1, count, size=(ROWS, length), dtype=np.int32)
    lengths = rng.integers(length // 2, length + 1, size=(ROWS, 1))
    return np.where(np.arange(length) < lengths, rows, 0).astype(np.int32)


def classes(values: np.ndarray, count: int) -> np.ndarray:
    """A class for each row that can be learned from it."""
    sums = values.reshape(len(values), -1).astype(np.float64).sum(axis=1)
    edges = np.quantile(sums, np.arange(1, count) / count)
    return np.searchsorted(edges, sums).astype(np.int32)


def classifier(keras: Keras, model: Any, x: np.ndarray, count: int = 3, **options: Any) -> Case:
    """A model that gives logits of `count` classes."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return Case(model, {"x": x}, {"y": classes(x, count)}, loss, **options)


def stack(keras: Keras, x: np.ndarray, *layers: Any) -> Any:
    """Layers one after the other, on an input of the name x."""
    first = tensor = keras.Input(x.shape[1:], dtype=x.dtype.name, name="x")
    for layer in layers:
        tensor = layer(tensor)
    return keras.Model(first, tensor)
