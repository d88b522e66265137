"""Writes trajectories of the authors' optimizer for `wsam reference` to replay.

Each case trains a small network, logits = tanh(x w1 + b1) w2 + b2, in float64 on random data, with one
combination of base optimizer, mode, options and hyper-parameters. README.md says how to run this.
"""

import argparse
import itertools
import math
import random
from pathlib import Path
from typing import Any, Dict, FrozenSet, List, Set, Tuple, Type

import torch

from authors_optimizer import load_weighted_sam, train, write_lines

ROWS, FEATURES, HIDDEN, CLASSES = 16, 4, 3, 3
STEPS = 25
RECORDED_STEPS = (1, 2, 10, 25)

FACTORS: Dict[str, Tuple[Any, ...]] = {
    "base": ("sgd", "momentum", "nesterov", "adam", "adamw"),
    "decouple": (True, False),
    "adaptive": (False, True),
    "max_norm": (None, 0.5, 0.1),
    "rho": (0.0, 0.02, 0.05, 0.2),
    "gamma": (0.0, 0.5, 0.8, 0.9, 0.95),
    "weight_decay": (0.0, 0.05),
}
"""What the grid is made of."""

HYPER: Dict[str, Tuple[Dict[str, float], ...]] = {
    "sgd": ({"lr": 0.1}, {"lr": 0.03}),
    "momentum": ({"lr": 0.05, "momentum": 0.9}, {"lr": 0.1, "momentum": 0.5}),
    "nesterov": ({"lr": 0.05, "momentum": 0.9}, {"lr": 0.1, "momentum": 0.5}),
    "adam": ({"lr": 0.01}, {"lr": 0.02, "beta1": 0.8, "beta2": 0.95, "eps": 1e-3}),
    "adamw": ({"lr": 0.01}, {"lr": 0.02, "beta1": 0.8, "beta2": 0.95, "eps": 1e-3}),
}
"""What a case draws its base's hyper-parameters from; PyTorch's defaults hold for those not named."""

Setting = Dict[str, Any]
Item = FrozenSet[Tuple[str, Any]]


def grid() -> List[Setting]:
    """All combinations of the factors."""
    return [dict(zip(FACTORS, values)) for values in itertools.product(*FACTORS.values())]


def covered(setting: Setting) -> Set[Item]:
    """The pairs of values in a setting, and its triples of base, mode and one more value."""
    values = list(setting.items())
    pairs = {frozenset(pair) for pair in itertools.combinations(values, 2)}
    return pairs | {frozenset((values[0], values[1], value)) for value in values[2:]}


def choose(count: int, rng: random.Random) -> List[Setting]:
    """Settings that together cover as much as that many can, the ones that cover most first."""
    remaining = grid()
    rng.shuffle(remaining)
    items = [covered(setting) for setting in remaining]
    missing: Set[Item] = set().union(*items)
    chosen = []
    for _ in range(min(count, len(remaining))):
        best = max(range(len(remaining)), key=lambda i: len(items[i] & missing))
        chosen.append(remaining.pop(best))
        missing -= items.pop(best)
    return chosen


def base_optimizer(
    base: str, hyper: Dict[str, float], model: torch.nn.Module
) -> torch.optim.Optimizer:
    """PyTorch's optimizer of a base and its hyper-parameters."""
    arguments: Dict[str, Any] = dict(hyper)
    if base in ("adam", "adamw"):
        betas = (arguments.pop("beta1", 0.9), arguments.pop("beta2", 0.999))
        optimizer = torch.optim.Adam if base == "adam" else torch.optim.AdamW
        return optimizer(model.parameters(), betas=betas, **arguments)
    return torch.optim.SGD(model.parameters(), nesterov=base == "nesterov", **arguments)


def gaussian(rng: random.Random, rows: int, columns: int, scale: float) -> List[List[float]]:
    """Random numbers of few digits, which keep the file small and are exact in it."""
    return [[round(rng.gauss(0, scale), 3) for _ in range(columns)] for _ in range(rows)]


def make_case(
    setting: Setting, weighted_sam: Type[torch.optim.Optimizer], rng: random.Random
) -> Dict[str, Any]:
    """Trains one setting on data and initial weights of its own."""
    hyper = dict(rng.choice(HYPER[setting["base"]]), weight_decay=setting["weight_decay"])
    y = [rng.randrange(CLASSES) for _ in range(ROWS)]
    x = gaussian(rng, ROWS, FEATURES, 1)
    for features, label in zip(x, y):
        features[label] = round(features[label] + 1.5, 3)
    init = [
        gaussian(rng, FEATURES, HIDDEN, 1 / math.sqrt(FEATURES)),
        gaussian(rng, 1, HIDDEN, 0.1)[0],
        gaussian(rng, HIDDEN, CLASSES, 1 / math.sqrt(HIDDEN)),
        gaussian(rng, 1, CLASSES, 0.1)[0],
    ]
    order = [rng.sample(range(ROWS), rng.choice((5, 8))) for _ in range(STEPS)]

    model = torch.nn.Sequential(
        torch.nn.Linear(FEATURES, HIDDEN), torch.nn.Tanh(), torch.nn.Linear(HIDDEN, CLASSES)
    ).double()
    # A Linear keeps its weights as outputs by inputs.
    with torch.no_grad():
        for parameter, values in zip(model.parameters(), init):
            parameter.copy_(torch.tensor(values, dtype=torch.float64).t())
    inputs, targets = torch.tensor(x, dtype=torch.float64), torch.tensor(y)
    wsam = weighted_sam(
        model,
        base_optimizer(setting["base"], hyper, model),
        rho=setting["rho"],
        gamma=setting["gamma"],
        adaptive=setting["adaptive"],
        decouple=setting["decouple"],
        max_norm=setting["max_norm"],
    )
    weights: Dict[str, List[Any]] = {}

    def record(step: int) -> None:
        if step in RECORDED_STEPS:
            weights[str(step)] = [p.detach().t().tolist() for p in model.parameters()]

    losses = train(
        wsam,
        lambda rows: torch.nn.functional.cross_entropy(model(inputs[rows]), targets[rows]),
        order,
        record,
    )
    return {
        "base": setting["base"],
        "decouple": setting["decouple"],
        "adaptive": setting["adaptive"],
        "rho": setting["rho"],
        "gamma": setting["gamma"],
        "max_norm": setting["max_norm"],
        "hyper": hyper,
        "init": init,
        "x": x,
        "y": y,
        "order": order,
        "losses": losses,
        "weights": weights,
    }


def main() -> None:
    """Parses the command line and writes the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--atorch", type=Path, required=True, help="the wheel of atorch 0.2.5, or its folder"
    )
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--cases", type=int, help="how many, chosen to cover the grid; default: all of it"
    )
    arguments = parser.parse_args()

    torch.set_num_threads(1)
    weighted_sam = load_weighted_sam(arguments.atorch)
    rng = random.Random(arguments.seed)
    settings = grid() if arguments.cases is None else choose(arguments.cases, rng)
    write_lines([make_case(setting, weighted_sam, rng) for setting in settings], arguments.out)


if __name__ == "__main__":
    main()
