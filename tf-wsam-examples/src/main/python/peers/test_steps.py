"""Tests of the peers' steps: PYTHON -m unittest test_steps, in each framework's environment.

The wheel of atorch is named by the environment variable ATORCH; without it that peer is left out.
"""

import importlib
import importlib.util
import os
import unittest
from pathlib import Path
from typing import Any, Callable, Iterator

import numpy as np

from options import PARAMETERS
from step import GAMMA, RHO, Settings, Training, batches, summary

SCRIPTS = {"torch": "pytorch_step", "tensorflow": "tensorflow_step", "jax": "jax_step"}
ATORCH = Path(os.environ["ATORCH"]) if "ATORCH" in os.environ else None
STEPS_ON_ONE_BATCH = 10


def starters() -> Iterator[tuple[Callable[[Settings], Training], str, str]]:
    """Yields what starts a training, the peer and the optimizer, of each framework that is installed here."""
    for framework, name in SCRIPTS.items():
        spec = importlib.util.find_spec(framework)
        # A folder of that name is found too, and has no origin.
        if spec is not None and spec.origin:
            script = importlib.import_module(name)
            start = next(value for key, value in vars(script).items() if key.endswith("Training") and key != "Training")
            for peer, optimizers in script.PEERS.items():
                for optimizer in optimizers:
                    if peer != "atorch" or ATORCH:
                        yield start, peer, optimizer


def settings(model: str, peer: str, optimizer: str) -> Settings:
    """Two threads: one would hide what threads do to a step."""
    return Settings(model, peer, optimizer, 2, ATORCH)


class Steps(unittest.TestCase):
    """Each peer takes the step that its name promises."""

    def test_the_models_have_the_parameters_that_ours_have(self) -> None:
        for start, peer, optimizer in starters():
            if peer == "plain":
                for model, parameters in PARAMETERS.items():
                    with self.subTest(model):
                        self.assertEqual(parameters, sum(w.size for w in start(settings(model, peer, optimizer)).weights()))

    def test_the_loss_of_a_batch_falls_when_it_is_fed_again(self) -> None:
        for start, peer, optimizer in starters():
            for model in ("mlp", "resnet20"):  # The rate is too large for the transformer, whose loss swings.
                with self.subTest(f"{peer} {optimizer} {model}"):
                    training = start(settings(model, peer, optimizer))
                    (x, y), = batches(model, 8, 1)
                    losses = [training.step(x, y) for _ in range(STEPS_ON_ONE_BATCH)]
                    self.assertLess(losses[-1], 0.9 * losses[0])

    def test_the_first_step_is_that_of_the_formula(self) -> None:
        for start, peer, optimizer in starters():
            for model in ("mlp", "resnet20", "transformer"):
                with self.subTest(f"{peer} {optimizer} {model}"):
                    training = start(settings(model, peer, optimizer))
                    (x, y), = batches(model, 8, 1)
                    weights = training.weights()
                    expected, plain = expected_step(start, model, optimizer, weights, x, y)
                    training.step(x, y)
                    moved = difference(training.weights(), weights)
                    self.assertLess(norm(difference(moved, expected)), 0.02 * norm(expected))
                    if optimizer != "base":
                        self.assertGreater(norm(difference(moved, plain)), 0.05 * norm(plain))

    def test_the_averages_of_batch_normalization_are_those_of_the_first_pass(self) -> None:
        for start, peer, optimizer in starters():
            if peer in ("plain", "keras_sam"):  # Keras's SAM updates them in both passes.
                continue
            with self.subTest(f"{peer} {optimizer}"):
                training, plain = start(settings("resnet20", peer, optimizer)), start(settings("resnet20", "plain", "base"))
                plain.set_weights(training.weights())
                (x, y), = batches("resnet20", 8, 1)
                training.step(x, y)
                plain.step(x, y)
                for average, expected in zip(training.statistics(), plain.statistics(), strict=True):
                    np.testing.assert_allclose(average, expected, rtol=1e-4, atol=1e-5)


class Times(unittest.TestCase):
    """What is said of a run's times."""

    def test_the_middle_of_an_even_count_and_what_nine_of_ten_did_not_exceed(self) -> None:
        self.assertEqual({"min": 1, "median": 5.5, "p90": 9}, summary([9, 1, 8, 2, 7, 3, 6, 4, 5, 100]))


def expected_step(
    start: Callable[[Settings], Training], model: str, optimizer: str, weights: list[np.ndarray], x: Any, y: Any
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Returns the movement of a first step, and that of the plain one: momentum has none yet, coupled is decoupled."""

    def plain_step(weights: list[np.ndarray]) -> list[np.ndarray]:
        plain = start(settings(model, "plain", "base"))
        plain.set_weights(weights)
        plain.step(x, y)
        return difference(plain.weights(), weights)

    first = plain_step(weights)
    scale = RHO / norm(first)
    # The plain step goes down the gradient, the perturbation up.
    second = plain_step([w - scale * step for w, step in zip(weights, first)])
    weight = GAMMA[optimizer] / (1 - GAMMA[optimizer])
    return [(1 - weight) * a + weight * b for a, b in zip(first, second)], first


def difference(left: list[np.ndarray], right: list[np.ndarray]) -> list[np.ndarray]:
    """Subtracts arrays of a list from those of another."""
    return [a - b for a, b in zip(left, right, strict=True)]


def norm(arrays: list[np.ndarray]) -> float:
    """The L2 norm over all arrays together."""
    return float(np.sqrt(sum(np.sum(np.square(a, dtype=np.float64)) for a in arrays)))


if __name__ == "__main__":
    unittest.main()
