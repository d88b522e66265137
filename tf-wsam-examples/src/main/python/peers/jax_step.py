"""Times training steps in JAX: SGD of optax alone, or optax.contrib.sam."""

import os
from functools import partial
from typing import Any, Sequence

import numpy as np

from step import LEARNING_RATE, MOMENTUM, RHO, Settings, main

PEERS = {"plain": ("base",), "optax_sam": ("sam",)}


class JaxTraining:
    """A model in training."""

    def __init__(self, settings: Settings) -> None:
        # XLA takes as many threads as there are cores that the process may run on: set before it is loaded.
        os.environ["NPROC"] = str(settings.threads)
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: settings.threads])
        os.environ.setdefault("JAX_PLATFORMS", "cpu")
        import jax
        import optax

        import models_jax

        self.jax = jax
        self.versions = {"JAX": jax.__version__, "optax": optax.__version__}
        model = models_jax.build(settings.model)
        optimizer = optax.sgd(LEARNING_RATE, MOMENTUM)
        if settings.peer == "optax_sam":
            ascent = optax.chain(optax.contrib.normalize(), optax.sgd(RHO))
            optimizer = optax.contrib.sam(optimizer, ascent, opaque_mode=True)
        optimizer = optax.with_extra_args_support(optimizer)
        self.parameters, self.averages = model.parameters, model.averages
        self.state = optimizer.init(self.parameters)

        def loss(parameters: Any, averages: Any, x: Any, y: Any) -> tuple[Any, Any]:
            logits, averages = model.apply(parameters, averages, x)
            return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean(), averages

        @partial(jax.jit, donate_argnums=(0, 1, 2))
        def train_step(parameters: Any, averages: Any, state: Any, x: Any, y: Any) -> tuple[Any, ...]:
            gradient = jax.value_and_grad(loss, has_aux=True)
            (value, updated), first = gradient(parameters, averages, x, y)
            updates, state = optimizer.update(
                first, state, parameters, grad_fn=lambda perturbed, _: gradient(perturbed, averages, x, y)[1]
            )
            return optax.apply_updates(parameters, updates), updated, state, value

        self.train_step = train_step

    def step(self, x: np.ndarray, y: np.ndarray) -> float:
        self.parameters, self.averages, self.state, loss = self.jax.block_until_ready(
            self.train_step(self.parameters, self.averages, self.state, x, y)
        )
        return float(loss)

    def weights(self) -> list[np.ndarray]:
        return [np.array(leaf) for leaf in self.jax.tree.leaves(self.parameters)]

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        structure = self.jax.tree.structure(self.parameters)
        # Copies: the step that takes them gives their memory to its results.
        self.parameters = self.jax.tree.unflatten(structure, [self.jax.numpy.array(weight) for weight in weights])

    def statistics(self) -> list[np.ndarray]:
        return [np.array(leaf) for leaf in self.jax.tree.leaves(self.averages)]


if __name__ == "__main__":
    main(__doc__, PEERS, JaxTraining)
