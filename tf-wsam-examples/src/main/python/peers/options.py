"""The options that compare.py and the peers' scripts share. Without NumPy: compare.py runs where it is not installed."""

import argparse
import os

PARAMETERS = {"mlp": 269_322, "resnet20": 272_474, "resnet18": 11_173_962, "transformer": 5_226_506}
"""The models, and how many trainable parameters each has."""


def add_shared(parser: argparse.ArgumentParser) -> None:
    """Adds what is trained, and for how long; see set_counts."""
    parser.add_argument("--model", choices=PARAMETERS, required=True)
    parser.add_argument("--batch", type=positive, required=True)
    parser.add_argument("--steps", type=positive, help="how many are timed (default: 1000 of mlp, 20 of others)")
    parser.add_argument("--warmup", type=not_negative, help="how many are taken before (default: 500 of mlp, 5 of others)")
    parser.add_argument("--threads", type=positive, default=os.cpu_count())


def set_counts(args: argparse.Namespace) -> None:
    """Sets the steps and the warm-up that were not given."""
    # The short steps of the mlp become as fast as they will be only after some hundred.
    steps, warmup = (1000, 500) if args.model == "mlp" else (20, 5)
    args.steps = steps if args.steps is None else args.steps
    args.warmup = warmup if args.warmup is None else args.warmup


def positive(text: str) -> int:
    """Reads a number of at least 1."""
    return _at_least(1, text)


def not_negative(text: str) -> int:
    """Reads a number of at least 0."""
    return _at_least(0, text)


def _at_least(least: int, text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = None
    if number is None or number < least:
        raise argparse.ArgumentTypeError(f"{text} is not an integer of at least {least}")
    return number
