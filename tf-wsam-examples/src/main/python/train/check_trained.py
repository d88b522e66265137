"""Holds the SavedModel of a `wsam train` run against the accuracy that the run measured.

    cifar10, cifar100   the test part is read again: as many are told right, but for at most two, as kernels round
    digits              all digits are read: at least those of the test part are told right, and no more than these
                        and all of the training part

Prints one line, and exits with 1 where that does not hold.

    check_trained.py OUT --task digits
    check_trained.py OUT --task cifar10 --data cifar-10-batches-bin
"""

import argparse
import gzip
import json
import os
import sys
from pathlib import Path
from typing import List, Tuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

DIGITS = Path(__file__).resolve().parents[2] / "resources" / "digits" / "digits.csv.gz"
DIGITS_TEST = 500
ROUNDED = 2


def main() -> int:
    """Checks the run that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, metavar="OUT", help="the folder that the run wrote")
    parser.add_argument("--task", choices=("digits", "cifar10", "cifar100"), required=True)
    parser.add_argument("--data", type=Path, metavar="DIR", help="the files of CIFAR")
    arguments = parser.parse_args()
    accuracy = last_accuracy(arguments.out / "metrics.jsonl")
    if arguments.task == "digits":
        inputs, labels = digits()
        least = round(accuracy * DIGITS_TEST)
        most = least + len(labels) - DIGITS_TEST
    else:
        if arguments.data is None:
            parser.error("--task " + arguments.task + " reads files: give --data DIR")
        inputs, labels = cifar(arguments.data, arguments.task)
        least = round(accuracy * len(labels)) - ROUNDED
        most = least + 2 * ROUNDED
    right = count_right(arguments.out / "model.savedmodel", inputs, labels)
    holds = least <= right <= most
    print(f"{arguments.out}: {right} of {len(labels)} right, {least} to {most} expected" + ("" if holds else ": WRONG"))
    return 0 if holds else 1


def last_accuracy(metrics: Path) -> float:
    """The test accuracy of the last epoch."""
    rows = [json.loads(line) for line in metrics.read_text().splitlines()]
    return [row["test_accuracy"] for row in rows if "test_accuracy" in row][-1]


def digits() -> Tuple[np.ndarray, np.ndarray]:
    """All digits, from 0 to 1, and what they are."""
    with gzip.open(DIGITS, "rt") as lines:
        table = np.loadtxt(lines, delimiter=",", dtype=np.float32)
    return table[:, :-1] / 16, table[:, -1].astype(int)


def cifar(folder: Path, task: str) -> Tuple[np.ndarray, np.ndarray]:
    """The test images, scaled by the training images' mean and deviation of each color, and their classes."""
    small = task == "cifar10"
    training, _ = cifar_records(sorted(folder.glob("data_batch_*.bin" if small else "train.bin")), small)
    test, labels = cifar_records([folder / ("test_batch.bin" if small else "test.bin")], small)
    pixels = training.reshape(-1, 3).astype(np.float64)
    return ((test - pixels.mean(axis=0)) / pixels.std(axis=0)).astype(np.float32), labels


def cifar_records(files: List[Path], small: bool) -> Tuple[np.ndarray, np.ndarray]:
    """Images of shape [32, 32, 3] and their classes, of CIFAR-100 the fine ones."""
    ahead = 1 if small else 2
    records = np.concatenate([np.fromfile(file, np.uint8) for file in files]).reshape(-1, ahead + 3072)
    return records[:, ahead:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), records[:, ahead - 1].astype(int)


def count_right(model: Path, inputs: np.ndarray, labels: np.ndarray) -> int:
    """How many examples the model tells right."""
    serve = tf.saved_model.load(str(model)).signatures["serving_default"]
    right = 0
    for start in range(0, len(labels), 250):
        logits = serve(input=tf.constant(inputs[start : start + 250]))["logits"].numpy()
        if not np.all(np.isfinite(logits)):
            raise SystemExit(f"{model}: a logit is not finite")
        right += int((logits.argmax(axis=1) == labels[start : start + 250]).sum())
    return right


if __name__ == "__main__":
    sys.exit(main())
