"""Fine-tunes a SavedModel in Python as `wsam finetune --no-shuffle` does on the JVM, to hold one against the other.

Loads the model with tf.saved_model.load and takes steps of WSAM (arXiv 2305.15817) with batches in file order:

    g1 = grad L(w)                      e = rho g1 / (|g1| + 1e-12)         adaptive: rho w^2 g1 / (| |w| g1 | + 1e-12)
    g2 = grad L(w + e)                  both clipped to max_norm, e from the unclipped g1
    a  = gamma / (1 - gamma)
    coupled:   the base optimizer steps with (1 - a) g1 + a g2
    decoupled: it steps with g1, then w -= lr a (g2 - g1)

What the first pass does to the other variables (averages of batch norm) stays, what the second does is undone.
"""

import argparse
import dataclasses
import json
import os
import re
import sys
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Tuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

EPSILON = 1e-12
Arrays = Dict[str, np.ndarray]
Values = List[np.ndarray]
Batch = Dict[str, tf.Tensor]


@dataclasses.dataclass
class Settings:
    """The flags of `wsam finetune` that decide what a step does."""

    signature: Optional[str] = None
    loss: str = "loss"
    logits: Optional[str] = None
    labels: Optional[str] = None
    activation: Optional[str] = None
    trainable: str = ""
    batch: int = 32
    epochs: Optional[int] = None
    steps: Optional[int] = None
    base: str = "sgd"
    lr: float = 0.01
    momentum: float = 0.9
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-7
    weight_decay: float = 0.0
    rho: float = 0.05
    gamma: float = 0.9
    coupled: bool = False
    adaptive: bool = False
    max_norm: Optional[float] = None


@dataclasses.dataclass
class Training:
    """What is trained, and by what."""

    loss: Callable[[Batch], tf.Tensor]
    variables: List[tf.Variable]
    state: List[tf.Variable]
    """The other variables that the function knows."""


# What to train by


def training_of(root: Any, settings: Settings) -> Training:
    """The loss of a loaded model and the variables it depends on."""
    function, variables = _function(root, settings.signature)

    def loss(batch: Batch) -> tf.Tensor:
        outputs = function(batch)
        if settings.logits is None:
            return outputs[settings.loss]
        logits = outputs[settings.logits] if isinstance(outputs, dict) else outputs
        return LOSSES[settings.loss](batch[settings.labels], BEFORE[settings.activation](logits))

    trained = trainable_variables(root, variables, settings.trainable)
    kept = {id(variable) for variable in trained}
    return Training(loss, trained, [variable for variable in variables if id(variable) not in kept])


def trainable_variables(root: Any, variables: List[tf.Variable], pattern: str = "") -> List[tf.Variable]:
    """Those that the root lists in `trainable_variables`, as Keras does, or those that say so themselves."""
    listed = getattr(root, "trainable_variables", None)
    if listed is not None:
        chosen = {id(variable) for variable in listed}
        trainable = [variable for variable in variables if id(variable) in chosen]
    else:
        trainable = [variable for variable in variables if variable.trainable]
    return [variable for variable in trainable if re.search(pattern, variable.name)]


def _function(root: Any, signature: Optional[str]) -> Tuple[Callable, List[tf.Variable]]:
    """The signature asked for; or the first there is of train, a call with training=True, and serving_default."""
    call = _training_call(root)
    if signature is None and "train" not in root.signatures and call is not None:
        features = call.structured_input_signature[0][0]
        fill = lambda batch: tf.nest.map_structure(lambda spec: batch[spec.name], features)
        return lambda batch: root(fill(batch), training=True), list(call.variables)
    name = signature or ("train" if "train" in root.signatures else "serving_default")
    function = root.signatures[name]
    names = function.structured_input_signature[1]
    return lambda batch: function(**{name: batch[name] for name in names}), list(function.variables)


def _training_call(root: Any) -> Any:
    """The function that a model of Keras 2 was saved with for calls with training=True; None if there is none."""
    functions = getattr(getattr(root, "__call__", None), "concrete_functions", ())
    calls = [function for function in functions if True in function.structured_input_signature[0][1:]]
    return calls[0] if calls else None


