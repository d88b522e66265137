"""Writes the Hessian and the sharpness of a small network, by PyTorch's autograd, for tf-wsam's tests.

The network has logits tanh(x w1 + b1) w2 + b2 and the mean cross entropy of its batch as loss, in float64.
The variables make one vector in the order w1, b1, w2, b2, each in row-major order.

    python3 make_hessian.py --out ../../../../../tf-wsam/src/test/resources/sharpness/hessian.json
"""

import argparse
import json
from pathlib import Path
from typing import Any, Callable, Dict, List

import torch
from torch import Tensor

FEATURES, HIDDEN, CLASSES, ROWS = 4, 3, 3, 12
SHAPES = ((FEATURES, HIDDEN), (HIDDEN,), (HIDDEN, CLASSES), (CLASSES,))
RHO = 0.3
EPSILON = 1e-12

Loss = Callable[[Tensor], Tensor]


def split(w: Tensor) -> List[Tensor]:
    """Cuts the vector of all variables into these."""
    sizes = [torch.Size(shape).numel() for shape in SHAPES]
    return [part.reshape(shape) for part, shape in zip(w.split(sizes), SHAPES)]


def network(x: Tensor, y: Tensor) -> Loss:
    """The loss of a batch as a function of the vector of all variables."""

    def loss(w: Tensor) -> Tensor:
        w1, b1, w2, b2 = split(w)
        return torch.nn.functional.cross_entropy(torch.tanh(x @ w1 + b1) @ w2 + b2, y)

    return loss


def sharpness(loss: Loss, w: Tensor, steps: int, adaptive: bool) -> float:
    """The largest rise of the loss that projected ascent finds in the ball of radius RHO."""
    size = w.abs() if adaptive else torch.ones_like(w)
    u = torch.zeros_like(w)
    rises = []
    for _ in range(steps):
        direction = size * torch.autograd.functional.jacobian(loss, w + size * u)
        u = u + RHO * direction / (direction.norm() + EPSILON)
        u = u * min(1.0, RHO / u.norm().item())
        rises.append((loss(w + size * u) - loss(w)).item())
    return max(rises)


def case(seed: int) -> Dict[str, Any]:
    """A network at random weights with all that is measured of it."""
    generator = torch.Generator().manual_seed(seed)
    w = torch.randn(sum(torch.Size(s).numel() for s in SHAPES), generator=generator, dtype=torch.float64)
    x = torch.randn(ROWS, FEATURES, generator=generator, dtype=torch.float64)
    y = torch.randint(CLASSES, (ROWS,), generator=generator)
    loss = network(x, y)
    hessian = torch.autograd.functional.hessian(loss, w)
    return {
        "torch": torch.__version__,
        "seed": seed,
        "variables": [part.tolist() for part in split(w)],
        "x": x.tolist(),
        "y": y.tolist(),
        "loss": loss(w).item(),
        "hessian": hessian.tolist(),
        "eigenvalues": torch.linalg.eigvalsh(hessian).flip(0).tolist(),
        "trace": hessian.trace().item(),
        "rho": RHO,
        "sharpness": [
            {"steps": steps, "adaptive": adaptive, "value": sharpness(loss, w, steps, adaptive)}
            for steps in (1, 8)
            for adaptive in (False, True)
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.out.write_text(json.dumps(case(arguments.seed)) + "\n")


if __name__ == "__main__":
    main()
