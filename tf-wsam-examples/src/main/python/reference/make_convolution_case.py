"""Writes a float32 trajectory of a convolution network with batch normalization.

The authors' optimizer updates the running statistics in the first pass only. Layouts in the file are
TensorFlow's: images N x height x width x channels, kernels height x width x in x out. The case holds
how far the same run in float64 ends from it: what rounding alone does. README.md says how to run this.
"""

import argparse
import random
from collections import OrderedDict
from pathlib import Path
from typing import Any, Dict, List, Type

import torch

from authors_optimizer import load_weighted_sam, train, write_lines

ROWS, SIZE, CHANNELS, CLASSES = 12, 6, 2, 3
FILTERS = (4, 5)
STEPS, BATCH = 20, 6
OPTIONS = {"rho": 0.05, "gamma": 0.9, "adaptive": False, "decouple": True, "max_norm": None}
HYPER = {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.001}


def network() -> torch.nn.Sequential:
    """Two blocks of convolution, batch normalization and ReLU; mean over the image; a dense layer."""
    first, second = FILTERS
    layers = {
        "convolution1": torch.nn.Conv2d(CHANNELS, first, 3, padding=1, bias=False),
        "norm1": torch.nn.BatchNorm2d(first),
        "relu1": torch.nn.ReLU(),
        "convolution2": torch.nn.Conv2d(first, second, 3, padding=1, bias=False),
        "norm2": torch.nn.BatchNorm2d(second),
        "relu2": torch.nn.ReLU(),
        "mean": torch.nn.AdaptiveAvgPool2d(1),
        "flat": torch.nn.Flatten(),
        "dense": torch.nn.Linear(second, CLASSES),
    }
    return torch.nn.Sequential(OrderedDict(layers))


def in_tensorflow_layout(model: torch.nn.Module) -> Dict[str, torch.Tensor]:
    """The parameters and running statistics, as views: what is written to them is the model's."""
    views = {}
    for name, tensor in model.state_dict(keep_vars=True).items():
        tensor = tensor.detach()
        if tensor.dim() == 4:
            views[name] = tensor.permute(2, 3, 1, 0)
        elif tensor.dim() == 2:
            views[name] = tensor.t()
        elif tensor.dim() == 1:
            views[name] = tensor
    return views


def as_lists(tensors: Dict[str, torch.Tensor]) -> Dict[str, Any]:
    """The tensors as JSON has them."""
    return {name: tensor.tolist() for name, tensor in tensors.items()}


def run(
    case: Dict[str, Any], weighted_sam: Type[torch.optim.Optimizer], dtype: torch.dtype
) -> Dict[str, Any]:
    """Trains the case's network; returns the losses, and the tensors after the last step."""
    model = network().to(dtype)
    for name, view in in_tensorflow_layout(model).items():
        view.copy_(torch.tensor(case["init"][name], dtype=dtype))
    inputs = torch.tensor(case["x"], dtype=dtype).permute(0, 3, 1, 2).contiguous()
    targets = torch.tensor(case["y"])
    wsam = weighted_sam(model, torch.optim.SGD(model.parameters(), **HYPER), **OPTIONS)
    losses = train(
        wsam,
        lambda rows: torch.nn.functional.cross_entropy(model(inputs[rows]), targets[rows]),
        case["order"],
    )
    return {"losses": losses, "final": as_lists(in_tensorflow_layout(model))}


def largest_difference(a: Any, b: Any) -> float:
    """Of two structures of numbers."""
    if isinstance(a, dict):
        return max(largest_difference(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return max(largest_difference(*pair) for pair in zip(a, b))
    return abs(a - b)


def make_case(weighted_sam: Type[torch.optim.Optimizer], seed: int) -> Dict[str, Any]:
    """Trains in float32, and in float64 to learn what rounding does."""
    rng = random.Random(seed)
    torch.manual_seed(seed)

    def image(label: int) -> List[List[List[float]]]:
        return [[pixel(label, row) for _ in range(SIZE)] for row in range(SIZE)]

    def pixel(label: int, row: int) -> List[float]:
        # A class shows as a channel that grows brighter downwards; the last class has none.
        return [round(rng.gauss(0, 1) + (c == label) * row / 4, 2) for c in range(CHANNELS)]

    y = [rng.randrange(CLASSES) for _ in range(ROWS)]
    case: Dict[str, Any] = {
        "base": "momentum",
        **OPTIONS,
        "hyper": HYPER,
        "init": as_lists(in_tensorflow_layout(network())),
        "x": [image(label) for label in y],
        "y": y,
        "order": [rng.sample(range(ROWS), BATCH) for _ in range(STEPS)],
    }
    single = run(case, weighted_sam, torch.float32)
    double = run(case, weighted_sam, torch.float64)
    return {
        **case,
        **single,
        "rounding": {key: largest_difference(single[key], double[key]) for key in single},
    }


def main() -> None:
    """Parses the command line and writes the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--atorch", type=Path, required=True, help="the wheel of atorch 0.2.5, or its folder"
    )
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()

    torch.set_num_threads(1)
    write_lines([make_case(load_weighted_sam(arguments.atorch), arguments.seed)], arguments.out)


if __name__ == "__main__":
    main()
