"""Exports models in the ways that users export them: a folder for each, with data and what is to be expected of it.

    DIR/NAME/model           the SavedModel
    DIR/NAME/data.npz        an array for each input and label, by the names of the signature
    DIR/NAME/manifest.json   how it was exported and is to be trained, or what the refusal says

A NAME begins with k2 (Keras 2), k3 (Keras 3) or module (tf.Module). README.md says how to run this.
"""

import argparse
import json
import os
import re
import shutil
import sys
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Tuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
import tf_keras

import zoo_keras
import zoo_modules
from export_trainable import export_trainable
from zoo_case import Arrays, Case

PLAIN = ("mlp", "tiny", "tiny_dropout", "cnn", "cnn_dropout", "transformer", "text", "lstm_unrolled", "regression", "several", "frozen")
"""The models that are also exported without the helper."""

Export = Callable[[Case, str], None]


def specs(arrays: Arrays) -> Dict[str, tf.TensorSpec]:
    """What a signature says of arrays, the first axis of which counts the examples."""
    return {
        name: tf.TensorSpec([None, *array.shape[1:]], tf.constant(array[:0]).dtype, name)
        for name, array in arrays.items()
    }


def with_helper(case: Case, directory: str) -> None:
    """As docs/savedmodels.md shows."""
    export_trainable(case.model, directory, specs(case.inputs), specs(case.labels), case.loss)


def keras_2_save(case: Case, directory: str) -> None:
    """Keras 2's own SavedModel."""
    case.model.save(directory, save_format="tf")


def saved_model_save(case: Case, directory: str) -> None:
    """tf.saved_model.save of the model alone."""
    tf.saved_model.save(case.model, directory)


def keras_3_export(case: Case, directory: str) -> None:
    """Keras 3's own export."""
    case.model.export(directory, verbose=False)


def export_archive(case: Case, directory: str) -> None:
    """Keras 3's ExportArchive with an endpoint for training, as Keras' documentation shows."""
    inputs, labels = specs(case.inputs), specs(case.labels)

    def train(*arguments: tf.Tensor) -> Dict[str, tf.Tensor]:
        tensors = dict(zip([*inputs, *labels], arguments))
        features = [tensors[name] for name in inputs]
        predictions = case.model(features if len(features) > 1 else features[0], training=True)
        return {"loss": case.loss(tensors[next(iter(labels))], predictions)}

    archive = keras.export.ExportArchive()
    archive.track(case.model)
    archive.add_endpoint("serve", lambda x: case.model(x, training=False), [*inputs.values()])
    archive.add_endpoint("train", train, [*inputs.values(), *labels.values()])
    archive.write_out(directory, verbose=False)


class Holder(tf.Module):
    """A tf.Module around a model, with a train function, as users write it."""

    def __init__(self, case: Case) -> None:
        super().__init__()
        self.model, self._loss = case.model, case.loss

    @tf.function
    def train(self, x: tf.Tensor, y: tf.Tensor) -> Dict[str, tf.Tensor]:
        predictions = self.model(x, training=True)
        return {"loss": self._loss(y, predictions), "predictions": predictions}

    @tf.function
    def serve(self, x: tf.Tensor) -> Dict[str, tf.Tensor]:
        return {"predictions": self.model(x, training=False)}


def held_by_module(case: Case, directory: str) -> None:
    """tf.saved_model.save of a tf.Module that holds the model."""
    holder, inputs, labels = Holder(case), specs(case.inputs), specs(case.labels)
    signatures = {
        "train": holder.train.get_concrete_function(*inputs.values(), *labels.values()),
        "serving_default": holder.serve.get_concrete_function(*inputs.values()),
    }
    tf.saved_model.save(holder, directory, signatures=signatures)


def exports() -> Iterator[Tuple[str, Callable[[], Case], Export]]:
    """All models with the name and the way of their export."""
    for name, build in zoo_modules.CASES.items():
        yield f"module_{name}", build, with_helper
    for name, build in zoo_keras.CASES.items():
        for prefix, version, plain in (
            ("k2", tf_keras, (keras_2_save, saved_model_save)),
            ("k3", keras, (keras_3_export, saved_model_save)),
        ):
            make = lambda build=build, version=version: build(version)
            yield f"{prefix}_{name}", make, with_helper
            for way in plain if name in PLAIN else ():
                yield f"{prefix}_{name}.{way.__name__}", make, way
            if name in ("mlp", "tiny", "cnn"):
                yield f"{prefix}_{name}.held_by_module", make, held_by_module
            if version is keras and name in ("tiny", "cnn", "cnn_dropout", "transformer"):
                yield f"k3_{name}.export_archive", make, export_archive


def training(case: Case, directory: str) -> Dict[str, Any]:
    """How `wsam finetune` is to train a model: by the loss of its train signature or with one on top of logits."""
    signatures = tf.saved_model.load(directory).signatures
    if "train" in signatures:
        return {"loss": "loss"}
    outputs = sorted(signatures["serving_default"].structured_outputs)
    label, array = next(iter(case.labels.items()))
    return {
        "logits": outputs[0],
        "labels": label,
        "loss": "mse" if array.ndim > 1 else "sparse_categorical_crossentropy",
    }


def data(case: Case, directory: str) -> Arrays:
    """The inputs, by the names that the signature gives them, and the labels."""
    arguments = tf.saved_model.load(directory).signatures["serving_default"].structured_input_signature[1]
    names = list(arguments)
    if set(names) != set(case.inputs):
        if len(names) != len(case.inputs):
            raise ValueError(f"{directory} takes {names} instead of {list(case.inputs)}")
        return {**dict(zip(names, case.inputs.values())), **case.labels}
    return {**case.inputs, **case.labels}


def make(folder: Path, build: Callable[[], Case], export: Export) -> None:
    """Exports one model."""
    tf_keras.backend.clear_session()
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    case, directory = build(), str(folder / "model")
    export(case, directory)
    np.savez_compressed(folder / "data.npz", **data(case, directory))
    manifest = {
        "export": export.__name__,
        "tensorflow": tf.__version__,
        **training(case, directory),
        "inputs": list(case.inputs),
        "deterministic": case.deterministic,
        "refused": case.refused,
        "lr": 0.01,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


def main(arguments: List[str]) -> None:
    """Exports the models whose names match."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="the folder to write to")
    parser.add_argument("--only", default="", help="a regular expression that is found in the names to export")
    options = parser.parse_args(arguments)
    for name, build, export in exports():
        if re.search(options.only, name):
            start = time.monotonic()
            make(options.out / name, build, export)
            print(f"{name:40} {time.monotonic() - start:5.1f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
