"""Tests of the scripts in this folder: python -m unittest test_savedmodel"""

import json
import os
import tempfile
import unittest
from pathlib import Path
from typing import Any, Dict

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
import tf_keras

import zoo_images
import zoo_modules
import zoo_rows
from export_trainable import export_trainable, import_weights
from make_zoo import specs, with_helper
from wsam_steps import Settings, Training, train, trainable_variables
from zoo_case import Case

AUTHORS_CASES = Path(__file__).parents[3] / "test/resources/reference/authors-cases.json"


class InFolder(unittest.TestCase):
    """A test with a folder to write to."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.directory = os.path.join(folder.name, "model")


def call(function: Any, case: Case) -> Dict[str, np.ndarray]:
    """What a signature makes of the data of a case."""
    names = function.structured_input_signature[1]
    data = {**case.inputs, **case.labels}
    return {key: value.numpy() for key, value in function(**{name: tf.constant(data[name]) for name in names}).items()}


class ExportTrainable(InFolder):
    """The helper keeps what it promises, for each kind of model."""

    CASES = {
        "Keras 2": lambda: zoo_images.cnn_dropout(tf_keras),
        "Keras 3": lambda: zoo_images.cnn_dropout(keras),
        "tf.Module": zoo_modules.dropout,
    }

    def exported(self, build: Any) -> Any:
        case = build()
        with_helper(case, self.directory)
        return case, tf.saved_model.load(self.directory)

    def test_arguments_and_outputs_have_plain_names(self) -> None:
        for kind, build in self.CASES.items():
            with self.subTest(kind):
                _, model = self.exported(build)
                for name, inputs, outputs in (
                    ("train", {"x", "y"}, {"loss", "predictions"}),
                    ("evaluate", {"x", "y"}, {"loss", "predictions"}),
                    ("serving_default", {"x"}, {"predictions"}),
                ):
                    signature = model.signatures[name]
                    self.assertEqual(inputs, set(signature.structured_input_signature[1]))
                    self.assertEqual(outputs, set(signature.structured_outputs))

    def test_training_drops_out_and_updates_averages(self) -> None:
        for kind, build in self.CASES.items():
            with self.subTest(kind):
                case, model = self.exported(build)
                first, second = (call(model.signatures["train"], case) for _ in range(2))
                self.assertFalse(np.array_equal(first["predictions"], second["predictions"]))
                averages = [variable for variable in model.signatures["train"].variables if "mean" in variable.name]
                self.assertTrue(averages)
                for average in averages:
                    self.assertGreater(np.abs(average.numpy()).max(), 0)

    def test_evaluating_changes_nothing_and_equals_serving(self) -> None:
        for kind, build in self.CASES.items():
            with self.subTest(kind):
                case, model = self.exported(build)
                before = [variable.numpy() for variable in model.signatures["train"].variables]
                results = [call(model.signatures["evaluate"], case) for _ in range(2)]
                np.testing.assert_array_equal(results[0]["predictions"], results[1]["predictions"])
                served = call(model.signatures["serving_default"], case)["predictions"]
                np.testing.assert_allclose(served, results[0]["predictions"], rtol=1e-6)
                for old, variable in zip(before, model.signatures["train"].variables):
                    np.testing.assert_array_equal(old, variable.numpy())

    def test_frozen_layers_are_not_listed_as_trainable(self) -> None:
        for version in (tf_keras, keras):
            with self.subTest(version.__name__):
                _, model = self.exported(lambda: zoo_images.frozen(version))
                trained = trainable_variables(model, model.signatures["train"].variables)
                self.assertEqual(["head/bias:0", "head/kernel:0"], sorted(variable.name for variable in trained))

    def test_penalties_are_part_of_the_loss_once(self) -> None:
        for version in (tf_keras, keras):
            with self.subTest(version.__name__):
                case, model = self.exported(lambda: zoo_rows.regularized(version))
                hidden, last = case.model.layers[1:]
                outputs = call(model.signatures["evaluate"], case)
                expected = float(case.loss(case.labels["y"], outputs["predictions"]))
                expected += 0.01 * np.sum(np.square(hidden.kernel)) + 0.01 * np.sum(np.square(last.bias))
                expected += 0.01 * np.sum(np.abs(last.kernel)) + 0.02 * np.sum(np.square(last.kernel))
                expected += 0.01 * np.sum(np.abs(hidden(case.inputs["x"]))) / len(case.inputs["x"])
                self.assertAlmostEqual(expected, float(outputs["loss"]), places=5)

    def test_weights_come_back(self) -> None:
        for kind, build in {**self.CASES, "a tf.Module of Keras 3": self.module_of_keras}.items():
            with self.subTest(kind):
                case, model = self.exported(build)
                served = call(model.signatures["serving_default"], case)["predictions"]
                for variable in case.model.variables:
                    variable.assign(tf.zeros_like(variable))
                import_weights(case.model, self.directory)
                with_helper(case, self.directory + "-again")
                again = tf.saved_model.load(self.directory + "-again")
                np.testing.assert_array_equal(served, call(again.signatures["serving_default"], case)["predictions"])

    def test_weights_of_another_architecture_are_refused(self) -> None:
        for version in (tf_keras, keras):
            with self.subTest(version.__name__):
                self.exported(lambda: zoo_images.tiny(version))
                with self.assertRaises((AssertionError, ValueError)):
                    import_weights(zoo_images.cnn(version).model, self.directory)

    def test_keras_2_loads_its_model_as_a_keras_model(self) -> None:
        case, model = self.exported(lambda: zoo_images.cnn(tf_keras))
        loaded = tf_keras.models.load_model(self.directory)
        served = call(model.signatures["serving_default"], case)["predictions"]
        np.testing.assert_allclose(served, loaded(case.inputs["x"]), rtol=1e-5, atol=1e-6)

    def test_a_name_is_not_used_twice(self) -> None:
        case = zoo_modules.mlp()
        with self.assertRaisesRegex(ValueError, "x"):
            export_trainable(case.model, self.directory, specs(case.inputs), specs(case.inputs), case.loss)

    @staticmethod
    def module_of_keras() -> Case:
        """A tf.Module with a variable of its own, over a model of Keras 3."""
        case = zoo_images.cnn(keras)

        class Scaled(tf.Module):
            def __init__(self, model: keras.Model) -> None:
                super().__init__()
                self.model, self.scale = model, tf.Variable(2.0, name="scale")

            @property
            def variables(self) -> list:
                return [self.scale, *self.model.variables]

            def __call__(self, x: tf.Tensor, training: bool) -> tf.Tensor:
                return self.scale * self.model(x, training=training)

        case.model = Scaled(case.model)
        return case


class WsamSteps(unittest.TestCase):
    """The steps equal those of the authors' own optimizer."""

    def test_they_follow_the_authors_trajectories(self) -> None:
        cases = json.loads(AUTHORS_CASES.read_text())
        for number, case in enumerate(cases):
            with self.subTest(number):
                self.follow(case)

    def follow(self, case: Dict[str, Any]) -> None:
        weights = [tf.Variable(np.array(values), dtype=tf.float64) for values in case["init"]]

        def loss(batch: Dict[str, tf.Tensor]) -> tf.Tensor:
            w1, b1, w2, b2 = weights
            logits = tf.tanh(batch["x"] @ w1 + b1) @ w2 + b2
            return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], logits))

        hyper = dict(case["hyper"])
        hyper["epsilon"] = hyper.pop("eps", 1e-8)
        settings = Settings(
            base=case["base"],
            coupled=not case["decouple"],
            **{name: case[name] for name in ("adaptive", "rho", "gamma", "max_norm")},
            **hyper,
        )
        x, y = np.array(case["x"]), np.array(case["y"])
        batches = ({"x": tf.constant(x[rows]), "y": tf.constant(y[rows])} for rows in case["order"])
        for record in train(Training(loss, weights, []), batches, settings):
            self.assertAlmostEqual(case["losses"][record["step"] - 1], record["loss"], delta=1e-10)
            for expected, weight in zip(case["weights"].get(str(record["step"]), ()), weights):
                np.testing.assert_allclose(weight.numpy(), expected, rtol=0, atol=1e-10)


if __name__ == "__main__":
    unittest.main()
