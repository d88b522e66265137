"""What the peers' scripts share: their options, the batches, the clock, and the results' form."""

import argparse
import json
import math
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any, Callable, Mapping, NamedTuple, Protocol, Sequence

import numpy as np

from options import PARAMETERS, add_shared, set_counts

CLASSES, VOCABULARY, LENGTH = 10, 8000, 64
LEARNING_RATE, MOMENTUM, RHO = 0.01, 0.9, 0.05
GAMMA = {"base": 0.0, "sam": 0.5, "wsam": 0.9}
"""The optimizers, and the weight of the sharpness in each: SAM is coupled, WSAM is not."""

BATCHES = 8


class Training(Protocol):
    """A model in training by one peer."""

    versions: Mapping[str, str]
    """The framework's name and version, then the peer's where it is a package of its own."""

    def step(self, x: np.ndarray, y: np.ndarray) -> float:
        """Takes a step on a batch in the host's memory, waits for it, and returns the loss."""

    def weights(self) -> list[np.ndarray]:
        """Copies the trainable parameters, in the order that set_weights takes."""

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        """Sets the trainable parameters."""

    def statistics(self) -> list[np.ndarray]:
        """Copies the running averages of batch normalization."""


class Settings(NamedTuple):
    """What to train, and by what."""

    model: str
    peer: str
    optimizer: str
    threads: int
    atorch: Path | None = None


def batches(model: str, batch: int, count: int = BATCHES, seed: int = 1) -> list[tuple[np.ndarray, np.ndarray]]:
    """Draws normal numbers (images are NHWC), or uniform tokens, and uniform labels."""
    random = np.random.default_rng(seed)
    if model == "transformer":
        inputs = [random.integers(0, VOCABULARY, (batch, LENGTH), np.int32) for _ in range(count)]
    else:
        shape = (batch, 784) if model == "mlp" else (batch, 32, 32, 3)
        inputs = [random.standard_normal(shape, np.float32) for _ in range(count)]
    return [(x, random.integers(0, CLASSES, batch, np.int32)) for x in inputs]


def main(description: str, peers: Mapping[str, Sequence[str]], start: Callable[[Settings], Training]) -> None:
    """Runs a peer's script.

    Args:
        description: what the script times.
        peers: the peers, and the optimizers that each has.
        start: builds the model and what trains it.
    """
    args = _arguments(description, peers)
    training = start(Settings(args.model, args.peer, args.optimizer, args.threads, args.atorch))
    parameters = sum(weight.size for weight in training.weights())
    if parameters != PARAMETERS[args.model]:
        sys.exit(f"{args.model} has {parameters} parameters, not {PARAMETERS[args.model]}")
    result = {
        "model": args.model,
        "batch": args.batch,
        "optimizer": args.optimizer,
        "fused": None,
        "threads": args.threads,
        "trainable_parameters": parameters,
        "step_ms": _time(training, batches(args.model, args.batch), args.warmup, args.steps),
        "peak_rss_mb": _peak_rss_mb(),
        "peer": args.peer,
        "versions": dict(training.versions),
    }
    if args.json:
        unfinished = args.json.with_name(args.json.name + ".part")
        unfinished.write_text(json.dumps(result) + "\n", encoding="utf-8")
        os.replace(unfinished, args.json)
    else:
        print(json.dumps(result, indent=1))


def _arguments(description: str, peers: Mapping[str, Sequence[str]]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description)
    add_shared(parser)
    parser.add_argument("--peer", choices=peers, required=True)
    parser.add_argument("--optimizer", choices=GAMMA, help="default: the peer's last")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the results; default: print them")
    parser.add_argument("--atorch", type=Path, metavar="WHEEL", help="atorch's wheel, for the peer of that name")
    args = parser.parse_args()
    set_counts(args)
    args.optimizer = args.optimizer or peers[args.peer][-1]
    if args.optimizer not in peers[args.peer]:
        parser.error(f"{args.peer} has {' and '.join(peers[args.peer])}, not {args.optimizer}")
    if args.peer == "atorch" and not args.atorch:
        parser.error("--peer atorch needs --atorch WHEEL: pip download --no-deps atorch==0.2.5")
    return args


def _time(training: Training, data: Sequence[Any], warmup: int, steps: int) -> dict[str, float]:
    milliseconds = []
    for i in range(warmup + steps):
        x, y = data[i % len(data)]
        start = time.perf_counter()
        loss = training.step(x, y)
        milliseconds.append((time.perf_counter() - start) * 1e3)
        if not np.isfinite(loss):
            sys.exit(f"the loss of step {i + 1} is {loss}")
    return summary(milliseconds[warmup:])


def summary(milliseconds: Sequence[float]) -> dict[str, float]:
    """The least time, the median, and what nine of ten did not exceed."""
    times = sorted(milliseconds)
    return {"min": times[0], "median": statistics.median(times), "p90": times[math.ceil(9 * len(times) / 10) - 1]}


def _peak_rss_mb() -> float:
    # Not getrusage: its maximum includes that of the process that this one was forked from.
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError("/proc/self/status has no VmHWM: the peak of memory is read there, on Linux")
