"""Writes trajectories of the optimizers of PyTorch and Keras for the tests of tf-wsam to replay.

Each case takes ten steps in float64 with one optimizer on the loss sum(c (w - target)^2 / 2) over two
variables, a and b, only the first of which decays. Names of options and schedules are those of the
package io.github.tfwsam.optimizers; what a framework calls otherwise is translated here.

    python3 make_trajectories.py --framework torch --out torch.json       needs PyTorch
    python3 make_trajectories.py --framework keras --out keras.json       needs TensorFlow with Keras 3
    python3 make_trajectories.py --framework tf_keras --out tf_keras.json needs TensorFlow with tf_keras
"""

import argparse
import json
import math
import os
import random
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple

STEPS = 10
SIZES = {"a": 2, "b": 1}

Weights = Dict[str, List[float]]
Case = Dict[str, Any]
Problem = Dict[str, Weights]

COSINE = {"schedule": "CosineDecay", "initialValue": 0.1, "decaySteps": 8, "alpha": 0.1}
SCHEDULES: Tuple[Dict[str, Any], ...] = (
    COSINE,
    {**COSINE, "warmupTarget": 0.3, "warmupSteps": 3},
    {"schedule": "ExponentialDecay", "initialValue": 0.2, "decaySteps": 4, "decayRate": 0.5},
    {"schedule": "ExponentialDecay", "initialValue": 0.2, "decaySteps": 4, "decayRate": 0.5, "staircase": True},
    {"schedule": "PolynomialDecay", "initialValue": 0.2, "decaySteps": 6, "endValue": 0.05, "power": 2.0},
    {"schedule": "PolynomialDecay", "initialValue": 0.2, "decaySteps": 4, "endValue": 0.05, "power": 0.5, "cycle": True},
    {"schedule": "PiecewiseConstantDecay", "boundaries": [2, 5], "values": [0.2, 0.1, 0.02]},
)

# What both frameworks do; weight decay is added in the form that the framework has.
SETTINGS: Tuple[Tuple[str, Dict[str, Any]], ...] = (
    ("Sgd", {}),
    ("Sgd", {"momentum": 0.9}),
    ("Sgd", {"momentum": 0.9, "nesterov": True}),
    ("Adam", {}),
    ("Adam", {"betaOne": 0.8, "betaTwo": 0.95, "epsilon": 1e-2}),
    ("AdamW", {"betaTwo": 0.99, "epsilon": 1e-3}),
    ("RmsProp", {}),
    ("RmsProp", {"rho": 0.8, "epsilon": 1e-2}),
    ("RmsProp", {"rho": 0.8, "epsilon": 1e-2, "momentum": 0.5, "centered": True}),
    ("Adagrad", {}),
    ("Adagrad", {"initialAccumulator": 0.3, "epsilon": 1e-2}),
)


KERAS_DEFAULTS: Dict[str, Dict[str, Any]] = {
    "Sgd": {},
    "Adam": {"betaOne": 0.9, "betaTwo": 0.999, "epsilon": 1e-7, "epsilonPlace": "KERAS"},
    "AdamW": {"betaOne": 0.9, "betaTwo": 0.999, "epsilon": 1e-7, "epsilonPlace": "KERAS"},
    "RmsProp": {"rho": 0.9, "epsilon": 1e-7, "epsilonPlace": "KERAS"},
    "Adagrad": {"initialAccumulator": 0.1, "epsilon": 1e-7, "epsilonPlace": "KERAS"},
}


def cases(framework: str) -> List[Case]:
    """Every setting without and with weight decay, and schedules, with the framework's defaults named."""
    keras = framework != "torch"
    found = []
    for optimizer, options in SETTINGS:
        for decay in (0.0, 0.3):
            found.append({"optimizer": optimizer, "learningRate": 0.1, "options": {**options, "weightDecay": decay}})
    if keras:
        # With momentum the rate is in Keras's buffer, and not where PyTorch has it.
        for schedule in SCHEDULES:
            found.append({"optimizer": "Sgd", "learningRate": schedule, "options": {"weightDecay": 0.3}})
        for optimizer in ("Adam", "RmsProp", "Adagrad"):
            found.append({"optimizer": optimizer, "learningRate": COSINE, "options": {}})
    else:
        found.append({"optimizer": "Sgd", "learningRate": COSINE, "options": {"momentum": 0.9, "nesterov": True}})
        found.append({"optimizer": "RmsProp", "learningRate": COSINE, "options": {"momentum": 0.5}})
        found.append({"optimizer": "AdamW", "learningRate": COSINE, "options": {"weightDecay": 0.3}})
    for case in found:
        options = case["options"]
        if keras:
            # Keras's defaults, in double precision: given none, it has float32.
            for key, value in KERAS_DEFAULTS[case["optimizer"]].items():
                options.setdefault(key, value)
            options["decoupledWeightDecay"] = True
    return found


def problem(seed: int) -> Problem:
    """Start, curvature and target, rounded so that each number is short."""
    rng = random.Random(seed)
    draw: Callable[[float, float], Weights] = lambda low, high: {
        name: [round(rng.uniform(low, high), 3) for _ in range(size)] for name, size in SIZES.items()
    }
    return {"start": draw(-2, 2), "curvature": draw(0.2, 3), "target": draw(-2, 2)}