def _shaped(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    return tf.reshape(tf.cast(labels, logits.dtype), tf.shape(logits))


LOSSES: Dict[str, Callable[[tf.Tensor, tf.Tensor], tf.Tensor]] = {
    "sparse_categorical_crossentropy": lambda labels, logits: tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(tf.cast(labels, tf.int64), logits)
    ),
    "categorical_crossentropy": lambda labels, logits: tf.reduce_mean(
        tf.nn.softmax_cross_entropy_with_logits(tf.cast(labels, logits.dtype), logits)
    ),
    "binary_crossentropy": lambda labels, logits: tf.reduce_mean(
        tf.nn.sigmoid_cross_entropy_with_logits(_shaped(labels, logits), logits)
    ),
    "mse": lambda labels, logits: tf.reduce_mean(tf.square(logits - _shaped(labels, logits))),
}
"""The losses that can be put on top of logits."""

BEFORE: Dict[Optional[str], Callable[[tf.Tensor], tf.Tensor]] = {
    None: tf.identity,
    "softmax": tf.math.log,
    "sigmoid": lambda output: tf.math.log(output) - tf.math.log1p(-output),
}
"""Logits of an output that is the result of this activation: `wsam finetune` takes what went into it."""


# The base optimizers, as PyTorch defines them: new weights from weights, gradient, slots and the number of the step


def _sgd(s: Settings, w: np.ndarray, g: np.ndarray, slots: Arrays, step: int) -> np.ndarray:
    g = g + s.weight_decay * w
    if s.base == "sgd":
        return w - s.lr * g
    slots["b"] = s.momentum * slots.get("b", 0) + g
    return w - s.lr * (g + s.momentum * slots["b"] if s.base == "nesterov" else slots["b"])


def _adam(s: Settings, w: np.ndarray, g: np.ndarray, slots: Arrays, step: int) -> np.ndarray:
    if s.base == "adamw":
        w = w - s.lr * s.weight_decay * w
    else:
        g = g + s.weight_decay * w
    slots["m"] = s.beta1 * slots.get("m", 0) + (1 - s.beta1) * g
    slots["v"] = s.beta2 * slots.get("v", 0) + (1 - s.beta2) * g * g
    m, v = slots["m"] / (1 - s.beta1**step), slots["v"] / (1 - s.beta2**step)
    return w - s.lr * m / (np.sqrt(v) + s.epsilon)


def _adaptive(s: Settings, w: np.ndarray, g: np.ndarray, slots: Arrays, step: int) -> np.ndarray:
    g = g + s.weight_decay * w
    decay, weight = (RMSPROP_DECAY, 1 - RMSPROP_DECAY) if s.base == "rmsprop" else (1, 1)
    slots["v"] = decay * slots.get("v", 0) + weight * g * g
    return w - s.lr * g / (np.sqrt(slots["v"]) + s.epsilon)


RMSPROP_DECAY = 0.99
BASES = {
    **dict.fromkeys(("sgd", "momentum", "nesterov"), _sgd),
    **dict.fromkeys(("adam", "adamw"), _adam),
    **dict.fromkeys(("rmsprop", "adagrad"), _adaptive),
}
"""The base optimizers by name."""


# The steps


def norm(tensors: Values) -> float:
    """The L2 norm over all tensors together."""
    return float(np.sqrt(sum(np.sum(np.square(tensor, dtype=np.float64)) for tensor in tensors)))


def perturbation(s: Settings, weights: Values, gradients: Values) -> Values:
    """Where to take the second gradient, from the weights."""
    if s.adaptive:
        scale = s.rho / (norm([np.abs(w) * g for w, g in zip(weights, gradients)]) + EPSILON)
        return [scale * w * w * g for w, g in zip(weights, gradients)]
    scale = s.rho / (norm(gradients) + EPSILON)
    return [scale * g for g in gradients]


def clipped(s: Settings, gradients: Values) -> Values:
    """Gradients of at most the norm max_norm."""
    if s.max_norm is None:
        return gradients
    factor = min(1.0, s.max_norm / (norm(gradients) + 1e-6))
    return [factor * g for g in gradients]


def blended(s: Settings, w: np.ndarray, g1: np.ndarray, g2: np.ndarray, slots: Arrays, step: int) -> np.ndarray:
    """The weights after the step."""
    a = s.gamma / (1 - s.gamma)
    if s.coupled:
        return BASES[s.base](s, w, (1 - a) * g1 + a * g2, slots, step)
    return BASES[s.base](s, w, g1, slots, step) - s.lr * a * (g2 - g1)


