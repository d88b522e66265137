"""Times training steps in PyTorch: SGD alone, the authors' WeightedSAM, or WSAM of pytorch-optimizer."""

import importlib.metadata
import sys
from pathlib import Path
from typing import Sequence

import numpy as np
import torch
from torch.nn import functional

import models_pytorch
from step import GAMMA, LEARNING_RATE, MOMENTUM, RHO, Settings, main

PEERS = {"plain": ("base",), "atorch": ("sam", "wsam"), "pytorch_optimizer": ("sam", "wsam")}


class PyTorchTraining:
    """A model in training."""

    def __init__(self, settings: Settings) -> None:
        torch.set_num_threads(settings.threads)
        torch.manual_seed(1)
        self.model = models_pytorch.build(settings.model).train()
        self.versions = {"PyTorch": torch.__version__}
        self.optimizer = self._optimizer(settings)

    def _optimizer(self, settings: Settings) -> torch.optim.Optimizer:
        parameters = list(self.model.parameters())
        sgd = dict(lr=LEARNING_RATE, momentum=MOMENTUM)
        wsam = dict(rho=RHO, gamma=GAMMA[settings.optimizer], decouple=settings.optimizer == "wsam")
        if settings.peer == "plain":
            return torch.optim.SGD(parameters, **sgd, fused=True)
        if settings.peer == "atorch":
            sys.path.append(str(Path(__file__).parents[1] / "reference"))
            from authors_optimizer import load_weighted_sam

            self.versions["atorch"] = "0.2.5"
            return load_weighted_sam(settings.atorch)(self.model, torch.optim.SGD(parameters, **sgd, fused=True), **wsam)
        from pytorch_optimizer import WSAM

        self.versions["pytorch-optimizer"] = importlib.metadata.version("pytorch_optimizer")
        return WSAM(self.model, parameters, torch.optim.SGD, foreach=True, **sgd, **wsam)

    def step(self, x: np.ndarray, y: np.ndarray) -> float:
        inputs, labels = torch.from_numpy(x), torch.from_numpy(y).long()

        def closure() -> torch.Tensor:
            self.optimizer.zero_grad(set_to_none=True)
            loss = functional.cross_entropy(self.model(inputs), labels)
            loss.backward()
            return loss

        return self.optimizer.step(closure).item()

    def weights(self) -> list[np.ndarray]:
        return [parameter.detach().numpy().copy() for parameter in self.model.parameters()]

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        with torch.no_grad():
            for parameter, weight in zip(self.model.parameters(), weights):
                parameter.copy_(torch.from_numpy(weight))

    def statistics(self) -> list[np.ndarray]:
        return [buffer.numpy().copy() for name, buffer in self.model.named_buffers() if "running" in name]


if __name__ == "__main__":
    main(__doc__, PEERS, PyTorchTraining)