def cosine(schedule: Dict[str, Any], step: int) -> float:
    """The value of a CosineDecay without a warm-up."""
    completed = min(step, schedule["decaySteps"]) / schedule["decaySteps"]
    alpha = schedule["alpha"]
    return schedule["initialValue"] * ((1 - alpha) * (1 + math.cos(math.pi * completed)) / 2 + alpha)


def torch_trajectory(case: Case, data: Problem) -> List[Weights]:
    """The weights after each step of an optimizer of torch.optim."""
    import torch

    tensor = lambda values: torch.tensor(values, dtype=torch.float64)
    weights = {name: tensor(values).requires_grad_() for name, values in data["start"].items()}
    options = dict(case["options"])
    rate = case["learningRate"]
    scheduled = isinstance(rate, dict)
    arguments: Dict[str, Any] = {"lr": rate["initialValue"] if scheduled else rate}
    decay = options.pop("weightDecay", 0.0)
    if "betaOne" in options or "betaTwo" in options:
        arguments["betas"] = (options.pop("betaOne", 0.9), options.pop("betaTwo", 0.999))
    names = {"rho": "alpha", "epsilon": "eps", "initialAccumulator": "initial_accumulator_value"}
    arguments.update({names.get(key, key): value for key, value in options.items()})
    groups = [{"params": [weights["a"]], "weight_decay": decay}, {"params": [weights["b"]], "weight_decay": 0.0}]
    optimizer = getattr(torch.optim, {"Sgd": "SGD", "RmsProp": "RMSprop"}.get(case["optimizer"], case["optimizer"]))(
        groups, **arguments
    )
    trajectory = []
    for step in range(STEPS):
        if scheduled:
            for group in optimizer.param_groups:
                group["lr"] = cosine(rate, step)
        for name, w in weights.items():
            w.grad = tensor(data["curvature"][name]) * (w.detach() - tensor(data["target"][name]))
        optimizer.step()
        trajectory.append({name: w.detach().tolist() for name, w in weights.items()})
    return trajectory


def keras_trajectory(keras: Any, case: Case, data: Problem) -> List[Weights]:
    """The weights after each step of an optimizer of tf.keras.optimizers."""
    import numpy as np
    import tensorflow as tf

    keras.backend.set_floatx("float64")
    variable = keras.Variable if hasattr(keras, "Variable") else tf.Variable
    weights = {name: variable(np.array(values), name=name) for name, values in data["start"].items()}
    options = dict(case["options"])
    for key in ("epsilonPlace", "decoupledWeightDecay"):
        options.pop(key, None)
    names = {
        "betaOne": "beta_1",
        "betaTwo": "beta_2",
        "initialAccumulator": "initial_accumulator_value",
        "weightDecay": "weight_decay",
    }
    arguments = {names.get(key, key): double(value) for key, value in options.items()}
    name = {"Sgd": "SGD", "RmsProp": "RMSprop"}.get(case["optimizer"], case["optimizer"])
    optimizer = getattr(keras.optimizers, name)(learning_rate=keras_rate(keras, case["learningRate"]), **arguments)
    optimizer.exclude_from_weight_decay([weights["b"]])
    optimizer.build(list(weights.values()))
    trajectory = []
    for _ in range(STEPS):
        gradients = [
            tf.constant(data["curvature"][name], tf.float64)
            * (tf.convert_to_tensor(w) - tf.constant(data["target"][name], tf.float64))
            for name, w in weights.items()
        ]
        optimizer.apply_gradients(zip(gradients, weights.values()))
        trajectory.append({name: w.numpy().tolist() for name, w in weights.items()})
    return trajectory


def double(value: Any) -> Any:
    """Keras takes Python's numbers for float32, and those of NumPy for what they are."""
    import numpy as np

    if isinstance(value, list):
        return [double(item) for item in value]
    return np.float64(value) if isinstance(value, float) else value


def keras_rate(keras: Any, rate: Any) -> Any:
    """A number or a schedule."""
    if not isinstance(rate, dict):
        return rate
    names = {
        "initialValue": "initial_learning_rate",
        "decaySteps": "decay_steps",
        "decayRate": "decay_rate",
        "endValue": "end_learning_rate",
        "warmupTarget": "warmup_target",
        "warmupSteps": "warmup_steps",
    }
    arguments = {names.get(key, key): double(value) for key, value in rate.items() if key != "schedule"}
    return getattr(keras.optimizers.schedules, rate["schedule"])(**arguments)


def main() -> None:
    """Writes one file, a case a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--framework", choices=("torch", "keras", "tf_keras"), required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    trajectory: Callable[[Case, Problem], List[Weights]] = torch_trajectory
    if arguments.framework != "torch":
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        keras = __import__(arguments.framework)
        trajectory = lambda case, data: keras_trajectory(keras, case, data)
    data = problem(arguments.seed)
    lines = [
        json.dumps({**case, **data, "weights": trajectory(case, data)}) for case in cases(arguments.framework)
    ]
    arguments.out.write_text("[\n" + ",\n".join(lines) + "\n]\n")


if __name__ == "__main__":
    main()