def batches_of(data: Arrays, s: Settings) -> Iterator[Batch]:
    """Batches in file order; the last short one of an epoch is dropped."""
    rows = len(next(iter(data.values())))
    per_epoch = rows // s.batch
    for step in range(s.steps if s.steps is not None else s.epochs * per_epoch):
        start = step % per_epoch * s.batch
        yield {name: tf.constant(array[start : start + s.batch]) for name, array in data.items()}


def train(training: Training, batches: Iterable[Batch], s: Settings) -> Iterator[Dict[str, float]]:
    """Takes a step for each batch; yields what the log of `wsam finetune` says of it."""

    @tf.function
    def loss_and_gradients(batch: Batch) -> Tuple[tf.Tensor, List[tf.Tensor]]:
        with tf.GradientTape() as tape:
            loss = training.loss(batch)
        return loss, [tf.convert_to_tensor(g) for g in tape.gradient(loss, variables)]

    def one_pass(batch: Batch) -> Tuple[float, Values]:
        loss, gradients = loss_and_gradients(batch)
        return float(loss), [gradient.numpy() for gradient in gradients]

    variables: List[tf.Variable] = []
    for step, batch in enumerate(batches, 1):
        if step == 1:
            variables += _connected(training, batch)
            slots: List[Arrays] = [{} for _ in variables]
        before = values(training.state)
        loss, g1 = one_pass(batch)
        after, weights = values(training.state), values(variables)
        assign(training.state, before)
        assign(variables, [w + e for w, e in zip(weights, perturbation(s, weights, g1))])
        perturbed_loss, g2 = one_pass(batch)
        assign(training.state, after)
        grad_norm, g1, g2 = norm(g1), clipped(s, g1), clipped(s, g2)
        assign(variables, [blended(s, *each, step) for each in zip(weights, g1, g2, slots)])
        yield {"step": step, "loss": loss, "perturbed_loss": perturbed_loss, "grad_norm": grad_norm}


def _connected(training: Training, batch: Batch) -> List[tf.Variable]:
    """The variables that the loss depends on; the others are no part of a step, weight decay included.

    The gradient of a call is zero, not None, for what only other outputs of the function depend on.
    """
    before = values(training.state)
    with tf.GradientTape() as tape:
        loss = training.loss(batch)
    gradients = tape.gradient(loss, training.variables)
    assign(training.state, before)
    dense = [None if g is None else tf.convert_to_tensor(g).numpy() for g in gradients]
    return [variable for variable, g in zip(training.variables, dense) if g is not None and np.any(g)]


def values(variables: List[tf.Variable]) -> Values:
    """What variables hold."""
    return [variable.numpy() for variable in variables]


def assign(variables: List[tf.Variable], new: Values) -> None:
    """Gives variables values."""
    for variable, value in zip(variables, new):
        variable.assign(value)


# The command line


def main(arguments: List[str]) -> None:
    """Trains, writes the log and the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="the SavedModel")
    parser.add_argument("--data", required=True, help="an .npz file: an array for each input and label")
    parser.add_argument("--log", help="the file for a line a step, in JSON")
    parser.add_argument("--weights", help="the TensorFlow checkpoint to write; keys as in the model's own variables/")
    for field in dataclasses.fields(Settings):
        flag = "--" + field.name.replace("_", "-")
        if field.type is bool:
            parser.add_argument(flag, action="store_true")
        else:
            kind = {Optional[str]: str, Optional[int]: int, Optional[float]: float}.get(field.type, field.type)
            parser.add_argument(flag, type=kind, default=field.default)
    options = vars(parser.parse_args(arguments))
    model, data, log, weights = (options.pop(name) for name in ("model", "data", "log", "weights"))
    settings = Settings(**options)
    if settings.steps is None and settings.epochs is None:
        parser.error("--steps or --epochs is needed")

    root = tf.saved_model.load(model)
    with np.load(data, allow_pickle=False) as arrays:
        rows = list(train(training_of(root, settings), batches_of(dict(arrays), settings), settings))
    for row in rows:
        print(json.dumps(row))
    if log:
        with open(log, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    if weights:
        tf.train.Checkpoint(root).write(weights)


if __name__ == "__main__":
    main(sys.argv[1:])
