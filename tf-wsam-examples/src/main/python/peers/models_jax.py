"""The models in JAX, as functions of their parameters."""

from typing import Any, Callable, Iterator, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from step import CLASSES, LENGTH, VOCABULARY

Parameters = Any
Averages = list[tuple[Array, Array]]


class Model(NamedTuple):
    """A model, and what it starts from."""

    parameters: Parameters
    averages: Averages
    apply: Callable[[Parameters, Averages, Array], tuple[Array, Averages]]
    """Returns the logits, and the running averages after the batch."""


def build(name: str) -> Model:
    """Builds a model by its name."""
    keys = _keys(1)
    if name == "mlp":
        return Model([_dense(keys, n, m) for n, m in ((784, 256), (256, 256), (256, CLASSES))], [], _apply_mlp)
    if name == "transformer":
        return Model(_transformer(keys), [], _apply_transformer)
    return _resnet(keys, [16, 32, 64], 3) if name == "resnet20" else _resnet(keys, [64, 128, 256, 512], 2)


def _keys(seed: int) -> Iterator[Array]:
    key = jax.random.key(seed)
    while True:
        key, drawn = jax.random.split(key)
        yield drawn


def _dense(keys: Iterator[Array], inputs: int, outputs: int) -> Parameters:
    kernel = jax.nn.initializers.glorot_uniform()(next(keys), (inputs, outputs))
    return {"kernel": kernel, "bias": jnp.zeros(outputs)}


def _apply_dense(p: Parameters, x: Array) -> Array:
    return x @ p["kernel"] + p["bias"]


def _apply_mlp(parameters: Parameters, averages: Averages, x: Array) -> tuple[Array, Averages]:
    first, second, last = parameters
    hidden = jax.nn.relu(_apply_dense(second, jax.nn.relu(_apply_dense(first, x))))
    return _apply_dense(last, hidden), averages


def _convolution(keys: Iterator[Array], size: int, inputs: int, outputs: int) -> Parameters:
    kernel = jax.nn.initializers.he_normal()(next(keys), (size, size, inputs, outputs))
    return {"kernel": kernel, "scale": jnp.ones(outputs), "shift": jnp.zeros(outputs)}


def _resnet(keys: Iterator[Array], widths: list[int], blocks: int) -> Model:
    strides = [2 if stage > 0 and block == 0 else 1 for stage in range(len(widths)) for block in range(blocks)]
    parameters = {"stem": _convolution(keys, 3, 3, widths[0]), "blocks": [], "head": _dense(keys, widths[-1], CLASSES)}
    channels = widths[0]
    for number, stride in enumerate(strides):
        width = widths[number // blocks]
        block = {"first": _convolution(keys, 3, channels, width), "second": _convolution(keys, 3, width, width)}
        if stride > 1:
            block["shortcut"] = _convolution(keys, 1, channels, width)
        parameters["blocks"].append(block)
        channels = width
    normalized = [parameters["stem"]] + [p for block in parameters["blocks"] for p in block.values()]
    averages = [(jnp.zeros_like(p["shift"]), jnp.ones_like(p["scale"])) for p in normalized]

    def apply(p: Parameters, old: Averages, x: Array) -> tuple[Array, Averages]:
        left, new = iter(old), []

        def convolve(p: Parameters, x: Array, stride: int) -> Array:
            x = lax.conv_general_dilated(
                x, p["kernel"], (stride, stride), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
            )
            x, average = _batch_norm(p, next(left), x)
            new.append(average)
            return x

        x = jax.nn.relu(convolve(p["stem"], x, 1))
        for block, stride in zip(p["blocks"], strides):
            y = jax.nn.relu(convolve(block["first"], x, stride))
            y = convolve(block["second"], y, 1)
            x = jax.nn.relu(y + (convolve(block["shortcut"], x, stride) if stride > 1 else x))
        return _apply_dense(p["head"], x.mean((1, 2))), new

    return Model(parameters, averages, apply)


def _batch_norm(p: Parameters, average: tuple[Array, Array], x: Array) -> tuple[Array, tuple[Array, Array]]:
    mean, square = x.mean((0, 1, 2)), (x * x).mean((0, 1, 2))
    variance = square - mean * mean
    count = x.size // x.shape[-1]
    factor = p["scale"] * lax.rsqrt(variance + 1e-5)
    updated = (0.9 * average[0] + 0.1 * mean, 0.9 * average[1] + 0.1 * variance * (count / (count - 1)))
    return (x - mean) * factor + p["shift"], updated


def _transformer(keys: Iterator[Array], width: int = 256, depth: int = 4) -> Parameters:
    def norm() -> Parameters:
        return {"scale": jnp.ones(width), "shift": jnp.zeros(width)}

    return {
        "tokens": 0.02 * jax.random.normal(next(keys), (VOCABULARY, width)),
        "positions": 0.02 * jax.random.normal(next(keys), (LENGTH, width)),
        "layers": [
            {
                "attention_norm": norm(),
                **{name: _dense(keys, width, width) for name in ("query", "key", "value", "output")},
                "feed_forward_norm": norm(),
                "wide": _dense(keys, width, 4 * width),
                "narrow": _dense(keys, 4 * width, width),
            }
            for _ in range(depth)
        ],
        "norm": norm(),
        "head": _dense(keys, width, CLASSES),
    }


def _apply_transformer(p: Parameters, averages: Averages, tokens: Array) -> tuple[Array, Averages]:
    x = p["tokens"][tokens] + p["positions"]
    for layer in p["layers"]:
        x = x + _attention(layer, _layer_norm(layer["attention_norm"], x))
        wide = jax.nn.relu(_apply_dense(layer["wide"], _layer_norm(layer["feed_forward_norm"], x)))
        x = x + _apply_dense(layer["narrow"], wide)
    return _apply_dense(p["head"], _layer_norm(p["norm"], x).mean(1)), averages


def _attention(p: Parameters, x: Array, heads: int = 4) -> Array:
    batch, length, width = x.shape
    q, k, v = (_apply_dense(p[name], x).reshape(batch, length, heads, -1) for name in ("query", "key", "value"))
    return _apply_dense(p["output"], jax.nn.dot_product_attention(q, k, v).reshape(batch, length, width))


def _layer_norm(p: Parameters, x: Array) -> Array:
    mean = x.mean(-1, keepdims=True)
    variance = jnp.square(x - mean).mean(-1, keepdims=True)
    return (x - mean) * lax.rsqrt(variance + 1e-5) * p["scale"] + p["shift"]
