"""Holds a fine-tuned SavedModel against the one it came from and against the same steps in Python.

    same object graph, signatures, assets and variables; all finite
    a variable that the steps in Python leave alone has the same bits; the others are where those steps took them
    the outputs on the data are those of the weights from Python
    a model of Keras 2 still loads as one and gives the same outputs

Prints one line, and exits with 1 where something does not hold.
"""

import argparse
import dataclasses
import os
import sys
from pathlib import Path
from typing import Any, Dict, List

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

Arrays = Dict[str, np.ndarray]
VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"


@dataclasses.dataclass
class Findings:
    """What does not hold, and how far the fine-tuned model is from the reference."""

    problems: List[str]
    weights: float = 0.0
    """|w - reference| over all variables, as a part of |reference - source|, which is how far training went."""
    outputs: float = 0.0
    """The largest |output - reference|, as a part of the largest |reference|."""


def check(source: str, finetuned: str, data: Arrays, reference: str, tolerance: float) -> Findings:
    """Compares; `reference` is the checkpoint that wsam_steps.py wrote."""
    findings = Findings(_structure(source, finetuned))
    if findings.problems:
        return findings
    before, after, expected = (
        variables(prefix) for prefix in (_checkpoint(source), _checkpoint(finetuned), reference)
    )
    findings.problems += _compare_variables(before, after, expected)
    findings.weights = _distance(after, expected) / max(_distance(expected, before), 1e-12)
    tuned, fresh = tf.saved_model.load(finetuned), tf.saved_model.load(source)
    tf.train.Checkpoint(fresh).read(reference).assert_consumed()
    outputs, expectation = serve(tuned, data), serve(fresh, data)
    findings.outputs = max(_difference(outputs[name], expectation[name]) for name in expectation)
    for name, output in outputs.items():
        if not np.all(np.isfinite(output)):
            findings.problems.append(f"output {name} is not finite")
    for what in ("weights", "outputs"):
        if not getattr(findings, what) <= tolerance:
            findings.problems.append(f"{what} differ by {getattr(findings, what):.1e}")
    if os.path.exists(os.path.join(finetuned, "keras_metadata.pb")):
        findings.problems += _compare_keras(finetuned, data, outputs)
    return findings


def _structure(source: str, finetuned: str) -> List[str]:
    """Where the two folders differ in more than in the values of variables."""
    first, second = _meta_graph(source), _meta_graph(finetuned)
    problems = []
    if first.object_graph_def != second.object_graph_def:
        problems.append("another object graph")
    if first.signature_def != second.signature_def:
        problems.append("other signatures")
    if _other_files(source) != _other_files(finetuned):
        problems.append("other assets or metadata")
    return problems


def _meta_graph(directory: str) -> Any:
    return saved_model_pb2.SavedModel.FromString(Path(directory, "saved_model.pb").read_bytes()).meta_graphs[0]


def _other_files(directory: str) -> Dict[str, bytes]:
    """Assets and what Keras wrote, without the files of which the contents may differ."""
    files = (path for path in Path(directory).rglob("*") if path.is_file())
    names = {str(path.relative_to(directory)): path for path in files}
    return {
        name: path.read_bytes()
        for name, path in names.items()
        if not name.startswith("variables/") and name not in ("saved_model.pb", "fingerprint.pb")
    }


def _checkpoint(directory: str) -> str:
    return os.path.join(directory, "variables", "variables")


def variables(prefix: str) -> Arrays:
    """The variables of a checkpoint by key, without the copies by Keras 3's ExportArchive that no function reads."""
    reader = tf.train.load_checkpoint(prefix)
    keys = (key for key in reader.get_variable_to_shape_map() if key.endswith(VALUE))
    return {
        key.removesuffix(VALUE): reader.get_tensor(key) for key in sorted(keys) if not key.startswith("_all_variables/")
    }


def _compare_variables(before: Arrays, after: Arrays, expected: Arrays) -> List[str]:
    """What is wrong with the variables of the fine-tuned model, apart from rounding."""
    if not before.keys() == after.keys() == expected.keys():
        return [f"other variables: {sorted(before.keys() ^ after.keys())}"]
    problems = []
    for key, values in after.items():
        if values.shape != before[key].shape or values.dtype != before[key].dtype:
            problems.append(f"{key} is {values.dtype}{values.shape}")
        elif _floating(values) and not np.all(np.isfinite(values)):
            problems.append(f"{key} is not finite")
        elif np.array_equal(expected[key], before[key]) and values.tobytes() != before[key].tobytes():
            problems.append(f"{key} has changed")
    return problems


def _floating(values: np.ndarray) -> bool:
    return np.issubdtype(values.dtype, np.floating)


def _distance(first: Arrays, second: Arrays) -> float:
    """The L2 norm of the difference over all variables of a floating type."""
    squares = (
        np.sum(np.square(first[key].astype(np.float64) - second[key])) for key in first if _floating(first[key])
    )
    return float(np.sqrt(sum(squares)))


def _difference(output: np.ndarray, expected: np.ndarray) -> float:
    return float(np.max(np.abs(output - expected)) / max(np.max(np.abs(expected)), 1e-12))


def serve(model: Any, data: Arrays) -> Arrays:
    """The outputs of serving_default."""
    function = model.signatures["serving_default"]
    names = function.structured_input_signature[1]
    outputs = function(**{name: tf.constant(data[name]) for name in names})
    return {name: output.numpy() for name, output in outputs.items()}


def _compare_keras(directory: str, data: Arrays, outputs: Arrays) -> List[str]:
    """Whether Keras 2 makes of the model what its signature says."""
    import tf_keras

    model = tf_keras.models.load_model(directory, compile=False)
    features = {name: tf.constant(data[name]) for name in model.input_names}
    given = features if len(features) > 1 else next(iter(features.values()))
    predictions = tf.nest.flatten(model(given, training=False))
    served = tf.nest.flatten(outputs)
    if any(_difference(first.numpy(), second) > 1e-5 for first, second in zip(predictions, served)):
        return ["as a Keras model it gives other outputs"]
    return []


def main(arguments: List[str]) -> int:
    """Compares two folders."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", required=True, help="the SavedModel that was fine-tuned")
    parser.add_argument("--finetuned", required=True, help="what `wsam finetune` wrote")
    parser.add_argument("--data", required=True, help="an .npz file with the inputs")
    parser.add_argument("--reference", required=True, help="the checkpoint that wsam_steps.py --weights wrote")
    parser.add_argument("--tolerance", type=float, default=1e-3, help="for weights and outputs, relative")
    options = parser.parse_args(arguments)
    with np.load(options.data, allow_pickle=False) as arrays:
        findings = check(options.source, options.finetuned, dict(arrays), options.reference, options.tolerance)
    verdict = "; ".join(findings.problems) or "holds"
    print(f"{options.finetuned}: weights {findings.weights:.1e}, outputs {findings.outputs:.1e}: {verdict}")
    return 1 if findings.problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
