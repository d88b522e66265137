"""Fine-tunes the models that make_zoo.py wrote with `wsam finetune` and in Python, and compares.

    deterministic models   20 steps: the losses of each step, the gradient norms, the weights and the outputs
    models with dropout    the loss goes down; what is not to change has not changed
    models to be refused   exit status 1, one line that says why, and no --out

Prints a line a model; exits with 1 where something does not hold.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path
from typing import Any, Dict, List

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

import check_finetuned
from wsam_steps import Settings, batches_of, train, training_of

WSAM = Path(__file__).resolve().parents[5] / "wsam"
STEPS, NOISY_STEPS = 20, 60

VARIANTS: List[Dict[str, Any]] = [
    {"base": "momentum"},
    {"base": "sgd", "coupled": True},
    {"base": "nesterov", "gamma": 0.8, "max_norm": 0.5},
    {"base": "sgd", "adaptive": True, "rho": 0.5, "weight_decay": 0.01},
    {"base": "adam", "lr": 0.001, "epsilon": 1e-3, "gamma": 0.5},
    {"base": "adamw", "lr": 0.001, "epsilon": 1e-3, "weight_decay": 0.1, "coupled": True},
    {"base": "adagrad", "lr": 0.001, "epsilon": 1e-3},
]
"""Each model is trained by one of these. A large epsilon and a small rate keep gradients small that are only rounding."""

BY = ("loss", "logits", "labels", "activation", "lr")
Record = Dict[str, float]


def variant_of(name: str) -> Dict[str, Any]:
    """The same one for a model in each run."""
    return VARIANTS[zlib.crc32(name.encode()) % len(VARIANTS)]


def settings_of(manifest: Dict[str, Any], variant: Dict[str, Any]) -> Dict[str, Any]:
    """The flags for a model, by their names in Settings."""
    chosen = {name: manifest[name] for name in BY if name in manifest}
    steps = STEPS if manifest["deterministic"] else NOISY_STEPS
    return {**chosen, "batch": 8, "steps": steps, "momentum": 0.9, "rho": 0.05, "gamma": 0.9, **variant}


def flags(settings: Dict[str, Any]) -> List[str]:
    """The same on a command line, where an activation is found in the model."""
    arguments = []
    for name, value in settings.items():
        if name == "activation":
            continue
        flag = "--" + name.replace("_", "-")
        arguments += [flag] if value is True else [flag, str(value)]
    return arguments


def run(folder: Path, work: Path, options: argparse.Namespace) -> str:
    """Fine-tunes one model; says how it went. Raises AssertionError where something does not hold."""
    manifest = json.loads((folder / "manifest.json").read_text())
    settings = settings_of(manifest, variant_of(folder.name))
    model, out, log, weights = (str(path) for path in (folder / "model", work / "out", work / "log", work / "weights"))
    command = [str(options.wsam), "finetune", "--model", model, "--data", str(folder / "data.npz"), "--out", out]
    result = subprocess.run(
        [*command, "--log", log, "--no-shuffle", *flags(settings)], capture_output=True, text=True, timeout=600
    )
    if manifest["refused"]:
        return refusal(result, manifest["refused"], out)
    assert result.returncode == 0, f"exit status {result.returncode}: {result.stderr.strip()}"
    records = [json.loads(line) for line in Path(log).read_text().splitlines()]

    with np.load(folder / "data.npz") as arrays:
        data = dict(arrays)
    root = tf.saved_model.load(model)
    arguments = Settings(**settings)
    expected = list(train(training_of(root, arguments), batches_of(data, arguments), arguments))
    tf.train.Checkpoint(root).write(weights)
    if manifest["deterministic"]:
        said = compare(records, expected, options.tolerance)
        findings = check_finetuned.check(model, out, data, weights, options.tolerance)
        said += f"  weights {findings.weights:.0e}  outputs {findings.outputs:.0e}"
    else:
        said = goes_down(records)
        findings = check_finetuned.check(model, out, data, weights, float("inf"))
    assert not findings.problems, f"{said}; {'; '.join(findings.problems)}"
    return said


def refusal(result: subprocess.CompletedProcess, pattern: str, out: str) -> str:
    """A refusal is one line that gives the reason."""
    lines = result.stderr.strip().splitlines()
    assert result.returncode == 1, f"exit status {result.returncode} instead of a refusal: {result.stderr.strip()}"
    assert len(lines) == 1 and lines[0].startswith("wsam: "), f"not one line: {lines}"
    assert re.search(pattern, lines[0]), f"{pattern} is not in: {lines[0]}"
    assert not os.path.exists(out), "there is an --out"
    return lines[0]


def compare(records: List[Record], expected: List[Record], tolerance: float) -> str:
    """The largest relative difference of the log's numbers; gradients jump at the kinks of ReLU and max-pooling."""
    assert len(records) == len(expected), f"{len(records)} steps instead of {len(expected)}"
    largest = {}
    for name in ("loss", "perturbed_loss", "grad_norm"):
        pairs = [(record[name], other[name]) for record, other in zip(records, expected)]
        largest[name] = max(abs(one - other) / max(abs(other), 0.1) for one, other in pairs)
    said = "  ".join(f"{name} {value:.0e}" for name, value in largest.items())
    allowed = {"loss": tolerance, "perturbed_loss": tolerance, "grad_norm": 10 * tolerance}
    assert all(value <= allowed[name] for name, value in largest.items()), said
    return said


def goes_down(records: List[Record]) -> str:
    """The mean loss of the first epochs and of the last."""
    losses = [record["loss"] for record in records]
    first, last = np.mean(losses[:10]), np.mean(losses[-10:])
    said = f"loss {first:.3f} to {last:.3f}"
    assert last < first, said
    return said


def main(arguments: List[str]) -> int:
    """Runs the models whose names match."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("zoo", type=Path, help="the folder that make_zoo.py wrote")
    parser.add_argument("--only", default="", help="a regular expression that is found in the names to run")
    parser.add_argument("--wsam", type=Path, default=WSAM, help="the launcher")
    parser.add_argument("--tolerance", type=float, default=1e-3, help="relative, for what float32 rounding may do")
    options = parser.parse_args(arguments)
    folders = [path.parent for path in sorted(options.zoo.glob("*/manifest.json"))]
    failures = 0
    for folder in folders:
        if not re.search(options.only, folder.name):
            continue
        start = time.monotonic()
        with tempfile.TemporaryDirectory() as work:
            try:
                verdict = "ok    " + run(folder, Path(work), options)
            except Exception as problem:  # the other models are run all the same
                verdict, failures = f"FAILS {type(problem).__name__}: {problem}", failures + 1
        base, seconds = variant_of(folder.name)["base"], time.monotonic() - start
        print(f"{folder.name:32} {base:8} {seconds:4.1f} s  {verdict}", flush=True)
    print(f"{failures} of {len(folders)} models fail")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
