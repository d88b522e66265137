"""What the scripts share: the authors' optimizer, a training loop with it, and the file's form.

The optimizer is class WeightedSAM of the package atorch, and nothing else of it is loaded: importing
atorch itself would import a distributed training stack, and its optimizer needs PyTorch alone.
"""

import json
import os
import sys
import types
import zipfile
from pathlib import Path
from typing import Any, Callable, Dict, List, Type

import torch

MODULES = ("utils", "wsam")


def load_weighted_sam(atorch: Path) -> Type[torch.optim.Optimizer]:
    """Returns the class WeightedSAM.

    Args:
        atorch: the wheel of atorch, or the folder that it was unpacked into.

    Raises:
        FileNotFoundError: if the optimizer's sources are not there.
    """
    for package in ("atorch", "atorch.optimizers"):
        sys.modules[package] = types.ModuleType(package)
    for name in MODULES:
        path = f"atorch/optimizers/{name}.py"
        module = types.ModuleType(f"atorch.optimizers.{name}")
        exec(compile(_source(atorch, path), path, "exec"), module.__dict__)
        sys.modules[module.__name__] = module
    return sys.modules["atorch.optimizers.wsam"].WeightedSAM


def _source(atorch: Path, path: str) -> str:
    if atorch.is_dir():
        return (atorch / path).read_text(encoding="utf-8")
    with zipfile.ZipFile(atorch) as wheel:
        if path not in wheel.namelist():
            raise FileNotFoundError(f"{path} is not in {atorch}")
        return wheel.read(path).decode("utf-8")


def train(
    wsam: torch.optim.Optimizer,
    batch_loss: Callable[[List[int]], torch.Tensor],
    order: List[List[int]],
    after_step: Callable[[int], None] = lambda step: None,
) -> List[float]:
    """Takes a step on each batch of `order`; returns the loss of each first pass."""
    losses = []
    for step, rows in enumerate(order, start=1):

        def closure(rows: List[int] = rows) -> torch.Tensor:
            wsam.zero_grad()
            loss = batch_loss(rows)
            loss.backward()
            return loss

        losses.append(wsam.step(closure).item())
        after_step(step)
    return losses


def write_lines(cases: List[Dict[str, Any]], out: Path) -> None:
    """Writes a JSON list, a case a line, beside the target first: never half a file."""
    # NaN and infinity are no JSON: a case that diverged is an error here.
    lines = [json.dumps(case, separators=(",", ":"), allow_nan=False) for case in cases]
    unfinished = out.with_name(out.name + ".part")
    unfinished.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    os.replace(unfinished, out)
