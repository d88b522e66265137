"""Holds out a fifth of the training examples, to choose by what the test part must not: rho, a learning rate.

Writes a folder of the same layout, whose test part is a fifth of each class of the training part, drawn by the seed,
and whose training part is the rest. The test part itself is not read. Each data set is looked for in the folder and at
most two levels below:

    CIFAR-10    data_batch_1.bin and so on become data_batch_1.bin and test_batch.bin
    CIFAR-100   train.bin becomes train.bin and test.bin
    text        train.tsv becomes train.tsv and test.tsv
    speech      of the recordings from index 5 on, those held out become recordings 0 to 4 of a further speaker name,
                as these are what is tested on: 3_george_17.wav may become 3_george-0_2.wav

    hold_out.py --data data --out held-out
"""

import argparse
import random
import re
import shutil
import sys
from collections import defaultdict
from pathlib import Path
from typing import Callable, Dict, Hashable, Iterator, List, Sequence, Tuple, TypeVar

T = TypeVar("T")

SHARE = 5
LEVELS = 2
PIXELS = 3 * 32 * 32
RECORDING = re.compile(r"(\d)_([^_]+)_(\d{1,9})\.wav")
TEST_RECORDINGS = 5


def main(arguments: Sequence[str] | None = None) -> int:
    """Holds out of all data sets of the folder that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the folder with the data sets")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where to; there is nothing yet")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="what is held out is drawn by it (default: 1)")
    options = parser.parse_args(arguments)
    if options.out.exists() and any(options.out.iterdir()):
        parser.error(f"--out {options.out}: is not empty; choose another folder")
    found = 0
    for folder in folders(options.data, LEVELS):
        for name, split in SPLITS.items():
            # Each data set is drawn by itself: it is the same whatever others there are.
            sizes = split(folder, options.out / folder.relative_to(options.data), random.Random(options.seed))
            if sizes:
                found += 1
                print(f"{folder}: {name}, {sizes[0]} to train on, {sizes[1]} held out")
    if not found:
        parser.error(f"--data {options.data}: no data set is found in it")
    return 0


def folders(folder: Path, levels: int) -> Iterator[Path]:
    """A folder, and those at most so many levels below."""
    yield folder
    if levels > 0:
        for below in sorted(path for path in folder.iterdir() if path.is_dir()):
            yield from folders(below, levels - 1)


def held_out(examples: Sequence[T], label: Callable[[T], Hashable], draw: random.Random) -> Tuple[List[T], List[T]]:
    """The examples in their order, in two parts: those to train on, and a fifth of each class, rounded."""
    classes: Dict[Hashable, List[int]] = defaultdict(list)
    for number, example in enumerate(examples):
        classes[label(example)].append(number)
    chosen = {
        number
        for key in sorted(classes, key=str)
        for number in draw.sample(classes[key], round(len(classes[key]) / SHARE))
    }
    return (
        [example for number, example in enumerate(examples) if number not in chosen],
        [example for number, example in enumerate(examples) if number in chosen],
    )


Sizes = Tuple[int, int] | None


def cifar10(folder: Path, out: Path, draw: random.Random) -> Sizes:
    """Splits CIFAR-10; None if the folder does not hold it."""
    files = [file for file in sorted(folder.iterdir()) if re.fullmatch(r"data_batch_\d+\.bin", file.name)]
    return cifar(files, 1, out / "data_batch_1.bin", out / "test_batch.bin", draw)


def cifar100(folder: Path, out: Path, draw: random.Random) -> Sizes:
    """Splits CIFAR-100, by the fine classes; None if the folder does not hold it."""
    file = folder / "train.bin"
    return cifar([file] if file.is_file() else [], 2, out / "train.bin", out / "test.bin", draw)


def cifar(files: List[Path], labels: int, training: Path, test: Path, draw: random.Random) -> Sizes:
    """Splits files of records of some labels, the last of which is the class, and the pixels."""
    if not files:
        return None
    size = labels + PIXELS
    records: List[bytes] = []
    for file in files:
        content = file.read_bytes()
        if not content or len(content) % size:
            sys.exit(f"{file}: has {len(content)} bytes, which are no whole records of {size}; get the file anew")
        records += [content[at : at + size] for at in range(0, len(content), size)]
    return write(training, test, held_out(records, lambda record: record[labels - 1], draw))


def text(folder: Path, out: Path, draw: random.Random) -> Sizes:
    """Splits labelled lines; None if the folder does not hold them."""
    file = folder / "train.tsv"
    if not file.is_file():
        return None
    lines = [line + b"\n" for line in file.read_bytes().split(b"\n") if line.strip()]
    return write(out / file.name, out / "test.tsv", held_out(lines, lambda line: line.split(b"\t")[0], draw))


def speech(folder: Path, out: Path, draw: random.Random) -> Sizes:
    """Splits recordings, by digit and speaker; None if the folder does not hold them."""
    recordings = []
    for file in sorted(folder.glob("*.wav")):
        name = RECORDING.fullmatch(file.name)
        if not name:
            sys.exit(f"{file}: is not named digit_speaker_index.wav; rename it, or take it away")
        if int(name[3]) >= TEST_RECORDINGS:
            recordings.append((file, name[1], name[2]))
    if not recordings:
        return None
    training, test = held_out(recordings, lambda recording: recording[1:], draw)
    out.mkdir(parents=True, exist_ok=True)
    for file, _, _ in training:
        shutil.copyfile(file, out / file.name)
    numbers: Dict[Tuple[str, str], int] = defaultdict(int)
    for file, digit, speaker in test:
        number = numbers[digit, speaker]
        numbers[digit, speaker] += 1
        name = f"{digit}_{speaker}-{number // TEST_RECORDINGS}_{number % TEST_RECORDINGS}.wav"
        shutil.copyfile(file, out / name)
    return len(training), len(test)


def write(training: Path, test: Path, parts: Tuple[List[bytes], List[bytes]]) -> Sizes:
    """Writes both parts."""
    training.parent.mkdir(parents=True, exist_ok=True)
    training.write_bytes(b"".join(parts[0]))
    test.write_bytes(b"".join(parts[1]))
    return len(parts[0]), len(parts[1])


SPLITS = {"CIFAR-10": cifar10, "CIFAR-100": cifar100, "text": text, "speech": speech}

if __name__ == "__main__":
    sys.exit(main())
