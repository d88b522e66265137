"""Writes small graphs, one for each op and way to use it, with the gradients that TensorFlow for Python gives.

The file is one GraphDef. A case is a name scope in it: variables `x0`, `x1`, .. (VarHandleOp), their values
`value0`, .. and gradients `gradient0`, .. (Const), and a scalar `loss` that reads the variables. README.md says
how to run this.
"""

import argparse
import gzip
from pathlib import Path
from typing import Callable, Dict, List, Sequence

import numpy as np
import tensorflow as tf

from cases import CASES, Case


def build(case: Case, function: Callable, values: Sequence[np.ndarray], seed: int) -> Dict[str, List[tf.Tensor]]:
    """Adds the forward graph of a case, in the current name scope: handles, and the loss."""
    handles = [
        tf.raw_ops.VarHandleOp(
            dtype=value.dtype, shape=value.shape, shared_name=f"{case.name}/x{i}", name=f"x{i}"
        )
        for i, value in enumerate(values)
    ]
    rng = np.random.default_rng(seed)
    if case.takes_handles:
        outputs = function(rng, *handles)
    else:
        reads = [tf.raw_ops.ReadVariableOp(resource=h, dtype=v.dtype) for h, v in zip(handles, values)]
        narrow = [tf.cast(read, case.dtype) for read in reads] if case.dtype else reads
        outputs = function(rng, *narrow)
    if not isinstance(outputs, (list, tuple)):
        outputs = [outputs]
    # Every element of every output counts, each in its own measure.
    parts = [
        tf.reduce_sum(tf.reshape(wide * rng.uniform(0.5, 1.5, wide.shape), [-1]), axis=0)
        for wide in (tf.cast(output, tf.float64) for output in outputs)
    ]
    return {"handles": handles, "loss": [tf.identity(tf.add_n(parts), name="loss")]}


def gradients(case: Case, values: Sequence[np.ndarray], seed: int) -> List[np.ndarray]:
    """What Python's gradient functions give."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        built = build(case, case.equivalent or case.function, values, seed)
        assigns = [
            tf.raw_ops.AssignVariableOp(resource=handle, value=value)
            for handle, value in zip(built["handles"], values)
        ]
        by_python = tf.gradients(built["loss"], built["handles"], unconnected_gradients="zero")
        session.run(assigns)
        return session.run([tf.convert_to_tensor(gradient) for gradient in by_python])


def add(case: Case, seed: int) -> None:
    """Adds a case to the current graph."""
    rng = np.random.default_rng(seed)
    dtype = np.float32 if case.dtype else np.float64
    values = [np.asarray(value, dtype) for value in case.values(rng)]
    expected = gradients(case, values, seed)
    with tf.name_scope(case.name):
        build(case, case.function, values, seed)
        for i, (value, gradient) in enumerate(zip(values, expected)):
            if not np.all(np.isfinite(gradient)):
                raise ValueError(f"{case.name}: the gradient of x{i} is not finite")
            tf.constant(value, name=f"value{i}")
            tf.constant(gradient, name=f"gradient{i}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="the cases whose name has this in it")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    with tf.Graph().as_default() as graph:
        for i, case in enumerate(CASES):
            if arguments.only in case.name:
                add(case, arguments.seed * 1000 + i)
        definition = graph.as_graph_def()
    # No date in the file: the same seed gives the same bytes.
    arguments.out.write_bytes(gzip.compress(definition.SerializeToString(deterministic=True), mtime=0))


if __name__ == "__main__":
    main()
